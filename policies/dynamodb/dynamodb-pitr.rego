# METADATA
# title: DynamoDB tables can be restored to any second
# custom:
#   id: dynamodb-pitr
#   severity: medium
#   category: resilience
#   types: [AWS::DynamoDB::Table]
#   absent: fail
#   fix: Set PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled to true
#   equivalents:
#     checkov: [CKV_AWS_28]
#     security_hub: [DynamoDB.2]
#     guard_registry: [DYNAMODB_PITR_ENABLED]
package stagegate.checks.dynamodb_pitr

import data.stagegate.lib

path := ["PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"]

deny contains lib.finding(path, "Point-in-time recovery is off") if lib.off(path)

unknown contains lib.unresolved(path)
