# METADATA
# title: Permissions name their resources
# custom:
#   id: iam-no-wildcard-resource
#   severity: high
#   category: least-privilege
#   types:
#     - AWS::IAM::Policy
#     - AWS::IAM::RolePolicy
#     - AWS::IAM::UserPolicy
#     - AWS::IAM::GroupPolicy
#     - AWS::IAM::ManagedPolicy
#     - AWS::IAM::Role
#     - AWS::IAM::User
#     - AWS::IAM::Group
#   absent: pass
#   fix: Name the ARNs of the resources that the actions are for
#   equivalents:
#     checkov: [CKV_AWS_111]
#     guard_registry: [IAM_POLICYDOCUMENT_NO_WILDCARD_RESOURCE]
#     trivy: [AWS-0057]
package stagegate.checks.iam_no_wildcard_resource

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	not statements.is_admin(statement)
	scopable := unscoped(statement)
	count(scopable) > 0
	entry := lib.finding(array.concat(statement.path, ["Resource"]), sprintf("`%s` is allowed on every resource", [scopable[0]]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.choices) > 0
	count(unscoped(statement)) == 0
	some action in statements.actions(statement)
	not takes_no_resource(statement, action)
	statements.may_cover(statement, everything_of(action))
	entry := statements.unclear(statement, "Resource")
}

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not statements.is_admin(statement)
	count(unscoped(statement)) == 0
	some action in statement.unclear_actions
	not takes_no_resource(statement, action)
	may_be_unscoped(statement, action)
	entry := statements.unclear(statement, "Action")
}

# The actions that could name resources and do not. A condition on the resource names them as well.
unscoped(statement) := [action |
	not statement.narrowed
	some action in statements.actions(statement)
	on_everything(statement, action)
	not takes_no_resource(statement, action)
]

on_everything(statement, _) if "*" in statement.wide

on_everything(statement, action) if split(action, ":")[0] in statement.everywhere

# All resources of the action's service. All of one type (`table/*`), or of one account, are a choice that somebody made.
everything_of(action) := {concat(":", [split(action, ":")[0], "*"])}

may_be_unscoped(statement, action) if on_everything(statement, action)

may_be_unscoped(statement, action) if statements.may_cover(statement, everything_of(action))

# Of which service the action is, is not known.
may_be_unscoped(statement, action) if {
	regex.match(`^[^:]*\x{fffd}`, action)
	count(statement.wide) > 0
}

# Actions for which IAM knows no resource, so that only `*` does: those of the service authorization reference, some
# for which a resource says nothing before it exists, and families of them.
takes_no_resource(statement, action) if action in statement.resourceless

takes_no_resource(_, action) if {
	action in {
		"access-analyzer:validatepolicy", "acm:requestcertificate", "athena:listworkgroups",
		"bedrock:retrieveandgenerate", "cloudtrail:describetrails", "cloudwatch:listdashboards",
		"codepipeline:putjobfailureresult", "codepipeline:putjobsuccessresult",
		"cognito-idp:describeuserpooldomain", "comprehend:batchdetectsentiment", "config:putevaluations",
		"dynamodb:liststreams", "ec2:getebsencryptionbydefault", "ecr:describeregistry", "eks:listclusters",
		"firehose:listdeliverystreams", "iam:getaccountpasswordpolicy", "iam:listopenidconnectproviders",
		"iam:listvirtualmfadevices", "kinesis:liststreams", "lakeformation:getdataaccess",
		"logs:describeloggroups", "mediaconvert:describeendpoints", "redshift-data:getstatementresult",
		"servicediscovery:listnamespaces", "servicequotas:listservicequotas", "ses:listemailidentities",
		"sns:listsubscriptions", "ssm:getcommandinvocation", "ssm:listcommands", "states:sendtaskfailure",
		"states:sendtaskheartbeat", "states:sendtasksuccess", "states:validatestatemachinedefinition",
		"sts:decodeauthorizationmessage", "support:describetrustedadvisorchecks", "tag:tagresources",
		"timestream:describeendpoints", "translate:listlanguages", "wafv2:listwebacls", "xray:getservicegraph",
		"acm:listcertificates", "cloudformation:describeaccountlimits", "cloudformation:validatetemplate",
		"cloudwatch:getmetricdata", "cloudwatch:getmetricstatistics", "cloudwatch:listmetrics",
		"cloudwatch:putmetricdata", "cognito-idp:listuserpools", "dynamodb:describelimits", "dynamodb:listtables",
		"ec2:assignprivateipaddresses", "ec2:createnetworkinterface", "ec2:deletenetworkinterface",
		"ec2:unassignprivateipaddresses", "ecr-public:getauthorizationtoken", "ecr:getauthorizationtoken",
		"ecs:createcluster", "ecs:deregistertaskdefinition", "ecs:describetaskdefinition", "ecs:listclusters",
		"ecs:listtaskdefinitions", "ecs:registertaskdefinition", "events:listrules", "iam:getaccountsummary",
		"cloudtrail:lookupevents", "iot:describeendpoint", "logs:getqueryresults", "logs:stopquery",
		"ssm:describeinstanceinformation", "ssmmessages:createcontrolchannel", "ssmmessages:createdatachannel",
		"ssmmessages:opencontrolchannel", "ssmmessages:opendatachannel", "states:liststatemachines",
		"sts:getservicebearertoken", "xray:batchgettraces", "xray:gettracesummaries",
		"iam:listaccountaliases", "iam:listpolicies", "iam:listroles", "iam:listusers", "kms:createkey",
		"kms:generaterandom", "kms:listaliases", "kms:listkeys", "lambda:getaccountsettings",
		"lambda:listeventsourcemappings", "lambda:listfunctions", "logs:createlogdelivery",
		"logs:deletelogdelivery", "logs:describeresourcepolicies", "logs:getlogdelivery",
		"logs:listlogdeliveries", "logs:putresourcepolicy", "logs:updatelogdelivery",
		"organizations:describeorganization", "polly:describevoices", "polly:synthesizespeech",
		"route53:getchange", "s3:listallmybuckets", "secretsmanager:getrandompassword",
		"secretsmanager:listsecrets", "ses:getaccount", "ses:getsendquota", "ses:getsendstatistics",
		"ses:listidentities", "sns:listtopics", "sqs:listqueues", "ssm:describeparameters",
		"sts:getcalleridentity", "translate:translatetext", "xray:puttelemetryrecords", "xray:puttracesegments",
	}
}

takes_no_resource(_, action) if {
	strings.any_prefix_match(action, [
		"application-autoscaling:describe", "autoscaling:describe", "bedrock:list", "ce:", "cloudformation:list",
		"cloudfront:list", "comprehend:detect", "ec2:describe", "ec2messages:", "elasticloadbalancing:describe",
		"organizations:list", "pricing:", "rekognition:detect", "route53:listhostedzones", "tag:get",
		"textract:", "transcribe:startstreamtranscription", "xray:getsampling",
	])
}
