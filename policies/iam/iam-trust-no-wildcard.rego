# METADATA
# title: Roles trust only named principals
# custom:
#   id: iam-trust-no-wildcard
#   severity: critical
#   category: public-access
#   types: [AWS::IAM::Role]
#   absent: pass
#   fix: "Name the principals, or add a condition on the account or organisation such as aws:PrincipalOrgID"
#   equivalents:
#     checkov: [CKV_AWS_60, CKV_AWS_61]
#     guard_registry:
#       - IAM_ROLE_NO_ALLOW_PLUS_NOT_PRINCIPAL
#       - IAM_ROLE_NO_FULL_ACCESS_ON_TRUST_POLICY
#       - IAM_ROLE_NO_ALLOW_PLUS_NOT_ACTION_ON_TRUST_POLICY
package stagegate.checks.iam_trust_no_wildcard

import data.stagegate.statements

path := ["AssumeRolePolicyDocument"]

deny contains entry if {
	some entry in statements.open_to_anyone(path, "account", "The trust policy lets anybody assume the role")
}

unknown contains entry if some entry in statements.may_be_open(path, "account")
