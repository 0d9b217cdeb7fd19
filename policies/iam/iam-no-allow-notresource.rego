# METADATA
# title: No policy allows by NotResource
# custom:
#   id: iam-no-allow-notresource
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
#   fix: List what is allowed under Resource instead
#   equivalents:
#     guard_registry: [IAM_ROLE_OR_POLICY_NO_ALLOW_PLUS_NOT_RESOURCE]
package stagegate.checks.iam_no_allow_notresource

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	statement.body.NotResource
	entry := lib.finding(array.concat(statement.path, ["NotResource"]), "Everything that is not listed is allowed, new services included")
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)
