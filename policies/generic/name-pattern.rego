# METADATA
# title: Names carry their environment
# description: A name without the environment's token is the same in every account, and cannot be promoted where names are shared.
# custom:
#   id: name-pattern
#   severity: low
#   category: naming
#   types: ['*']
#   absent: pass
#   fix: "Name it {project}-{purpose}-{environment}, with one token of naming.environment_tokens as a word of its own"
package stagegate.checks.name_pattern

import data.stagegate.lib

deny contains lib.finding([input.schema.name_property], problem) if {
	is_string(name)
	not carries_own_token
}

# CloudFormation and Cloud Control pass such a name on, and the service refuses it.
deny contains lib.finding([input.schema.name_property], "The name of a FIFO queue or topic ends in .fifo") if {
	input.resource.type in {"AWS::SQS::Queue", "AWS::SNS::Topic"}
	some switch in ["FifoQueue", "FifoTopic"]
	lib.on([switch])
	is_string(name)
	not endswith(name, ".fifo")
}

unknown contains entry if {
	is_object(name)
	not shows_token
	entry := lib.unresolved([input.schema.name_property])
}

# A name that must tell the environments apart: not a child's, which its parent's name sets apart,
# nor a domain's, which is not chosen freely.
name := object.get(input.resource.properties, input.schema.name_property, null) if {
	count(input.project.tokens.own) > 0
	is_string(input.schema.name_property)
	count(input.schema.primary_identifier) == 1
	not input.resource.type in domains
	not has_own_pattern
}

# Types whose name is a domain or mail address, and inline policies, whose names belong to their principal.
domains := {
	"AWS::ApiGateway::DomainName", "AWS::ApiGatewayV2::DomainName", "AWS::AppSync::DomainName",
	"AWS::DirectoryService::MicrosoftAD", "AWS::DirectoryService::SimpleAD", "AWS::IAM::Policy", "AWS::Lightsail::Domain",
	"AWS::Route53::HostedZone", "AWS::Route53::RecordSet", "AWS::SES::EmailIdentity",
	"AWS::ServiceDiscovery::PrivateDnsNamespace", "AWS::ServiceDiscovery::PublicDnsNamespace",
}

has_own_pattern if {
	is_object(input.project.iam_name)
	input.resource.type in {"AWS::IAM::Role", "AWS::IAM::ManagedPolicy", "AWS::IAM::User"}
}

found := [word |
	some word in regex.split(`[^a-z0-9]+`, lower(name))
	word in input.project.tokens.all
]

carries_own_token if {
	count(found) == 1
	found[0] in input.project.tokens.own
}

problem := sprintf("The name carries no environment token, such as `%s`", [input.project.tokens.own[0]]) if count(found) == 0

problem := "The name carries two environment tokens, so that its environment cannot be told" if count(found) > 1

problem := sprintf("The name carries `%s`, the token of another environment", [found[0]]) if {
	count(found) == 1
	not found[0] in input.project.tokens.own
}

# The written part of an unresolved name may hold the token already.
shows_token if {
	text := lib.list(name["Fn::Sub"])[0]
	is_string(text)
	some word in regex.split(`[^a-z0-9]+`, lower(regex.replace(text, `\$\{[^}]*\}`, "X")))
	word in input.project.tokens.own
}
