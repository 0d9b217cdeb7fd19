//! Codes about resource types and their schemas.

use super::Code;
use super::entry::{Entry, error, note, warning};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        topic: error(Code::UnknownType),
        title: "Unknown resource type",
        explanation: "The name is not a resource type in the embedded registry, and CloudFormation did not describe \
            it either. stagegate checks every resource against the schema of its type before it calls AWS, so a type \
            without a schema cannot be created, compared or promoted.",
        example: &["Resources:", "  Files: {Type: AWS::S3::Bukket}"],
        next_step: "Correct the name; `stagegate schema TYPE` answers with the nearest one. For a type that is \
            newer than this version, allow `cloudformation:DescribeType` and run the command without `--offline`.",
    },
    Entry {
        topic: warning(Code::UnseenType),
        title: "Resource type not checked",
        explanation: "The template contains a type that stagegate has no schema of: one that is newer than this \
            version, a macro's, or a third party's. `scan` applies only the policies about every type to it, and its \
            cost is unknown, so the answer is incomplete. With `--strict` this is an error.",
        example: &["Resources:", "  Monitor: {Type: Datadog::Monitors::Monitor}"],
        next_step: "Check this resource by other means, or update stagegate.",
    },
    Entry {
        topic: note(Code::SkippedEntry),
        title: "Template entry without a resource",
        explanation: "The entry creates nothing: it exists for the tool that wrote the template, such as \
            `AWS::CDK::Metadata` in the output of `cdk synth`. It is left out of the plan.",
        example: &["Resources:", "  CDKMetadata: {Type: AWS::CDK::Metadata}"],
        next_step: "Nothing. To write the template without it, run `cdk synth --no-version-reporting`.",
    },
    Entry {
        topic: note(Code::EquivalentType),
        title: "Created as another type",
        explanation: "Cloud Control cannot create this type, but types with the same effect: an `AWS::IAM::Policy` is \
            created as one inline policy for each of its roles, users and groups, and the policy of queues or topics as \
            one for each queue or topic. The plan shows these resources, and they are compared and promoted.",
        example: &[
            "Read:",
            "  Type: AWS::IAM::Policy",
            "  Properties: {PolicyName: read, Roles: [app-dev], PolicyDocument: {Statement: []}}",
        ],
        next_step: "Nothing. To choose the names yourself, write the inline types in the template.",
    },
    Entry {
        topic: error(Code::TypeNotCreatable),
        title: "Type cannot be created through Cloud Control",
        explanation: "The Cloud Control API does not create this type: it has no handlers, or it exists only inside \
            a CloudFormation stack. It can be scanned and estimated. Nested stacks are refused because the resources that \
            they create are neither shown nor checked.",
        example: &["Resources:", "  Domain: {Type: AWS::SDB::Domain}"],
        next_step: "Use the type that the hint names, if there is one, or create the resource by other means. \
            `stagegate schema TYPE` shows a type's handlers.",
    },
    Entry {
        topic: error(Code::TypeUnsupported),
        title: "Type cannot be promoted",
        explanation: "The Cloud Control API cannot read or create resources of this type, so there is nothing to \
            take the configuration from, or no way to create its counterpart. A promotion copies the live \
            configuration and needs both.",
        example: &["stagegate promote AWS::SDB::Domain logs-dev"],
        next_step: "Create the counterpart by other means, and map it under `promotion.map` where other resources \
            refer to it.",
    },
    Entry {
        topic: note(Code::TypeNotDescribed),
        title: "CloudFormation did not describe the type",
        explanation: "The embedded registry does not know the type, so CloudFormation was asked with \
            `DescribeType`, and it did not answer or does not know the type either. The error that follows says what \
            could not be done without a schema.",
        example: &["note[type-not-described]: dev: the registry of the Region does not have the type"],
        next_step: "Check the name of the type. Allow `cloudformation:DescribeType` in the environment, and run \
            without `--offline`.",
    },
    Entry {
        topic: warning(Code::NotFromAws),
        title: "Answer not from CloudFormation",
        explanation: "`schema --env` asked CloudFormation for the current schema, and it did not answer. An earlier \
            answer from the cache, or the embedded copy, is shown instead.",
        example: &["stagegate schema AWS::S3::Bucket --env dev"],
        next_step: "Allow `cloudformation:DescribeType` in that environment, or leave `--env` out to use the \
            embedded copy without a warning.",
    },
    Entry {
        topic: note(Code::Coerced),
        title: "Value converted to the schema's type",
        explanation: "The schema asks for another type than the one that was written, and the value could be \
            converted without loss, as CloudFormation does. The converted value is what is scanned, approved and \
            sent.",
        example: &[
            "Type: AWS::SQS::Queue",
            "Properties: {DelaySeconds: \"20\"}     # a string; the schema asks for an integer",
        ],
        next_step: "Nothing. Write the value in the schema's type to avoid the note.",
    },
    Entry {
        topic: error(Code::UnknownProperty),
        title: "Unknown property",
        explanation: "The resource type, or the property that contains it, has no property of this name. AWS would \
            refuse the request, or, for some types, ignore the property.",
        example: &["Type: AWS::S3::Bucket", "Properties: {BuckettName: files-dev}"],
        next_step: "Correct the name; the hint suggests the nearest one. `stagegate schema TYPE` lists a type's \
            properties.",
    },
    Entry {
        topic: error(Code::MissingProperty),
        title: "Missing property",
        explanation: "The schema requires a property that the template does not give. The message names it and the \
            property that contains it, or lists the alternatives of which one is required.",
        example: &["Type: AWS::Lambda::Function", "Properties: {Code: {ZipFile: \"…\"}}     # Role is required"],
        next_step: "Add the property. `stagegate schema TYPE` marks the required ones.",
    },
    Entry {
        topic: error(Code::ReadOnlyProperty),
        title: "Read-only property",
        explanation: "The property is set by the service and cannot be given, such as an ARN or a creation time. \
            Cloud Control refuses requests that contain it.",
        example: &["Type: AWS::S3::Bucket", "Properties: {Arn: \"arn:aws:s3:::files-dev\"}"],
        next_step: "Remove it. `!GetAtt LogicalId.Property` gives its value to other resources.",
    },
    Entry {
        topic: error(Code::WrongType),
        title: "Value of the wrong type",
        explanation: "A value has another type than the schema or the configuration asks for, and cannot be \
            converted without loss: for example text where a number is needed, or `null`. Conversions that lose \
            nothing, such as `20` to `\"20\"`, are made and reported as a note.",
        example: &["Type: AWS::SQS::Queue", "Properties: {DelaySeconds: soon}"],
        next_step: "Write the value in the expected type. `stagegate schema TYPE` shows the types of a resource's \
            properties.",
    },
    Entry {
        topic: error(Code::NotAllowed),
        title: "Value not allowed",
        explanation: "The schema lists the values that a property may have, or restricts its form, and this one is \
            not among them. Values are case-sensitive.",
        example: &[
            "Type: AWS::S3::Bucket",
            "Properties: {VersioningConfiguration: {Status: enabled}}     # Enabled, Suspended",
        ],
        next_step: "Use one of the values in the message.",
    },
    Entry {
        topic: error(Code::PatternMismatch),
        title: "Value does not match the pattern",
        explanation: "The schema gives a regular expression for the property, and the value does not match it. \
            Names with characters that a service does not allow are the usual cause.",
        example: &["Type: AWS::Lambda::Function", "Properties: {FunctionName: \"my function\"}"],
        next_step: "Change the value so that it matches the pattern in the message.",
    },
    Entry {
        topic: error(Code::OutOfRange),
        title: "Number out of range",
        explanation: "A number is below the minimum or above the maximum of the schema. AWS would refuse the \
            request after the plan was approved, so it is checked before.",
        example: &["Type: AWS::KMS::Key", "Properties: {PendingWindowInDays: 90}     # at most 30"],
        next_step: "Use a number within the limits in the message.",
    },
    Entry {
        topic: error(Code::WrongLength),
        title: "Text too short or too long",
        explanation: "A text has fewer or more characters than the schema allows. AWS would refuse the request \
            after the plan was approved, so it is checked before.",
        example: &["Type: AWS::KMS::Alias", "Properties: {AliasName: \"\", TargetKeyId: …}     # at least 1 character"],
        next_step: "Shorten or extend the value to the length in the message.",
    },
    Entry {
        topic: error(Code::WrongCount),
        title: "Too few or too many entries",
        explanation: "A list or a mapping has fewer or more entries than the schema allows. The message says how \
            many are allowed and how many there are.",
        example: &["Type: AWS::Lambda::Function", "Properties: {Architectures: [x86_64, arm64]}     # at most 1 entry"],
        next_step: "Add or remove entries.",
    },
    Entry {
        topic: error(Code::DuplicateItems),
        title: "Entry listed twice",
        explanation: "A list contains the same entry twice, and the schema requires entries to be unique. AWS would \
            refuse the list, or silently keep one of the two.",
        example: &[
            "Type: AWS::RDS::DBInstance",
            "Properties: {VPCSecurityGroups: [sg-0123456789abcdef0, sg-0123456789abcdef0]}",
        ],
        next_step: "Remove the second one.",
    },
    Entry {
        topic: error(Code::ConflictingProperties),
        title: "Properties that exclude each other",
        explanation: "Two properties were given of which the schema allows only one, because they are alternative \
            ways to configure the same thing. AWS would refuse the request, or ignore one of them.",
        example: &[
            "Type: AWS::EC2::VPC",
            "Properties: {CidrBlock: 10.0.0.0/16, Ipv4IpamPoolId: ipam-pool-0a1b, Ipv4NetmaskLength: 16}",
        ],
        next_step: "Keep one of the properties in the message.",
    },
    Entry {
        topic: error(Code::NoFormFits),
        title: "Value fits none of the allowed forms",
        explanation: "The schema describes alternative forms of a value, and the value fits none of them, or \
            several where exactly one must fit. The schema does not say which form was meant, so neither can the \
            message.",
        example: &[
            "Type: AWS::StepFunctions::StateMachine",
            "Properties: {DefinitionSubstitutions: {Table: [orders]}}     # text, a number or true/false",
        ],
        next_step: "Compare the value with the forms in the documentation of the type. `stagegate schema TYPE` \
            lists its properties.",
    },
    Entry {
        topic: error(Code::InconsistentProperties),
        title: "Properties that do not fit together",
        explanation: "Each property is valid by itself, but the service refuses them together: one of them requires \
            another one, excludes it, or names something that another one does not define. Schemas do not describe \
            this, so stagegate has rules of its own for common types. `create` refuses such a resource before \
            anything is sent; `scan` and `estimate` report it and go on.",
        example: &[
            "Type: AWS::Lambda::Function",
            "Properties:",
            "  Role: arn:aws:iam::111111111111:role/app-dev",
            "  Code: {S3Bucket: code, S3Key: app.zip}     # without Handler and Runtime",
        ],
        next_step: "Change one of the properties in the message as the hint says.",
    },
    Entry {
        topic: error(Code::InconsistentResources),
        title: "Resources that do not fit together",
        explanation: "Two resources of the template are valid by themselves, but the service refuses them together: \
            a subnet outside its VPC, a service that names a container that its task definition lacks, or a queue \
            whose messages reappear while a function still works on them. `create` refuses them before anything is \
            sent; `scan` and `estimate` report them and go on.",
        example: &[
            "Network: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}",
            "Subnet: {Type: AWS::EC2::Subnet, Properties: {VpcId: !Ref Network, CidrBlock: 10.1.0.0/24}}",
        ],
        next_step: "Change one of the two resources as the hint says.",
    },
    Entry {
        topic: error(Code::InvalidPolicyDocument),
        title: "Policy document that AWS refuses",
        explanation: "A policy document does not follow the grammar of IAM: an effect other than Allow or Deny, a \
            statement without an action, a trust policy with a resource, or an identity policy with a principal. \
            AWS would answer MalformedPolicyDocument.",
        example: &[
            "Type: AWS::IAM::Role",
            "Properties:",
            "  AssumeRolePolicyDocument:",
            "    Statement:",
            "      - {Effect: NotAllow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}",
        ],
        next_step: "Correct the statement. What is to be forbidden has `Effect: Deny`.",
    },
    Entry {
        topic: error(Code::MalformedValue),
        title: "Text that the service cannot parse",
        explanation: "The value has a syntax that the schema does not describe, such as a CIDR block, a schedule, a \
            state machine or JSON, and it does not follow it. The service would refuse it.",
        example: &[
            "Type: AWS::Events::Rule",
            "Properties: {ScheduleExpression: every 5 minutes}     # rate(5 minutes)",
        ],
        next_step: "Correct the value; the hint shows the form.",
    },
];
