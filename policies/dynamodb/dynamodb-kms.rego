# METADATA
# title: Tables are encrypted with a KMS key
# custom:
#   id: dynamodb-kms
#   severity: low
#   category: encryption
#   pack: encryption
#   types: [AWS::DynamoDB::Table]
#   absent: default-secure
#   fix: Set SSESpecification.SSEEnabled to true
#   equivalents:
#     checkov: [CKV_AWS_119]
#     guard_registry: [DYNAMODB_TABLE_ENCRYPTED_KMS, DYNAMODB_TABLE_MUST_BE_ENCRYPTED]
package stagegate.checks.dynamodb_kms

import data.stagegate.lib

path := ["SSESpecification", "SSEEnabled"]

deny contains lib.finding(path, "The table is encrypted with a key of the service that nobody can control") if lib.off(path)

unknown contains lib.unresolved(path)
