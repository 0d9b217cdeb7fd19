# METADATA
# title: No policy allows by NotAction
# custom:
#   id: iam-no-allow-notaction
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
#   fix: List what is allowed under Action instead
#   equivalents:
#     guard_registry: [IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_ACTION]
package stagegate.checks.iam_no_allow_notaction

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	statement.body.NotAction
	entry := lib.finding(array.concat(statement.path, ["NotAction"]), "Everything that is not listed is allowed, new services included")
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)
