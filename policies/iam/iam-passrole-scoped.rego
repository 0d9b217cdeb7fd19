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
	entry := object.union(lib.finding(statement.path, problem), less(statement))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.choices) > 0
	statements.grants(statement, "iam:passrole")
	statements.may_cover(statement, roles)
	entry := statements.unclear(statement, "Resource")
}

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	statements.grants(statement, "iam:passrole")
	not names_service(statement)
	may_name_service(statement)
	entry := statements.unclear(statement, "Condition")
}

# The action itself may be another one.
unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not statements.grants(statement, "iam:passrole")
	statements.may_grant(statement, {"iam:passrole"})
	not is_scoped(statement)
	entry := statements.unclear(statement, "Action")
}

roles := {"iam:*", "iam:role"}

# A role that is named is a choice that somebody made: which service may have it is in its trust policy as well.
less(statement) := {"severity": "low"} if statement.named

less(statement) := {} if not statement.named

problems(statement) := array.concat(
	["Any role can be passed" | statements.covers(statement, roles)],
	["Roles can be passed to any service" |
		not names_service(statement)
		not may_name_service(statement)
	],
)

is_scoped(statement) if {
	not statements.covers(statement, roles)
	not statements.may_cover(statement, roles)
	names_service(statement)
}

names_service(statement) if {
	some operator, block in lib.fields(statement.body.Condition)
	statements.is_positive(operator)
	some key, wanted in lib.fields(block)
	lower(key) == "iam:passedtoservice"
	values := lib.list(wanted)
	count(values) > 0
	every value in values {
		is_service(value)
	}
}

# Not `*` or what every service's name ends in.
is_service(value) if {
	is_string(value)
	not regex.match(`^[*?]+[.]?(amazonaws[.])?(com)?([.]cn)?[*?]*$`, value)
}

is_service(value) if {
	lib.is_unknown(value)
	statements.never_star(value)
}

# Whether the condition names a service is not known.
may_name_service(statement) if {
	lib.is_unknown(statement.body.Condition)
}

may_name_service(statement) if {
	some operator, block in lib.fields(statement.body.Condition)
	statements.is_positive(operator)
	lib.is_unknown(block)
}

may_name_service(statement) if {
	some operator, block in lib.fields(statement.body.Condition)
	statements.is_positive(operator)
	some key, wanted in lib.fields(block)
	lower(key) == "iam:passedtoservice"
	values := lib.list(wanted)
	some unclear in values
	statements.may_be_star(unclear)
	every value in values {
		may_be_service(value)
	}
}

may_be_service(value) if is_service(value)

may_be_service(value) if lib.is_unknown(value)
