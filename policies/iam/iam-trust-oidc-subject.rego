# METADATA
# title: Roles for web identities say whose
# custom:
#   id: iam-trust-oidc-subject
#   severity: high
#   category: public-access
#   pack: access
#   types: [AWS::IAM::Role]
#   absent: pass
#   fix: Add a condition on the provider's :sub, such as repo:my-org/my-repo:ref:refs/heads/main
package stagegate.checks.iam_trust_oidc_subject

import data.stagegate.lib
import data.stagegate.statements

path := ["AssumeRolePolicyDocument"]

deny contains lib.finding(statement.path, "Everybody whom the identity provider knows may assume the role") if {
	some statement in statements.allows(path)
	for_web_identities(statement)
	not names_subject(statement)
	count(undecided(statement)) == 0
}

unknown contains entry if some entry in statements.unreadable(path)

unknown contains entry if {
	some statement in statements.allows(path)
	for_web_identities(statement)
	not names_subject(statement)
	some entry in undecided(statement)
}

for_web_identities(statement) if {
	some action in statements.actions(statement)
	action == "sts:assumerolewithwebidentity"
}

# Cognito identities are told apart by their pool, which is the audience.
names_subject(statement) if {
	some value in subjects(statement)
	is_string(value)
	regex.match(`[^*?:/]{3}`, trim_prefix(value, "repo:"))
}

names_subject(statement) if {
	some value in subjects(statement)
	statements.never_star(value)
}

subjects(statement) := [value |
	some operator, block in lib.fields(statement.body.Condition)
	not regex.match(`not|^null$|^forallvalues`, lower(operator))
	some key, wanted in lib.fields(block)
	is_subject(lower(key))
	some value in lib.list(wanted)
]

is_subject(key) if endswith(key, ":sub")

is_subject(key) if key == "cognito-identity.amazonaws.com:aud"

undecided(statement) := array.concat(
	[entry | entry := lib.unresolved(array.concat(statement.path, ["Condition"]))],
	[entry |
		some value in subjects(statement)
		statements.may_be_star(value)
		entry := {"path": array.concat(statement.path, ["Condition"]), "reason": "the value is not known before apply"}
	],
)
