# METADATA
# title: Image repositories are encrypted with a KMS key
# custom:
#   id: ecr-kms
#   severity: low
#   category: encryption
#   pack: encryption
#   types: [AWS::ECR::Repository]
#   absent: default-secure
#   fix: Set EncryptionConfiguration.EncryptionType to KMS when the repository is made
#   equivalents:
#     checkov: [CKV_AWS_136]
#     trivy: [AWS-0033]
package stagegate.checks.ecr_kms

import data.stagegate.lib

path := ["EncryptionConfiguration", "EncryptionType"]

deny contains lib.finding(path, "Images are encrypted with a key of the service that nobody can control") if lib.broken(path, {"KMS", "KMS_DSSE"})

unknown contains lib.unresolved(path)
