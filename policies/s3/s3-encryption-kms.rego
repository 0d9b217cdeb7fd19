# METADATA
# title: S3 buckets are encrypted with a KMS key
# custom:
#   id: s3-encryption-kms
#   severity: low
#   category: encryption
#   pack: encryption
#   types: [AWS::S3::Bucket]
#   absent: fail
#   fix: Set SSEAlgorithm to aws:kms, and BucketKeyEnabled to true to keep KMS's price low
#   equivalents:
#     security_hub: [S3.17]
#     guard_registry: [S3_DEFAULT_ENCRYPTION_KMS]
#     trivy: [AWS-0132]
package stagegate.checks.s3_encryption_kms

import data.stagegate.lib

rules := ["BucketEncryption", "ServerSideEncryptionConfiguration"]

algorithm := ["ServerSideEncryptionByDefault", "SSEAlgorithm"]

deny contains lib.finding(rules, "Objects are not encrypted with a KMS key") if {
	not uses_kms
	count(undecided) == 0
}

unknown contains entry if {
	not uses_kms
	some entry in undecided
}

uses_kms if {
	some rule in lib.elements(rules)
	lib.holds(array.concat(rule, algorithm), {"aws:kms", "aws:kms:dsse"})
}

undecided := [entry |
	some place in array.concat([rules], lib.elements(rules))
	entry := lib.unresolved(array.concat(place, algorithm))
]
