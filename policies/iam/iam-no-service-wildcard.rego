# METADATA
# title: No policy allows all of a service
# custom:
#   id: iam-no-service-wildcard
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
#   fix: List the actions that are needed instead of the wildcard
#   equivalents:
#     security_hub: [IAM.21]
#     guard_registry:
#       - IAM_POLICY_NO_STATEMENTS_WITH_FULL_ACCESS
#       - IAM_MANAGEDPOLICY_NO_STATEMENTS_WITH_FULL_ACCESS
#       - IAM_ROLE_NO_WILDCARD_ACTIONS_ON_PERMISSIONS
#     trivy: [AWS-0057]
package stagegate.checks.iam_no_service_wildcard

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	not statements.is_admin(statement)
	some action in statements.actions(statement)
	is_whole_service(action)
	entry := lib.finding(array.concat(statement.path, ["Action"]), sprintf("`%s` allows every action of the service", [action]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not names_whole_service(statement)
	statements.may_be_whole_service(statement)
	entry := statements.unclear(statement, "Action")
}

names_whole_service(statement) if {
	some action in statements.actions(statement)
	is_whole_service(action)
}

is_whole_service(action) if regex.match(`^([a-z0-9-]+:)?[*]+$`, action)
