# METADATA
# title: KMS key policies let only named callers in
# custom:
#   id: kms-policy-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::KMS::Key]
#   absent: pass
#   fix: "Name the principals, or add a condition such as kms:CallerAccount"
#   equivalents:
#     checkov: [CKV_AWS_33]
#     security_hub: [KMS.5]
#     guard_registry: [KMS_NO_WILDCARD_PRINCIPAL]
package stagegate.checks.kms_policy_not_public

import data.stagegate.statements

path := ["KeyPolicy"]

deny contains entry if {
	some entry in statements.open_to_anyone(path, "caller", "The key policy lets anybody in")
}

unknown contains entry if some entry in statements.may_be_open(path, "caller")
