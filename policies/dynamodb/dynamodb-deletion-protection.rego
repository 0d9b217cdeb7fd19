# METADATA
# title: DynamoDB tables are protected from deletion
# custom:
#   id: dynamodb-deletion-protection
#   severity: medium
#   category: resilience
#   types: [AWS::DynamoDB::Table]
#   absent: fail
#   fix: Set DeletionProtectionEnabled to true
#   equivalents:
#     security_hub: [DynamoDB.6]
package stagegate.checks.dynamodb_deletion_protection

import data.stagegate.lib

path := ["DeletionProtectionEnabled"]

deny contains lib.finding(path, "The table can be deleted by one call") if lib.off(path)

unknown contains lib.unresolved(path)
