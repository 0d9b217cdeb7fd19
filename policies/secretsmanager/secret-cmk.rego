# METADATA
# title: Secrets are encrypted with a key of your own
# custom:
#   id: secret-cmk
#   severity: low
#   category: encryption
#   pack: encryption
#   types: [AWS::SecretsManager::Secret]
#   absent: default-secure
#   fix: Set KmsKeyId
#   equivalents:
#     checkov: [CKV_AWS_149]
#     guard_registry: [SECRETSMANAGER_USING_CMK]
#     trivy: [AWS-0098]
package stagegate.checks.secret_cmk

import data.stagegate.lib

path := ["KmsKeyId"]

deny contains lib.finding(path, "The secret is encrypted with the key that every secret of the account shares") if lib.missing(path)

unknown contains lib.hidden(path)
