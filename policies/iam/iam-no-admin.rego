# METADATA
# title: No policy allows everything
# custom:
#   id: iam-no-admin
#   severity: critical
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
#   fix: List the actions and resources that are needed
#   equivalents:
#     checkov: [CKV_AWS_62, CKV_AWS_63]
#     security_hub: [IAM.1]
#     guard_registry: [IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS]
#     cis_aws_5_0: ['1.15']
package stagegate.checks.iam_no_admin

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	statements.is_admin(statement)
	entry := lib.finding(statement.path, "The statement allows every action on every resource")
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	some action in statements.actions(statement)
	action in {"*", "*:*"}
	statements.may_be_on_every_resource(statement)
	entry := statements.unclear(statement, "Resource")
}

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not statements.is_admin(statement)
	statements.may_grant(statement, {"*", "*:*"})
	covers_everything(statement)
	entry := statements.unclear(statement, "Action")
}

covers_everything(statement) if statements.on_every_resource(statement)

covers_everything(statement) if statements.may_be_on_every_resource(statement)
