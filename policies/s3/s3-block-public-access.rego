# METADATA
# title: S3 buckets block public access
# custom:
#   id: s3-block-public-access
#   severity: high
#   category: public-access
#   types: [AWS::S3::Bucket]
#   absent: fail
#   fix: Set all four flags of PublicAccessBlockConfiguration to true
#   equivalents:
#     checkov: [CKV_AWS_53, CKV_AWS_54, CKV_AWS_55, CKV_AWS_56]
#     security_hub: [S3.1, S3.8]
#     guard_registry: [S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED]
#     trivy: [AWS-0086, AWS-0087, AWS-0091, AWS-0093, AWS-0094]
#     cis_aws_5_0: ['2.1.4']
package stagegate.checks.s3_block_public_access

import data.stagegate.lib

# Each flag has a check of its own elsewhere.
flags := {
	"BlockPublicAcls": "CKV_AWS_53",
	"BlockPublicPolicy": "CKV_AWS_54",
	"IgnorePublicAcls": "CKV_AWS_55",
	"RestrictPublicBuckets": "CKV_AWS_56",
}

# One cause: the flags are set together.
deny contains lib.known_as(lib.findings(paths, message), "checkov", [flags[flag] | some flag in off]) if {
	off := [flag | some flag, _ in flags; lib.off(["PublicAccessBlockConfiguration", flag])]
	count(off) > 0
	paths := [["PublicAccessBlockConfiguration", flag] | some flag in off]
	message := sprintf("%s: not on", [concat(", ", off)])
}

unknown contains entry if {
	some flag, _ in flags
	entry := lib.unresolved(["PublicAccessBlockConfiguration", flag])
}
