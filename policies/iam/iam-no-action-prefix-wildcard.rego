# METADATA
# title: Permissions to write name their actions
# custom:
#   id: iam-no-action-prefix-wildcard
#   severity: medium
#   category: least-privilege
#   pack: access
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
#   fix: Name each action; a pattern grants what the service adds later as well
#   equivalents:
#     checkov: [CKV_AWS_111]
#     trivy: [AWS-0057]
package stagegate.checks.iam_no_action_prefix_wildcard

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	actions := sort([sprintf("`%s`", [action]) | some action in statements.actions(statement); may_write(action)])
	count(actions) > 0
	message := sprintf("%s: every action of a kind that writes is allowed", [concat(", ", actions)])
	entry := lib.finding(array.concat(statement.path, ["Action"]), message)
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	some action in statement.unclear_actions
	may_be_pattern(action)
	entry := statements.unclear(statement, "Action")
}

# The unknown part of an action may be a wildcard.
may_be_pattern(action) if regex.match(`^[^:]*\x{fffd}[^:]*$`, action)

may_be_pattern(action) if may_write(replace(action, "\ufffd", "*"))

# A pattern over part of a service's actions that is not one of its reading ones. Whole services are
# for iam-no-service-wildcard.
may_write(action) if {
	contains(action, "*")
	[_, verb] := split(action, ":")
	verb != "*"
	not strings.any_prefix_match(verb, [
		"batchget", "check", "describe", "download", "estimate", "get", "head", "list", "lookup", "preview", "query",
		"read", "scan", "search", "select", "validate", "view",
	])
}
