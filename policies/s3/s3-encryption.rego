# METADATA
# title: S3 buckets name their default encryption
# custom:
#   id: s3-encryption
#   severity: medium
#   category: encryption
#   pack: encryption
#   types: [AWS::S3::Bucket]
#   absent: default-secure
#   fix: Set a rule in BucketEncryption; AES256 is what S3 applies by itself
#   equivalents:
#     checkov: [CKV_AWS_19]
#     guard_registry: [S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED]
#     trivy: [AWS-0088]
package stagegate.checks.s3_encryption

import data.stagegate.lib

path := ["BucketEncryption", "ServerSideEncryptionConfiguration"]

deny contains lib.finding(path, "The template does not say how objects are encrypted; S3 uses its own keys") if lib.missing(path)

unknown contains lib.hidden(path)
