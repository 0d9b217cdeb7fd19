# METADATA
# title: User pools are protected from deletion
# custom:
#   id: cognito-deletion-protection
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::Cognito::UserPool]
#   absent: fail
#   fix: Set DeletionProtection to ACTIVE
package stagegate.checks.cognito_deletion_protection

import data.stagegate.lib

path := ["DeletionProtection"]

deny contains lib.finding(path, "The user pool can be deleted by one call") if lib.broken(path, {"ACTIVE"})

unknown contains lib.unresolved(path)
