# METADATA
# title: User pools offer a second factor
# custom:
#   id: cognito-mfa
#   severity: medium
#   category: authentication
#   pack: access
#   types: [AWS::Cognito::UserPool]
#   absent: fail
#   fix: Set MfaConfiguration to ON or OPTIONAL and list EnabledMfas
#   equivalents:
#     guard_registry: [COGNITO_USER_POOL_MFA_CONFIGURATION_RULE]
package stagegate.checks.cognito_mfa

import data.stagegate.lib

path := ["MfaConfiguration"]

deny contains lib.finding(path, "Users sign in with a password alone") if lib.broken(path, {"ON", "OPTIONAL"})

unknown contains lib.unresolved(path)
