# METADATA
# title: User pools stop suspicious sign-ins
# custom:
#   id: cognito-threat-protection
#   severity: low
#   category: authentication
#   pack: hardening
#   types: [AWS::Cognito::UserPool]
#   absent: fail
#   fix: Set UserPoolAddOns.AdvancedSecurityMode to ENFORCED, with UserPoolTier PLUS
#   equivalents:
#     security_hub: [Cognito.1]
package stagegate.checks.cognito_threat_protection

import data.stagegate.lib

path := ["UserPoolAddOns", "AdvancedSecurityMode"]

deny contains lib.finding(path, "Stolen passwords and unusual sign-ins are not noticed") if lib.broken(path, {"ENFORCED"})

unknown contains lib.unresolved(path)
