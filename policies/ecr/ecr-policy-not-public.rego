# METADATA
# title: ECR repository policies let only named callers in
# custom:
#   id: ecr-policy-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::ECR::Repository]
#   absent: pass
#   fix: "Name the principals, or add a condition such as aws:PrincipalOrgID"
#   equivalents:
#     checkov: [CKV_AWS_32]
#     trivy: [AWS-0032]
package stagegate.checks.ecr_policy_not_public

import data.stagegate.statements

path := ["RepositoryPolicyText"]

deny contains entry if {
	some entry in statements.open_to_anyone(path, "caller", "The repository policy lets anybody in")
}

unknown contains entry if some entry in statements.may_be_open(path, "caller")
