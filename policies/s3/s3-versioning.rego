# METADATA
# title: S3 buckets keep versions
# custom:
#   id: s3-versioning
#   severity: medium
#   category: resilience
#   types: [AWS::S3::Bucket]
#   absent: fail
#   fix: Set VersioningConfiguration.Status to Enabled
#   equivalents:
#     checkov: [CKV_AWS_21]
#     security_hub: [S3.14]
#     guard_registry: [S3_BUCKET_VERSIONING_ENABLED]
#     trivy: [AWS-0090]
package stagegate.checks.s3_versioning

import data.stagegate.lib

path := ["VersioningConfiguration", "Status"]

deny contains lib.finding(path, "Overwritten and deleted objects cannot be brought back") if lib.broken(path, {"Enabled"})

unknown contains lib.unresolved(path)
