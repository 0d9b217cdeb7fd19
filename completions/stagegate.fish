# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_stagegate_global_optspecs
    string join \n config= sandbox= json output= no-input region= timeout= refresh offline strict q/quiet color= json-schema h/help V/version
end

function __fish_stagegate_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_stagegate_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_stagegate_using_subcommand
    set -l cmd (__fish_stagegate_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c stagegate -n "__fish_stagegate_needs_command" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_needs_command" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_needs_command" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_needs_command" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_needs_command" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_needs_command" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_needs_command" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_needs_command" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_needs_command" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_needs_command" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_needs_command" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_needs_command" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_needs_command" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_needs_command" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "context" -d 'Show the account, Region and credentials of each environment'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "estimate" -d 'Estimate the monthly cost of templates, a single resource or a live resource'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "create" -d 'Create the resources of a template, subject to cost and policy checks'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "update" -d 'Change a live resource, subject to cost and policy checks'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "delete" -d 'Delete a live resource after two confirmations'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "apply" -d 'Apply a plan that was saved with --plan-out'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "prices" -d 'Store AWS\'s list prices for estimates without AWS, or show which are stored'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "scan" -d 'Check templates or live resources against policies'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "promote" -d 'Promote live resources from dev to prod, subject to cost and policy checks'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "drift" -d 'Compare the live resources of dev and prod'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "tag-audit" -d 'Check the tags of all resources against the tag rules'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "inventory" -d 'List resources across accounts and Regions'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "cost" -d 'Review what the environments cost in a month'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "iam" -d 'Analyze the permissions of principals, and write the smallest policies that they need'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "schema" -d 'Show the properties, tags, permissions and policies of a resource type'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "explain" -d 'Explain a diagnostic code, a status, an approval or a policy'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "demo" -d 'Run the main workflow in a temporary sandbox'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "sandbox" -d 'Serve, seed, inspect or reset the sandbox'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "completions" -d 'Print a shell completion script'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l env -d 'Name of an environment, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l org-id -d 'With --member-role: organization that callers must belong to' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l type -d 'With --member-role: type that the role reads, or AWS::SERVICE for all of its types; may be repeated; default: the types that the built-in policies check' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l matrix -d 'Print which operations require an approval in each environment, and what each service supports; makes no calls'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l member-role -d 'Print the template of the role with which `inventory` reads an account; makes no calls'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l resources -d 'List the resources that stagegate manages in each environment, with the users and roles that can read or change them'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l require-mfa -d 'With --member-role: require that the session of the caller used MFA'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s f -l file -d 'Templates: files, folders with all folders below them, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l type -d 'Estimate one resource of this type instead of templates' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l properties -d 'Properties of the resource of --type' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l live -d 'Estimate an existing resource in AWS instead of templates' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l env -d 'Environment of the live resource; default: dev' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l param -d 'Set a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l import -d 'Value of an export of another stack, for Fn::ImportValue; other imports are unknown' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l stack-name -d 'Name of the stack, the value of AWS::StackName; default: the name of each file' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l transform -d 'What expands AWS::Serverless resources: builtin, or sam-translator (AWS\'s own, which must be installed)' -r -f -a "builtin\t''
sam-translator\t''"
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l usage -d 'Monthly usage figures; default: the project\'s `usage:`. A YAML file with `types: { TYPE: { KEY: NUMBER } }` and `resources: { LOGICAL_ID_OR_IDENTIFIER: { KEY: NUMBER } }`' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l compare -d 'Show the difference in cost from these templates: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l hours -d 'Hours per month' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l supported -d 'List the supported resource types with their usage keys and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l assume-free-tier -d 'Subtract the allowances of the always-free tier'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l gate -d 'Exit with code 3 if `create` would require an approval of the cost. `create` assumes 730 hours, no free tier and the project\'s `usage:`; with --usage, the result is that of `create` with this usage file'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s f -l file -d 'Templates: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l env -d 'Environment to create the resources in' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l stack-name -d 'Name of the stack: which resources belong together, and the value of AWS::StackName; default: the name of the template\'s file or folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l param -d 'Set a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l import -d 'Value of an export of another stack, for Fn::ImportValue' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l transform -d 'What expands AWS::Serverless resources: builtin, or sam-translator (AWS\'s own, which must be installed)' -r -f -a "builtin\t''
sam-translator\t''"
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l tag -d 'Add a tag to the new resources' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l purpose -d 'Value of the Purpose tag; default: the logical id of each resource' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l approve -d 'Approve the plan with this digest and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l approve-findings -d 'Approve critical findings in a protected environment, in addition to the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l reason -d 'Reason for the approval, recorded in the audit log' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l plan-out -d 'Save the plan to this file for review, and exit without changing anything' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l keep-live -d 'Leave properties as they are that were changed in the account since stagegate last wrote them'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l plan-only -d 'Print the plan and exit without changing anything'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l resume -d 'Continue an interrupted run; completed steps are recognized'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l full -d 'Show every property of the plan'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l env -d 'Environment of the resource' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -s f -l file -d 'File with the properties to set: {Type, Properties} or the properties alone, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l set -d 'Set a property: Property.Nested=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l patch -d 'File with a JSON Patch (RFC 6902) of the properties, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l approve -d 'Approve the plan with this digest and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l approve-findings -d 'Approve critical findings in a protected environment, in addition to the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l reason -d 'Reason for the approval, recorded in the audit log' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l plan-out -d 'Save the plan to this file for review, and exit without changing anything' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l allow-replace -d 'Allow the plan to replace the resource in a protected environment'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l plan-only -d 'Print the plan and exit without changing anything'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l resume -d 'Continue an interrupted run; completed steps are recognized'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l full -d 'Show every property of the plan'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand update" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l env -d 'Environment of the resource' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l approve -d 'Approve the plan with this digest and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l approve-findings -d 'Approve critical findings in a protected environment, in addition to the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l reason -d 'Reason for the approval, recorded in the audit log' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l plan-out -d 'Save the plan to this file for review, and exit without changing anything' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l plan-only -d 'Print the plan and exit without changing anything'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l resume -d 'Continue an interrupted run; completed steps are recognized'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l full -d 'Show every property of the plan'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand delete" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l param -d 'Set a template parameter whose value is not in the plan because it is sensitive' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l set -d 'Value of a --set that is not in the plan because it is sensitive: the same PATH=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l input -d 'Value of a property that is not in the plan because it is sensitive: TYPE/ID#/JSON/POINTER=VALUE, or =@FILE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l approve -d 'Approve the plan with this digest and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l approve-findings -d 'Approve critical findings in a protected environment, in addition to the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l reason -d 'Reason for the approval, recorded in the audit log' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l plan-out -d 'Save the plan to this file for review, and exit without changing anything' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l plan-only -d 'Print the plan and exit without changing anything'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l resume -d 'Continue an interrupted run; completed steps are recognized'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l full -d 'Show every property of the plan'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand apply" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -f -a "update" -d 'Download AWS\'s public price list, without credentials, and store the prices that estimates need'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -f -a "status" -d 'Show the age and coverage of the stored prices'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and not __fish_seen_subcommand_from update status help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l region -d 'Region to store prices of; may be repeated; default: the Regions of the project\'s environments' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l from -d 'Another source of the files: the URL of a mirror, or a folder, with the paths of AWS\'s price list (offers/v1.0/aws/index.json)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from update" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "update" -d 'Download AWS\'s public price list, without credentials, and store the prices that estimates need'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the age and coverage of the stored prices'
complete -c stagegate -n "__fish_stagegate_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s f -l file -d 'Templates: files, folders with all folders below them, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l live -d 'Scan live resources instead of templates: all managed ones, those of a type, or a single one' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l env -d 'Environment of the live resources' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l param -d 'Set a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l import -d 'Value of an export of another stack, for Fn::ImportValue; other imports are unknown' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l stack-name -d 'Name of the stack, the value of AWS::StackName; default: the name of each file' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l transform -d 'What expands AWS::Serverless resources: builtin, or sam-translator (AWS\'s own, which must be installed)' -r -f -a "builtin\t''
sam-translator\t''"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l policies -d 'Folder with custom policies; a policy replaces the built-in policy with the same id' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l packs -d 'Opt-in policy packs to enable, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l engine -d 'Scan engines to run: builtin, checkov, cfn-guard (the last two must be installed); default: the project\'s' -r -f -a "builtin\t''
checkov\t''
cfn-guard\t''"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l waivers -d 'File of waivers: accepted findings, each with an owner, a reason and an expiry date' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l fail-on -d 'Lowest severity that fails the scan: critical, high, medium, low or info' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l explain -d 'Describe one policy and exit' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l test-policies -d 'Run the test cases (ID.test.yaml) of the policies in a folder and exit' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l list -d 'List the policies and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l select -d 'Promote all managed resources with this tag' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l from -d 'Environment to promote from' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l to -d 'Environment to promote to' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l input -d 'Value of a property that AWS does not return: TYPE/ID#/JSON/POINTER=VALUE, or =@FILE to read a file' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l inputs -d 'YAML file with such values: RESOURCE: {/JSON/POINTER: VALUE}; --input takes precedence' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l name -d 'Name of a new resource in the environment promoted to' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l tag -d 'Add a tag to the new resources' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l graph -d 'Print the plan as a graph and exit without changing anything' -r -f -a "mermaid\t'Mermaid, for Markdown'
dot\t'DOT, for Graphviz'"
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l approve -d 'Approve the plan with this digest and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l approve-findings -d 'Approve critical findings in a protected environment, in addition to the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l reason -d 'Reason for the approval, recorded in the audit log' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l plan-out -d 'Save the plan to this file for review, and exit without changing anything' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l all -d 'Promote all managed resources that have not been promoted yet or have changed since'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l with-dependencies -d 'Also promote the resources that they refer to'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l pull -d 'Change the resource in the environment promoted from instead, so that it has what its counterpart has by now'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l mark-pending -d 'Only mark the resources as waiting for promotion (PromotionStatus=pending-prod)'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l unmark -d 'Only remove that mark, or a counterpart that the other environment does not confirm'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l allow-replace -d 'Allow the plan to replace resources in the protected environment'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l leave-behind -d 'Accept that resources without tags which belong to the promoted ones stay behind'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l auto -d 'Promote without asking what promotion.auto in the project file allows, and refuse the rest'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l plan-only -d 'Print the plan and exit without changing anything'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l resume -d 'Continue an interrupted run; completed steps are recognized'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l full -d 'Show every property of the plan'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l from -d 'Environment promoted from' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l to -d 'Environment promoted to' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l desired -d 'Compare a template with the live resources of its stack in the environment of --from: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l param -d 'Set a parameter of the template' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l import -d 'Value of an export of another stack, for Fn::ImportValue' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l stack-name -d 'Name of the stack; default: the name of the template\'s file or folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l fail-on -d 'Statuses that result in exit code 2; default: drifted,needs_review,prod_only, and with --desired also dev_only' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l ignore -d 'File of accepted differences, each with an owner, a reason and an expiry date; default: stagegate-ignore.yaml beside the project file, if it exists' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l reason -d 'Why the differences are accepted' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l owner -d 'Who is responsible for the accepted differences; default: the caller' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l expires -d 'Last day on which the differences are accepted; default: in 90 days' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l accept -d 'Write the differences of the named resources to the ignore file; requires a type and an identifier'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l all -d 'Also show the resources that are in sync or ignored; JSON always has them'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l summary -d 'Only counts and coverage, without the resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l env -d 'Name of an environment, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l type -d 'Check only this resource type; may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l id -d 'Check only the resource of --type with this identifier; may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l source -d 'Where resources that never had a tag are found: auto (Resource Explorer if it is set up, and a listing of every type that it does not index), list (every type), resource-explorer (through the default view, or resource-explorer:VIEW) or config:AGGREGATOR' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l stuck-after -d 'Report resources that have not been promoted this long after their creation, or since a run began to promote them, with their age and monthly cost' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l baseline -d 'JSON document of an earlier tag-audit: report which violations are new, unchanged and fixed, and exit with code 2 only for new ones' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l tag -d 'With --fix: value of a required tag that is missing or wrong' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l approve -d 'Approve the plan with this digest and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l approve-findings -d 'Approve critical findings in a protected environment, in addition to the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l reason -d 'Reason for the approval, recorded in the audit log' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l plan-out -d 'Save the plan to this file for review, and exit without changing anything' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l list-compliant -d 'Also list compliant resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l summary -d 'Only counts and coverage, without the resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l fix -d 'Correct the violations by one plan that changes only stagegate\'s own and required tags; values that are not known are left'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l adopt -d 'With --fix and --id: take the resource over, although it is untagged or managed by another tool'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l unlink -d 'With --fix and --id: withdraw a counterpart that the other environment does not confirm'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l plan-only -d 'Print the plan and exit without changing anything'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l resume -d 'Continue an interrupted run; completed steps are recognized'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l full -d 'Show every property of the plan'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l accounts -d 'Names or ids of accounts, or all: the accounts of the environments and of `accounts` in the project file' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l regions -d 'Regions, or all that are enabled by default; default: the Regions of each account in the project file' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l where -d 'Show only resources whose field has this value, with * for any text, or PATH!=VALUE; may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l columns -d 'Columns of the table or of CSV: account, account_name, region, type, identifier, arn, tags.KEY or properties' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l query -d 'JMESPath expression that is evaluated for the list of resources' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l source -d 'Where resources are found: auto (a list of the type, or the tagging API without a type), list, tags (what has or had tags), resource-explorer (through the default view, or resource-explorer:VIEW) or config:AGGREGATOR' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l call-timeout -d 'How long one call may stay without an answer' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand inventory" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l month -d 'Month to review, such as 2026-10; default: the current one, with a forecast' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l by -d 'What the lines are; projects and stacks require that the tags Project and StackResource are cost allocation tags' -r -f -a "service\t''
project\t''
stack\t''"
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l env -d 'Name of an environment, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand cost" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -f -a "analyze" -d 'Show the policies of a user, a role or a group, and what is risky or unused in them'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -f -a "gap" -d 'Show which needed actions a user, a role or a group may not perform'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -f -a "propose" -d 'Write a template with the smallest policy that allows what is missing'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -f -a "for-plan" -d 'Write the smallest policy that allows a principal to carry out a plan or a template'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and not __fish_seen_subcommand_from analyze gap propose for-plan help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l env -d 'Environment of the principal' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l validate -d 'Check each policy with IAM Access Analyzer, or locally where it may not be used'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from analyze" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l action -d 'Actions that are needed, such as s3:GetObject' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l resource -d 'ARNs of the resources on which they are needed; default: every resource' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l env -d 'Environment of the principal' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from gap" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l action -d 'Actions that are needed, such as s3:GetObject' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l resource -d 'ARNs of the resources on which they are needed; actions without resources need none' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l service -d 'Name of the service in the policy\'s name; default: that of the actions' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l purpose -d 'What the actions are for, in one word: the {Actions} in the policy\'s name; default: the names of the actions' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l env -d 'Environment of the principal' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l out -d 'Write the template to this file instead of standard output' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l validate -d 'Check the policy with IAM Access Analyzer, or locally where it may not be used. For a policy that is extended, Access Analyzer also checks that nothing else is allowed, which it charges for'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from propose" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -s f -l file -d 'Templates to be created: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l param -d 'Set a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l import -d 'Value of an export of another stack, for Fn::ImportValue' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l env -d 'Environment of the templates' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l out -d 'Write the policy to this file instead of standard output' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l validate -d 'Check the policy with IAM Access Analyzer of the environment, or locally where it may not be used'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from for-plan" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from help" -f -a "analyze" -d 'Show the policies of a user, a role or a group, and what is risky or unused in them'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from help" -f -a "gap" -d 'Show which needed actions a user, a role or a group may not perform'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from help" -f -a "propose" -d 'Write a template with the smallest policy that allows what is missing'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from help" -f -a "for-plan" -d 'Write the smallest policy that allows a principal to carry out a plan or a template'
complete -c stagegate -n "__fish_stagegate_using_subcommand iam; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l env -d 'Query the CloudFormation registry in this environment for the type\'s handlers; default: use the embedded copy and make no call' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l list -d 'List all codes by kind and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand explain" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l keep -d 'Keep the sandbox and the templates in this folder instead of removing them' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "serve" -d 'Serve the sandbox on a loopback port for the AWS CLI and SDKs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "seed" -d 'Create sample resources in its first two accounts; the same seed creates the same resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "status" -d 'Show its folder and the number of resources per account'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "reset" -d 'Delete all of its resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l port -d 'Port on 127.0.0.1; 0 selects a free port' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l latency -d 'Delay all responses by this time (50ms), or those of one operation (GetResource=2s); may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l throttle -d 'Throttle each account above this rate of calls (25/s), or above the rate of one operation (ListResources=5/s); may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l fail -d 'Make calls fail: [ACCOUNT/][REGION/][TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT], where OUTCOME is an error code, FAILED:HandlerErrorCode, LEFT:HandlerErrorCode for a failure after the effect, `lost` to drop the response, or `hang` never to respond; may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l tag-delay -d 'Delay after which the tagging API returns a change of tags' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l not-in-tagging-api -d 'A type of which the tagging API returns and tags no resource, or * for all types; may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l enforce-permissions -d 'Deny calls that an assumed role\'s policies do not allow, including calls made by resource handlers'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l resources -d 'Number of resources in both accounts together' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l seed -d 'Seed of the random generator' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Serve the sandbox on a loopback port for the AWS CLI and SDKs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "seed" -d 'Create sample resources in its first two accounts; the same seed creates the same resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show its folder and the number of resources per account'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Delete all of its resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l config -d 'Project file; default: stagegate.yaml in the current folder or the nearest parent folder' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l sandbox -d 'Use the sandbox, an embedded AWS emulator, instead of AWS; its state is kept in DIR or in the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l output -d 'Output format' -r -f -a "table\t'Human-readable text'
json\t'One JSON document: one line, or indented on a terminal'
ndjson\t'One JSON object per line: a header, the rows, and a summary'
csv\t'Comma-separated values with a header'
markdown\t'Markdown, for a pull request comment'
html\t'One HTML page, without references to others'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit XML, for the test reports of CI systems'
github\t'Annotations of GitHub Actions, and Markdown for its job summary'"
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l region -d 'AWS Region to use instead of the environment\'s; for `estimate -f`, the Region of the prices' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l timeout -d 'Time limit of the run (30s, 10m, 2h): no further request is made, the run ends a few seconds later, and requests in progress stay in AWS (exit code 5); also the time limit of throttled calls (default 30s) and of scan engines (default 60s)' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l color -d 'When to use color; NO_COLOR is respected' -r -f -a "auto\t'When writing to a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l no-input -d 'Never prompt; exit with code 3 when an approval is required'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l refresh -d 'Ignore cached data and query AWS again'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l offline -d 'Make no AWS calls: use cached or embedded prices and resource types'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l strict -d 'Treat incomplete results as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -s q -l quiet -d 'Print only results and errors'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l json-schema -d 'Print the JSON Schema of this command\'s --json document and exit'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "context" -d 'Show the account, Region and credentials of each environment'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "estimate" -d 'Estimate the monthly cost of templates, a single resource or a live resource'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "create" -d 'Create the resources of a template, subject to cost and policy checks'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "update" -d 'Change a live resource, subject to cost and policy checks'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "delete" -d 'Delete a live resource after two confirmations'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "apply" -d 'Apply a plan that was saved with --plan-out'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "prices" -d 'Store AWS\'s list prices for estimates without AWS, or show which are stored'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "scan" -d 'Check templates or live resources against policies'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "promote" -d 'Promote live resources from dev to prod, subject to cost and policy checks'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "drift" -d 'Compare the live resources of dev and prod'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "tag-audit" -d 'Check the tags of all resources against the tag rules'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "inventory" -d 'List resources across accounts and Regions'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "cost" -d 'Review what the environments cost in a month'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "iam" -d 'Analyze the permissions of principals, and write the smallest policies that they need'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "schema" -d 'Show the properties, tags, permissions and policies of a resource type'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "explain" -d 'Explain a diagnostic code, a status, an approval or a policy'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "demo" -d 'Run the main workflow in a temporary sandbox'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "sandbox" -d 'Serve, seed, inspect or reset the sandbox'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "completions" -d 'Print a shell completion script'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create update delete apply prices scan promote drift tag-audit inventory cost iam schema explain demo sandbox completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "update" -d 'Download AWS\'s public price list, without credentials, and store the prices that estimates need'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "status" -d 'Show the age and coverage of the stored prices'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from iam" -f -a "analyze" -d 'Show the policies of a user, a role or a group, and what is risky or unused in them'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from iam" -f -a "gap" -d 'Show which needed actions a user, a role or a group may not perform'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from iam" -f -a "propose" -d 'Write a template with the smallest policy that allows what is missing'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from iam" -f -a "for-plan" -d 'Write the smallest policy that allows a principal to carry out a plan or a template'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "serve" -d 'Serve the sandbox on a loopback port for the AWS CLI and SDKs'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "seed" -d 'Create sample resources in its first two accounts; the same seed creates the same resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "status" -d 'Show its folder and the number of resources per account'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "reset" -d 'Delete all of its resources'
