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

# By a pattern, where it is an identity provider that is trusted.
for_web_identities(statement) if {
	statement.body.Principal.Federated
	statements.grants(statement, "sts:assumerolewithwebidentity")
}

# Each of the values must say whose, as one of them is enough.
names_subject(statement) if {
	some values in subjects(statement)
	count(values) > 0
	every value in values {
		is_named(value)
	}
}

# Cognito identities are told apart by their pool, which is the audience.
is_named(value) if {
	is_string(value)
	not startswith(value, "repo:")
	regex.match(`[^*?:/]{3}`, value)
}

# Of a repository the owner must be named.
is_named(value) if {
	is_string(value)
	startswith(value, "repo:")
	regex.match(`^repo:[^*?:/]+/`, value)
}

is_named(value) if {
	lib.is_unknown(value)
	statements.never_star(value)
	not says_any_owner(value)
}

says_any_owner(value) if {
	some text in lib.list(value["Fn::Sub"])
	is_string(text)
	regex.match(`^repo:[*?]`, text)
}

# The values of each key that tells who is meant.
subjects(statement) := [lib.list(wanted) |
	some operator, block in lib.fields(statement.body.Condition)
	not regex.match(`not|^null$|^forallvalues`, lower(operator))
	some key, wanted in lib.fields(block)
	is_subject(lower(key))
]

is_subject(key) if endswith(key, ":sub")

is_subject(key) if key == "cognito-identity.amazonaws.com:aud"

may_be_named(value) if is_named(value)

may_be_named(value) if statements.may_be_star(value)

undecided(statement) := array.concat(
	[entry | entry := lib.unresolved(array.concat(statement.path, ["Condition"]))],
	[entry |
		some values in subjects(statement)
		some value in values
		statements.may_be_star(value)
		every other in values {
			may_be_named(other)
		}
		entry := {"path": array.concat(statement.path, ["Condition"]), "reason": "the value is not known before apply"}
	],
)
