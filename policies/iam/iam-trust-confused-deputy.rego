# METADATA
# title: Roles cannot be used through a deputy
# custom:
#   id: iam-trust-confused-deputy
#   severity: low
#   category: least-privilege
#   pack: access
#   types: [AWS::IAM::Role]
#   absent: pass
#   fix: Add a condition on sts:ExternalId for another account, or on aws:SourceArn or aws:SourceAccount for a service
package stagegate.checks.iam_trust_confused_deputy

import data.stagegate.lib
import data.stagegate.statements

path := ["AssumeRolePolicyDocument"]

deny contains lib.finding(statement.path, "Another account may assume the role for anybody whom it serves") if {
	some statement in statements.allows(path)
	names_account(statement)
	not has_condition(statement, of_caller)
	not lib.unresolved(array.concat(statement.path, ["Condition"]))
}

deny contains lib.finding(statement.path, sprintf("%s may use the role for somebody in another account", [service])) if {
	some statement in statements.allows(path)
	some service in lib.list(statement.body.Principal.Service)
	acts_for_others(service)
	not has_condition(statement, {"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
	not lib.unresolved(array.concat(statement.path, ["Condition"]))
}

unknown contains entry if some entry in statements.unreadable(path)

unknown contains entry if {
	some statement in statements.allows(path)
	entry := lib.unresolved(array.concat(statement.path, ["Condition"]))
}

unknown contains entry if {
	some statement in statements.allows(path)
	not names_account(statement)
	may_name_account(statement)
	not has_condition(statement, of_caller)
	entry := statements.unclear(statement, "Principal")
}

of_caller := {"sts:externalid", "aws:principalorgid", "aws:principalorgpaths", "aws:principalarn"}

# An account written as digits is somebody's; the own one is usually `AWS::AccountId`.
names_account(statement) if {
	some principal in principals(statement)
	regex.match(`^([0-9]{12}|arn:(aws[a-z-]*|\x{fffd}):iam::[0-9]{12}:root)$`, text(principal))
}

# An account that is not known may be somebody's.
may_name_account(statement) if {
	some principal in principals(statement)
	lib.is_unknown(principal.value)
	not contains(json.marshal(principal.value), `AWS::AccountId`)
	regex.match(`^arn:(aws[a-z-]*|\x{fffd}):iam::\x{fffd}:root$`, text(principal))
}

principals(statement) := statements.entries(array.concat(statement.path, ["Principal", "AWS"]), statement.body.Principal.AWS)

# Without quotes it is a number.
text(principal) := format_int(principal.value, 10) if is_number(principal.value)

text(principal) := lib.text(principal.path)

has_condition(statement, keys) if {
	some _, block in lib.fields(statement.body.Condition)
	some key, _ in lib.fields(block)
	lower(key) in keys
}

# Services that are told by their caller which role to use, and that send the source along.
acts_for_others(service) if {
	is_string(service)
	split(service, ".")[0] in {
		"backup", "bedrock", "budgets", "cloudtrail", "codebuild", "cognito-idp", "config", "dlm", "ecs-tasks", "events",
		"firehose", "glue", "iot", "pipes", "s3", "sagemaker", "scheduler", "ses", "sns", "states", "transfer",
		"vpc-flow-logs",
	}
}
