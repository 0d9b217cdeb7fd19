# METADATA
# title: Permissions to decrypt name the keys
# custom:
#   id: iam-kms-decrypt-scoped
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
#   fix: Name the ARNs of the keys
#   equivalents:
#     security_hub: [KMS.1, KMS.2]
package stagegate.checks.iam_kms_decrypt_scoped

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	not statements.is_admin(statement)
	granted := sort(unscoped(statement))
	count(granted) > 0
	entry := lib.finding(array.concat(statement.path, ["Resource"]), sprintf("`%s` is allowed with every key", [granted[0]]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.choices) > 0
	count(unscoped(statement)) == 0
	some action in statements.granted(statement, actions)
	statements.may_cover(statement, kinds[action])
	entry := statements.unclear(statement, "Resource")
}

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not statements.is_admin(statement)
	count(unscoped(statement)) == 0
	some action, _ in kinds
	statements.may_grant(statement, {action})
	may_be_unscoped(statement, action)
	entry := statements.unclear(statement, "Action")
}

unscoped(statement) := [action |
	some action in statements.granted(statement, actions)
	statements.covers(statement, kinds[action])
]

may_be_unscoped(statement, action) if statements.covers(statement, kinds[action])

may_be_unscoped(statement, action) if statements.may_cover(statement, kinds[action])

actions := {action | some action, _ in kinds}

# The actions, and what covers all that they are about.
kinds := {
	"kms:decrypt": {"kms:*", "kms:key"},
	"kms:reencryptfrom": {"kms:*", "kms:key"},
}
