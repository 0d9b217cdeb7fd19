# METADATA
# title: "iam:PassRole names role and service"
# custom:
#   id: iam-passrole-scoped
#   severity: high
#   category: privilege-escalation
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
#   fix: "Name the roles, and add the condition iam:PassedToService"
#   equivalents:
#     checkov: [CKV_AWS_110]
#     guard_registry: [IAM_POLICY_NO_WILDCARD_RESOURCE_ON_PASSROLE, IAM_ROLE_NO_WILDCARD_RESOURCE_ON_PASSROLE]
package stagegate.checks.iam_passrole_scoped

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	not statements.is_admin(statement)
	statements.grants(statement, "iam:passrole")
	some problem in problems(statement)
	entry := lib.finding(statement.path, problem)
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	statements.grants(statement, "iam:passrole")
	statements.may_be_on_every_resource(statement)
	entry := {"path": array.concat(statement.path, ["Resource"]), "reason": "the value is not known before apply"}
}

problems(statement) := array.concat(
	["Any role can be passed" | statements.on_every_resource(statement)],
	["Roles can be passed to any service" | not names_service(statement)],
)

names_service(statement) if {
	some operator, block in lib.fields(statement.body.Condition)
	not regex.match(`not|ifexists$|^null$|^forallvalues`, lower(operator))
	some key, wanted in lib.fields(block)
	lower(key) == "iam:passedtoservice"
	not "*" in lib.list(wanted)
}
