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
	statements.on_every_resource(statement)
	granted := sort(statements.granted(statement, sensitive))
	count(granted) > 0
	entry := lib.finding(array.concat(statement.path, ["Resource"]), sprintf("`%s` is allowed with every key", [granted[0]]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	statements.may_be_on_every_resource(statement)
	count(statements.granted(statement, sensitive)) > 0
	entry := {"path": array.concat(statement.path, ["Resource"]), "reason": "the value is not known before apply"}
}

sensitive := {
	"kms:decrypt", "kms:reencryptfrom",
}
