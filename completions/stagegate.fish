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

complete -c stagegate -n "__fish_stagegate_needs_command" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_needs_command" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_needs_command" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_needs_command" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_needs_command" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_needs_command" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_needs_command" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_needs_command" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_needs_command" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_needs_command" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_needs_command" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_needs_command" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_needs_command" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_needs_command" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "context" -d 'Show the account, region and credentials of each environment'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "estimate" -d 'Estimate the monthly cost of templates, of one resource, or of a live one'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "create" -d 'Create a template\'s resources in an environment, through the gate'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "scan" -d 'Check templates or live resources against policies'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "promote" -d 'Take live resources from dev to prod, through the gate'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "drift" -d 'Compare the live resources of dev and prod'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "tag-audit" -d 'Check the tags of all resources'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "schema" -d 'Show what is known of a resource type: properties, tags, permissions, policies'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "demo" -d 'Walk through the main job in a sandbox of its own'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "sandbox" -d 'Serve, inspect or reset the embedded cloud'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c stagegate -n "__fish_stagegate_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l env -d 'An environment of the project, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand context" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s f -l file -d 'Templates: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l type -d 'Price one resource of this type instead' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l properties -d 'Its properties' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l live -d 'Price a resource as it is in AWS instead' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l env -d 'The environment that the live resource is in; default: dev' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l param -d 'Value of a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l usage -d 'What is used in a month; default: the project\'s `usage:`. YAML, with `types: { TYPE: { KEY: NUMBER } }` and `resources: { LOGICAL_ID_OR_IDENTIFIER: { KEY: NUMBER } }`' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l compare -d 'Say what the templates cost more than these: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l hours -d 'Hours in a month' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l supported -d 'List the types of the cost model, with their usage keys, instead'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l assume-free-tier -d 'Subtract the account\'s always-free allowances'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l gate -d 'End with exit code 3 where `create` would ask for an approval of the cost. `create` counts 730 hours, no allowances, and the project\'s `usage:`; with --usage the verdict is the one that it would give with that file'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand estimate" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s f -l file -d 'Templates: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l env -d 'The environment to create in' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l param -d 'Value of a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l tag -d 'Add a tag' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l purpose -d 'What the resources are for; default: each one\'s logical id' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l approve -d 'Approve the plan of this digest, and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l approve-findings -d 'Approve critical findings in a protected environment, apart from the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l reason -d 'Why the findings are accepted' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l plan-only -d 'Stop after the gate'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand create" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s f -l file -d 'Templates: files, folders, or - for standard input' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l live -d 'Scan live resources instead: all that are managed, those of a type, or one' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l env -d 'The environment of the live resources' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l param -d 'Value of a template parameter' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l set -d 'Override a property: LogicalId.Property=VALUE' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l policies -d 'Folder with policies of your own; a policy replaces the built-in one of the same id' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l packs -d 'Opt-in packs to turn on, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l engine -d 'Engines to run: builtin, checkov, cfn-guard; the last two must be installed. Default: the project\'s' -r -f -a "builtin\t''
checkov\t''
cfn-guard\t''"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l waivers -d 'File of findings that the project lives with, each with an owner, a reason and an expiry' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l fail-on -d 'Least severity that fails the scan: critical, high, medium, low or info' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l explain -d 'Say what one policy is about instead of scanning' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l test-policies -d 'Run the policies of a folder on the cases beside them (ID.test.yaml) instead of scanning' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l list -d 'List the policies instead of scanning'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand scan" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l select -d 'Everything managed that carries this tag' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l from -d 'The environment to take from' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l to -d 'The environment to take to' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l input -d 'A value that AWS does not return: TYPE/ID#/JSON/POINTER=VALUE, or =@FILE for a file\'s text' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l tag -d 'Add a tag' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l approve -d 'Approve the plan of this digest, and no other' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l approve-findings -d 'Approve critical findings in a protected environment, apart from the plan' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l reason -d 'Why the findings are accepted' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l all -d 'Everything managed that is not promoted yet'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l with-dependencies -d 'Promote what the resources refer to as well'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l plan-only -d 'Stop after the gate'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand promote" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l from -d 'The environment promoted from' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l to -d 'The environment promoted to' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l fail-on -d 'Statuses that end with exit code 2' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand drift" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l env -d 'An environment of the project, or all' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l type -d 'Look at this type alone; may be given several times' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l list-compliant -d 'List compliant resources too'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand tag-audit" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l env -d 'Ask CloudFormation in this environment what the type\'s handlers can do today; default: the embedded copy, and no call' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand schema" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l keep -d 'Keep the sandbox and the templates in this folder instead of removing them' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand demo" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "serve" -d 'Offer the embedded cloud on a loopback port, for the aws CLI and SDKs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "seed" -d 'Fill its first two accounts with a plausible estate, the same one for the same seed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "status" -d 'Show what it holds'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "reset" -d 'Empty it'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and not __fish_seen_subcommand_from serve seed status reset help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l port -d 'Port on 127.0.0.1; 0 takes a free one' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l latency -d 'Let answers take this long (50ms), or those of one operation (GetResource=2s); may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l throttle -d 'Throttle each account beyond this many calls a second (25/s), or calls of one operation (ListResources=5/s); may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l fail -d 'Let calls fail: [TYPE/]OPERATION=OUTCOME[*TIMES][%PERCENT], where OUTCOME is an error code, FAILED:HandlerErrorCode, or `lost` for a call whose answer goes astray; may be repeated' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l tag-delay -d 'Let the Tagging API see changes of tags this much later' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l enforce-permissions -d 'Refuse what an assumed role\'s policies do not allow, resource handlers\' own calls included'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from serve" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l resources -d 'How many resources, over both accounts' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l seed -d 'Which estate' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from seed" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from reset" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "serve" -d 'Offer the embedded cloud on a loopback port, for the aws CLI and SDKs'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "seed" -d 'Fill its first two accounts with a plausible estate, the same one for the same seed'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show what it holds'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "reset" -d 'Empty it'
complete -c stagegate -n "__fish_stagegate_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l config -d 'Project file; default: the nearest stagegate.yaml upwards' -r -F
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l sandbox -d 'Use the embedded cloud instead of AWS, kept in DIR or the user\'s state folder' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l output -d 'How to print the answer' -r -f -a "table\t'For people'
json\t'One JSON document'
markdown\t'For a comment on a pull request'
sarif\t'SARIF 2.1.0, for code scanning'
junit\t'JUnit\'s XML, for test reports of CI systems'"
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l region -d 'Region to use instead of the environment\'s; for `estimate -f` the region priced' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l timeout -d 'Leave a request to AWS after this long (30s, 10m, 2h) and end with exit code 5; give up a call that AWS throttles (default 30s) or a scan engine (default 60s) after this long' -r
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l color -d 'When to colour the output; NO_COLOR is honoured' -r -f -a "auto\t'On a terminal'
always\t'Always'
never\t'Never'"
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l json -d 'Print one JSON document; the same as --output json'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l no-input -d 'Never ask; end with exit code 3 where an approval is needed'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l refresh -d 'Ask AWS again for what is kept from earlier runs'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l offline -d 'Ask AWS nothing: prices and types are those kept from earlier runs, or embedded ones'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l strict -d 'Treat anything that could not be read as an error (exit code 1)'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -s q -l quiet -d 'Say only what was asked for'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -l json-schema -d 'Print the JSON Schema of this command\'s --json document, and do nothing else'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c stagegate -n "__fish_stagegate_using_subcommand completions" -s V -l version -d 'Print version'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "context" -d 'Show the account, region and credentials of each environment'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "estimate" -d 'Estimate the monthly cost of templates, of one resource, or of a live one'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "create" -d 'Create a template\'s resources in an environment, through the gate'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "scan" -d 'Check templates or live resources against policies'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "promote" -d 'Take live resources from dev to prod, through the gate'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "drift" -d 'Compare the live resources of dev and prod'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "tag-audit" -d 'Check the tags of all resources'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "schema" -d 'Show what is known of a resource type: properties, tags, permissions, policies'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "demo" -d 'Walk through the main job in a sandbox of its own'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "sandbox" -d 'Serve, inspect or reset the embedded cloud'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "completions" -d 'Print a shell\'s completion script'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and not __fish_seen_subcommand_from context estimate create scan promote drift tag-audit schema demo sandbox completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "serve" -d 'Offer the embedded cloud on a loopback port, for the aws CLI and SDKs'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "seed" -d 'Fill its first two accounts with a plausible estate, the same one for the same seed'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "status" -d 'Show what it holds'
complete -c stagegate -n "__fish_stagegate_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "reset" -d 'Empty it'
