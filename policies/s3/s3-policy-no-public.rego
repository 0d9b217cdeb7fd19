# METADATA
# title: S3 bucket policies let only named callers in
# custom:
#   id: s3-policy-no-public
#   severity: critical
#   category: public-access
#   types: [AWS::S3::BucketPolicy]
#   absent: pass
#   fix: "Name the principals, or add a condition such as aws:PrincipalOrgID"
#   equivalents:
#     security_hub: [S3.2, S3.3, S3.6]
#     guard_registry: [S3_BUCKET_POLICY_NO_WILDCARD_PRINCIPAL]
package stagegate.checks.s3_policy_no_public

import data.stagegate.statements

path := ["PolicyDocument"]

deny contains entry if {
	some entry in statements.open_to_anyone(path, "caller", "The bucket policy lets anybody in")
}

unknown contains entry if some entry in statements.may_be_open(path, "caller")
