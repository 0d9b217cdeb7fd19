# METADATA
# title: Log groups are encrypted with a key of your own
# custom:
#   id: logs-kms
#   severity: low
#   category: encryption
#   pack: encryption
#   types: [AWS::Logs::LogGroup]
#   absent: default-secure
#   fix: Set KmsKeyId, and allow logs.amazonaws.com the key
#   equivalents:
#     checkov: [CKV_AWS_158]
#     guard_registry: [CLOUDWATCH_LOG_GROUP_ENCRYPTED]
#     trivy: [AWS-0017]
package stagegate.checks.logs_kms

import data.stagegate.lib

path := ["KmsKeyId"]

deny contains lib.finding(path, "Logs are encrypted with a key of the service that nobody can control") if lib.missing(path)

unknown contains lib.hidden(path)
