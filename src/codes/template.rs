//! Codes about what a template says: its sections, resources, parameters, conditions and functions.

use super::Code;
use super::entry::{Entry, error, note, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::DuplicateLogicalId),
        title: "Logical id defined twice",
        explanation: "All templates of one run are one desired state, so a logical id may be defined only once. Two \
            resources with the same id could not be distinguished by `Ref`, `Fn::GetAtt` or `DependsOn`. `scan` and \
            `estimate` accept the same id in separate files and treat each file as a stack of its own.",
        example: &["stagegate create -f a.yaml -f b.yaml     # both define `Queue`"],
        next_step: "Rename one of the two resources, and the references to it, or run the command for each file \
            separately.",
    },
    Entry {
        topic: note(Code::SeparateStacks),
        title: "Files treated as separate stacks",
        explanation: "Two of the files that `scan` or `estimate` reads define the same logical id. Each file is \
            therefore treated as a stack of its own, and references stay within their file. `create` refuses such \
            files, because it sends all of them as one desired state.",
        example: &["stagegate scan -f network.yaml -f service.yaml     # both define `Role`"],
        next_step: "Nothing, if the files are separate stacks. To create their resources in one run, rename one of \
            the two.",
    },
    Entry {
        topic: error(Code::TemplateFaults),
        title: "Templates with faults",
        explanation: "`scan` and `estimate` look at templates that have faults, such as a missing property or a reference to \
            something that does not exist: each fault is listed with its place, and what depends on it is unknown. With \
            `--strict`, a run with faults ends with exit code 1. `create` and the other commands that write refuse such \
            templates.",
        example: &["stagegate scan -f service.yaml --strict"],
        next_step: "Correct the faults, which the findings of the engine `template` of `scan` and the `faults` of `estimate` \
            list, or leave out `--strict`.",
    },
    Entry {
        topic: note(Code::PassedOver),
        title: "Files that are not templates",
        explanation: "A folder that `scan` or `estimate` reads has YAML or JSON files that are not templates: they have no \
            `Resources`, and are not a resource with a `Type` either. They are counted and passed over.",
        example: &["stagegate scan -f .     # queue.yaml is a template, compose.yaml is not"],
        next_step: "Nothing, if they are not templates. `-f FILE` reads a file as a template in any case.",
    },
    Entry {
        topic: error(Code::EmptyTemplate),
        title: "Empty template",
        explanation: "The file has no content, so there is nothing to estimate, scan or create. An empty file is \
            almost always a mistake.",
        example: &["stagegate scan -f empty.yaml"],
        next_step: "Write `Resources:` with at least one resource, or a single `Type:` with its `Properties:`. \
            `templates/` has starters.",
    },
    Entry {
        topic: error(Code::NotATemplate),
        title: "File is not a template",
        explanation: "The top level of the file is a list or a single value. A template is a mapping with a \
            `Resources` section, or one resource with `Type` and `Properties`.",
        example: &["- AWS::S3::Bucket", "- AWS::SQS::Queue"],
        next_step: "Check that the file is the template that you meant to pass, and write `Resources:` at its top \
            level.",
    },
    Entry {
        topic: error(Code::NoResources),
        title: "Template without resources",
        explanation: "The template has no `Resources` section, or the section is empty. Nothing could be created, \
            priced or scanned, and an empty result must not look like a successful one.",
        example: &["Parameters:", "  Name: {Type: String}", "Resources: {}"],
        next_step: "Add at least one resource under `Resources`.",
    },
    Entry {
        topic: error(Code::UnknownSection),
        title: "Unknown template section",
        explanation: "The template has a top-level key that is not a CloudFormation section. A misspelled section \
            would otherwise be ignored together with everything in it.",
        example: &["Resource:            # meant: Resources", "  Queue: {Type: AWS::SQS::Queue}"],
        next_step: "Correct the name of the section. Known sections are `AWSTemplateFormatVersion`, `Conditions`, \
            `Description`, `Mappings`, `Metadata`, `Outputs`, `Parameters`, `Resources` and `Rules`.",
    },
    Entry {
        topic: error(Code::UnsupportedSection),
        title: "Unsupported template section",
        explanation: "The template has a section that changes its resources in ways only a service can work out: \
            `Transform` with a macro of an account, `Globals` without the serverless transform, or `Hooks`. stagegate \
            evaluates `AWS::LanguageExtensions` and `AWS::Serverless-2016-10-31` itself, and sends resources through the \
            Cloud Control API, without a stack. `scan` and `estimate` report it as a warning and look at the resources \
            that are written out; what the macro would make of them is unknown.",
        example: &[
            "Transform: [AWS::LanguageExtensions, TeamDefaults]",
            "Resources:",
            "  Queue: {Type: AWS::SQS::Queue}",
        ],
        next_step: "Take the processed template of a stack that was created from this one: `aws cloudformation \
            get-template --stack-name NAME --template-stage Processed`.",
    },
    Entry {
        topic: error(Code::UnsupportedTransform),
        title: "Unsupported Secrets Manager transform",
        explanation: "The transform `AWS::SecretsManager-…` adds a rotation function and its permissions to the \
            stack. Without a stack nothing adds them, so the secret would not be rotated as the template says. \
            `scan` and `estimate` report it as a warning and look at the other resources.",
        example: &["Transform: AWS::SecretsManager-2020-07-23"],
        next_step: "Rotate with a Lambda function of your own, or remove the transform and `HostedRotationLambda`.",
    },
    Entry {
        topic: error(Code::NotAMapping),
        title: "Mapping expected",
        explanation: "A section, a resource, a parameter or a resource's `Properties` must be a mapping of names to \
            values, but holds a list or a single value. Wrong indentation is the usual cause. It can also be the \
            result of an `Fn::If` whose branch is not a mapping.",
        example: &["Resources:", "  Queue:", "    Type: AWS::SQS::Queue", "    Properties: [DelaySeconds]"],
        next_step: "Write one `Name: value` per line below the key, indented.",
    },
    Entry {
        topic: error(Code::InvalidLogicalId),
        title: "Invalid logical id",
        explanation: "A logical id names a resource within its template and consists of letters and digits only, as \
            in CloudFormation. Other characters would make references to it ambiguous.",
        example: &["Resources:", "  my-queue: {Type: AWS::SQS::Queue}"],
        next_step: "Use letters and digits, such as `MyQueue`, and change the references to it.",
    },
    Entry {
        topic: error(Code::UnknownResourceKey),
        title: "Unknown resource attribute",
        explanation: "A resource has a key that is not a resource attribute of CloudFormation. Properties belong \
            below `Properties`; a misplaced one would not be sent.",
        example: &["Resources:", "  Queue:", "    Type: AWS::SQS::Queue", "    DelaySeconds: 5"],
        next_step: "Correct the spelling, or move the property below `Properties`.",
    },
    Entry {
        topic: warning(Code::IgnoredAttribute),
        title: "Resource attribute without effect",
        explanation: "`CreationPolicy` and `UpdatePolicy` tell a CloudFormation stack how to wait and how to \
            replace instances. stagegate creates resources without a stack, so these attributes have no effect.",
        example: &["Type: AWS::SQS::Queue", "UpdatePolicy: {EnableVersionUpgrade: true}"],
        next_step: "Remove the attribute if the template is used with stagegate only.",
    },
    Entry {
        topic: error(Code::MissingType),
        title: "Resource without a type",
        explanation: "Each resource needs a `Type`, such as `AWS::S3::Bucket`. Without it, it is not known what to \
            create or which schema to check the properties against.",
        example: &["Resources:", "  Files:", "    Properties: {BucketName: files-dev}"],
        next_step: "Add `Type: AWS::Service::Resource`. `stagegate schema TYPE` shows what a type takes.",
    },
    Entry {
        topic: error(Code::UnknownParameter),
        title: "Parameter not declared",
        explanation: "`--param` gives a value to a parameter that no template declares. The value would have no \
            effect, which usually means that its name is misspelled.",
        example: &["stagegate create -f queue.yaml --param Nmae=jobs"],
        next_step: "Correct the name, or declare the parameter under `Parameters` in the template.",
    },
    Entry {
        topic: error(Code::UnknownParameterKey),
        title: "Unknown parameter attribute",
        explanation: "A parameter has a key that CloudFormation does not know, such as a misspelled \
            `AllowedValues`. A constraint that is not recognized would not be checked.",
        example: &["Parameters:", "  Size: {Type: String, AllowedValue: [small, large]}"],
        next_step: "Correct the key.",
    },
    Entry {
        topic: error(Code::ParameterType),
        title: "Missing or unknown parameter type",
        explanation: "A parameter needs a `Type` that CloudFormation knows. The type decides how the value given \
            with `--param` is read: as text, as a number or as a list.",
        example: &["Parameters:", "  Count: {Type: Integer}"],
        next_step: "Use `String`, `Number`, `CommaDelimitedList`, `List<Number>` or an AWS-specific type such as \
            `AWS::EC2::VPC::Id`.",
    },
    Entry {
        topic: error(Code::ParameterValue),
        title: "Parameter value not allowed",
        explanation: "The value of a parameter breaks one of the constraints that the template declares: \
            `AllowedValues`, `AllowedPattern`, a minimum or maximum, or its type. Values of `NoEcho` parameters are \
            not shown.",
        example: &[
            "Parameters:",
            "  Size: {Type: String, AllowedValues: [small, large]}",
            "# stagegate create -f t.yaml --param Size=medium",
        ],
        next_step: "Pass a value that fits with `--param NAME=VALUE`, or change the constraint.",
    },
    Entry {
        topic: warning(Code::ParameterPattern),
        title: "Parameter pattern cannot be checked",
        explanation: "`AllowedPattern` uses a feature of Java's regular expressions that stagegate's engine does \
            not have, so the value of the parameter was not checked against it. CloudFormation itself would check \
            it.",
        example: &[
            "Parameters:",
            "  Name: {Type: String, AllowedPattern: \"\\\\p{javaUpperCase}.*\"}",
            "# stagegate create -f queue.yaml --param Name=Jobs",
        ],
        next_step: "Write the pattern without extensions of Java, or check the value yourself.",
    },
    Entry {
        topic: error(Code::MissingParameter),
        title: "Parameter without a value",
        explanation: "A template declares a parameter that has no default, and no value was given. Everything that \
            depends on it is unknown, so nothing can be created. `scan` and `estimate` report it as a note and treat \
            the dependent values as unknown.",
        example: &["Parameters:", "  Environment: {Type: String}"],
        next_step: "Add `--param NAME=VALUE`, or a `Default` to the parameter.",
    },
    Entry {
        topic: error(Code::UnknownReference),
        title: "Reference to something that does not exist",
        explanation: "A `Ref`, `Fn::GetAtt`, `Fn::Sub` or `DependsOn` names a parameter or resource that no \
            template of this run defines, or asks a parameter for an attribute. Conditions can refer to parameters \
            only.",
        example: &["Type: AWS::SQS::Queue", "Properties: {QueueName: !Ref Nmae}"],
        next_step: "Correct the name, or define it under `Parameters` or `Resources`.",
    },
    Entry {
        topic: error(Code::UnknownAttribute),
        title: "Resource type has no such attribute",
        explanation: "`Fn::GetAtt` or `Fn::Sub` asks a resource for an attribute that its type does not have. \
            Nothing could ever supply the value, so the resource that needs it is not sent.",
        example: &[
            "Bucket: {Type: AWS::S3::Bucket}",
            "Name:",
            "  Type: AWS::SSM::Parameter",
            "  Properties: {Type: String, Value: !GetAtt Bucket.Name}     # there are Arn, DomainName and more",
        ],
        next_step: "Use one of the attributes that the message lists, or `!Ref` for the identifier. `stagegate \
            schema TYPE` shows a type's properties.",
    },
    Entry {
        topic: error(Code::UnknownMapping),
        title: "Unknown mapping",
        explanation: "`Fn::FindInMap` names a mapping that the template does not define under `Mappings`. The value \
            that it should look up is unknown.",
        example: &[
            "Type: AWS::SQS::Queue",
            "Properties: {DelaySeconds: !FindInMap [Delays, !Ref AWS::Region, Short]}     # no `Mappings`",
        ],
        next_step: "Correct the name, or add the mapping.",
    },
    Entry {
        topic: error(Code::UnknownCondition),
        title: "Unknown condition",
        explanation: "A resource's `Condition`, or an `Fn::If`, names a condition that the template does not define \
            under `Conditions`. Whether the resource or the value is wanted cannot be determined.",
        example: &["Resources:", "  Alarm: {Type: AWS::CloudWatch::Alarm, Condition: IsProd}"],
        next_step: "Correct the name, or define it under `Conditions`.",
    },
    Entry {
        topic: error(Code::InvalidCondition),
        title: "Condition cannot be evaluated",
        explanation: "An expression under `Conditions` is malformed: a function has the wrong number of arguments, \
            or the conditions have a circular reference. Which resources are wanted cannot be determined.",
        example: &["Conditions:", "  IsProd: !Equals [!Ref Stage]     # Fn::Equals takes two values"],
        next_step: "Correct the expression. The CloudFormation user guide lists the condition functions and their \
            arguments.",
    },
    Entry {
        topic: error(Code::UndecidedCondition),
        title: "Condition depends on an unknown value",
        explanation: "Whether a resource is wanted depends on a condition whose value is not known, for example \
            because it compares an account id or a parameter without a value. Nothing is created by guessing. `scan` \
            and `estimate` report it as a note and treat the resource as wanted.",
        example: &[
            "Parameters: {Key: {Type: String, NoEcho: true}}",
            "Conditions: {HasKey: !Not [!Equals [!Ref Key, \"\"]]}",
            "Resources:",
            "  Queue: {Type: AWS::SQS::Queue, Condition: HasKey}",
            "# stagegate scan -f queue.yaml",
        ],
        next_step: "Give the value that the condition depends on, for example with `--param NAME=VALUE`.",
    },
    Entry {
        topic: error(Code::ReferenceLeftOut),
        title: "Reference to a resource that a condition leaves out",
        explanation: "A resource that is wanted refers to one whose condition is false. The reference would have no \
            target.",
        example: &[
            "Conditions: {IsProd: !Equals [dev, prod]}",
            "Resources:",
            "  Alarms: {Type: AWS::SNS::Topic, Condition: IsProd}",
            "  Mail:",
            "    Type: AWS::SNS::Subscription",
            "    Properties: {TopicArn: !Ref Alarms, Protocol: email, Endpoint: ops@example.com}",
        ],
        next_step: "Use `Fn::If` with the same condition, or give both resources the same condition.",
    },
    Entry {
        topic: error(Code::UnknownFunction),
        title: "Unknown intrinsic function",
        explanation: "A key that begins with `Fn::` is not an intrinsic function of CloudFormation. It would be \
            sent to AWS as plain data.",
        example: &["Type: AWS::SQS::Queue", "Properties: {QueueName: {\"Fn::Joinn\": [\"-\", [jobs, dev]]}}"],
        next_step: "Correct the name of the function.",
    },
    Entry {
        topic: error(Code::UnsupportedFunction),
        title: "Unsupported intrinsic function",
        explanation: "`Fn::Transform` is evaluated by CloudFormation when a stack is created. stagegate creates \
            resources without a stack and cannot evaluate it. `scan` and `estimate` report it as a warning: what the \
            function would give is unknown.",
        example: &[
            "Resources:",
            "  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://templates/queues.yaml}}",
        ],
        next_step: "Write the values out, or take the processed template of a stack: `aws cloudformation get-template \
            --stack-name NAME --template-stage Processed`.",
    },
    Entry {
        topic: error(Code::InvalidLoop),
        title: "Invalid loop",
        explanation: "A `Fn::ForEach` does not have the form `[Variable, collection, {key: value}]`, makes the same key \
            twice, or makes more than a template may hold. In `scan` and `estimate` what it would make is unknown.",
        example: &[
            "Transform: AWS::LanguageExtensions",
            "Resources:",
            "  Fn::ForEach::Queues: [Name, [a, b], {Queue: {Type: AWS::SQS::Queue}}]",
        ],
        next_step: "Use the variable in the key (`Queue${Name}`, or `Queue&{Name}` for letters and digits only), and a list \
            of strings as the collection.",
    },
    Entry {
        topic: error(Code::UnknownLoop),
        title: "Loop over values that are not known",
        explanation: "The collection of a `Fn::ForEach` depends on a parameter that has no value, on a resource or on a \
            `NoEcho` parameter, so that it cannot be said what the loop makes. `scan` and `estimate` report it as a warning \
            and look at the rest.",
        example: &[
            "Transform: AWS::LanguageExtensions",
            "Parameters: {Names: {Type: CommaDelimitedList}}",
            "Resources:",
            "  Fn::ForEach::Queues: [Name, !Ref Names, {\"Queue${Name}\": {Type: AWS::SQS::Queue}}]",
            "# stagegate scan -f queues.yaml",
        ],
        next_step: "Set the parameter with `--param NAME=a,b`.",
    },
    Entry {
        topic: error(Code::NoEchoDefault),
        title: "Secret in the default of a parameter",
        explanation: "A `NoEcho` parameter has a default. `NoEcho` keeps the value out of what AWS and stagegate show, but the \
            template itself contains it as plain text: whoever has the file has the secret.",
        example: &["Parameters: {DbPassword: {Type: String, NoEcho: true, Default: \"hunter2-hunter2\"}}"],
        next_step: "Remove the default and set the value with `--param NAME=VALUE`, or use a dynamic reference such as \
            `{{resolve:secretsmanager:…}}`. If the secret is in use, replace it.",
    },
    Entry {
        topic: error(Code::MissingTransform),
        title: "Transform not declared",
        explanation: "The template uses what a transform adds to CloudFormation (`Fn::ForEach`, `Fn::Length`, \
            `Fn::ToJsonString` or a type `AWS::Serverless::…`) without declaring the transform. CloudFormation refuses \
            such a template.",
        example: &["Resources:", "  Fn::ForEach::Queues: [Name, [a, b], {\"Queue${Name}\": {Type: AWS::SQS::Queue}}]"],
        next_step: "Add `Transform: AWS::LanguageExtensions` or `Transform: AWS::Serverless-2016-10-31`.",
    },
    Entry {
        topic: error(Code::TranslatorFailed),
        title: "AWS's translator did not run",
        explanation: "`--transform sam-translator` expands serverless templates by the Python package \
            `aws-sam-translator`, which runs in a subprocess of the `python3` in `PATH`, without credentials. It is not \
            installed, failed, or exceeded the time limit. Nothing was looked at or sent.",
        example: &["stagegate scan -f template.yaml --transform sam-translator"],
        next_step: "Install it (`pip install aws-sam-translator`), or leave out the option: the built-in expansion covers the \
            common resource types.",
    },
    Entry {
        topic: error(Code::LocalArtifact),
        title: "Code in a local file or folder",
        explanation: "A serverless function or layer, an API or a state machine names its code or definition by a local path, \
            as `sam build` and `sam package` expect it. `create` sends what is in the template only, and cannot upload \
            files. `scan` and `estimate` look at the rest of the resource.",
        example: &[
            "Transform: AWS::Serverless-2016-10-31",
            "Resources:",
            "  Function:",
            "    Type: AWS::Serverless::Function",
            "    Properties: {CodeUri: ./src, Handler: app.main, Runtime: python3.13}",
        ],
        next_step: "Run `sam package --s3-bucket BUCKET --output-template-file packaged.yaml`, or `aws cloudformation \
            package`, and use the packaged template.",
    },
    Entry {
        topic: error(Code::InvalidServerless),
        title: "Serverless resource that cannot be expanded",
        explanation: "A resource of the serverless transform lacks what its expansion needs, or holds a value of the wrong \
            form. CloudFormation refuses such a template. In `scan` and `estimate` the resource is unknown.",
        example: &[
            "Transform: AWS::Serverless-2016-10-31",
            "Resources:",
            "  Function: {Type: AWS::Serverless::Function, Properties: {Events: [hourly]}}",
        ],
        next_step: "Correct the property that the message names.",
    },
    Entry {
        topic: error(Code::UnsupportedServerless),
        title: "Serverless resource outside of what is expanded",
        explanation: "stagegate expands the common types of `AWS::Serverless-2016-10-31` itself: functions with their \
            events, APIs, HTTP APIs, tables, layers and state machines. This resource is of another type, or has a \
            property or event outside of that. `scan` and `estimate` report it as a warning: the resource is unknown.",
        example: &[
            "Transform: AWS::Serverless-2016-10-31",
            "Resources:",
            "  Application: {Type: AWS::Serverless::Application, Properties: {Location: ./nested.yaml}}",
        ],
        next_step: "Install AWS's translator (`pip install aws-sam-translator`) and add `--transform sam-translator`, or \
            write the resources out.",
    },
    Entry {
        topic: error(Code::MisplacedFunction),
        title: "Condition function outside of conditions",
        explanation: "`Fn::And`, `Fn::Equals`, `Fn::Not` and `Fn::Or` may stand under `Conditions` only, as in \
            CloudFormation. In a property they would be sent to AWS as plain data.",
        example: &["Type: AWS::SQS::Queue", "Properties: {FifoQueue: !Equals [a, b]}"],
        next_step: "Define a condition under `Conditions`, and use it with `Fn::If`: `!If [IsProd, true, false]`.",
    },
    Entry {
        topic: error(Code::MalformedFunction),
        title: "Function next to other keys",
        explanation: "An intrinsic function must be the only key of its mapping. Next to other keys it is not clear \
            whether it is a function or data.",
        example: &[
            "Type: AWS::SQS::Queue",
            "Properties:",
            "  QueueName:",
            "    Fn::Sub: \"${AWS::Region}-jobs\"",
            "    Suffix: dev",
        ],
        next_step: "Remove the other keys, or move the function into a value of its own.",
    },
    Entry {
        topic: error(Code::InvalidFunction),
        title: "Function cannot be evaluated",
        explanation: "An intrinsic function has arguments that do not fit, for example `Fn::Select` with an index \
            beyond the list or `Fn::Join` without a list. The value cannot be computed, and nothing is sent with a \
            guess in its place.",
        example: &["Type: AWS::SQS::Queue", "Properties: {QueueName: !Select [5, [a, b]]}"],
        next_step: "Correct the arguments. The CloudFormation user guide lists the intrinsic functions and their \
            arguments.",
    },
    Entry {
        topic: error(Code::UnknownTag),
        title: "Unknown YAML tag",
        explanation: "A value carries a YAML tag that is not the short form of a CloudFormation function, such as \
            `!Reff`. In `stagegate.yaml` no function tags are allowed at all, because there is nothing to evaluate \
            them against.",
        example: &["QueueName: !Reff Name"],
        next_step: "Correct the tag, or write the value itself.",
    },
    Entry {
        topic: warning(Code::SsmParameter),
        title: "SSM parameter cannot be read",
        explanation: "A parameter of the template has a type such as `AWS::SSM::Parameter::Value<String>`: its value is that \
            of a parameter of Systems Manager, which `create` and `drift --desired` read by `ssm:GetParameter`. It does \
            not exist in the account, is encrypted, or may not be read.",
        example: &[
            "Parameters: {Size: {Type: \"AWS::SSM::Parameter::Value<String>\", Default: /web/size}}",
            "Resources:",
            "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Size}}",
        ],
        next_step: "Give the value with `--param NAME=VALUE`, or create the parameter.",
    },
    Entry {
        topic: warning(Code::NoStack),
        title: "Stack parameter without a stack",
        explanation: "`AWS::StackName` is the name of the stack that a template belongs to, and `AWS::StackId` is made of \
            it, the account and the region. Where one of them is not known, the pseudo parameter has no value.",
        example: &[
            "Type: AWS::SQS::Queue",
            "Properties: {QueueName: !Ref AWS::StackId}",
            "# stagegate scan -f queue.yaml",
        ],
        next_step: "Name the stack with `--stack-name`, or use a parameter instead and give its value with `--param \
            NAME=VALUE`.",
    },
    Entry {
        topic: error(Code::DynamicReference),
        title: "Malformed dynamic reference",
        explanation: "A value contains `{{resolve:…}}`, but it is not a dynamic reference of CloudFormation, or it is where \
            none is possible: in the name of a resource. `create` reads the value of a reference when it sends the \
            resource; it is in no plan, output or file. For `scan` and `estimate`, it is unknown.",
        example: &["Type: AWS::SQS::Queue", "Properties: {KmsMasterKeyId: \"{{resolve:secretsmanager}}\"}"],
        next_step: "Write `{{resolve:ssm:NAME}}`, `{{resolve:ssm-secure:NAME}}` or \
            `{{resolve:secretsmanager:SECRET:SecretString:KEY}}`.",
    },
    Entry {
        topic: error(Code::InvalidSet),
        title: "`--set` cannot be applied",
        explanation: "A `--set PATH=VALUE` could not be applied: its path names no property, there is no such \
            resource, or the value is not valid YAML. With a single resource the logical id may be left out.",
        example: &["stagegate create -f app.yaml --set Jobs.DelaySeconds=50     # the resources are Queue and Topic"],
        next_step: "Write `--set LogicalId.Property=VALUE`, or a JSON pointer: `--set /LogicalId/Property=VALUE`.",
    },
    Entry {
        topic: error(Code::CircularDependency),
        title: "Circular dependency",
        explanation: "Resources have a circular reference, so none of them can be created first. stagegate \
            creates resources in the order of their references. References in properties that can be changed later, such \
            as the rules of security groups, are set after the creation and are no problem.",
        example: &["A: {Type: AWS::SQS::Queue, DependsOn: B}", "B: {Type: AWS::SQS::Queue, DependsOn: A}"],
        next_step: "Remove one of the references, for example by using a fixed name. In a promotion, promote one of \
            the resources first, with its reference to the other mapped under `promotion.map`.",
    },
    Entry {
        topic: error(Code::InvalidNestedStack),
        title: "Nested stack that cannot be followed",
        explanation: "The `TemplateURL` of an `AWS::CloudFormation::Stack` is a path, so that the resources of that template \
            become part of this one, but the file cannot be read, is within itself, or does not have the parameters and \
            outputs that the stack uses. The path is relative to the template that names it.",
        example: &[
            "Network:",
            "  Type: AWS::CloudFormation::Stack",
            "  Properties: {TemplateURL: network.yaml, Parameters: {Cidr: 10.0.0.0/16}}",
        ],
        next_step: "Correct the path, the parameters or the outputs. A template at a URL is not followed: download it, and \
            name the file.",
    },
];
