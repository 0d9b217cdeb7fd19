# METADATA
# title: Identity pools admit no guests
# custom:
#   id: cognito-no-guest-identities
#   severity: high
#   category: public-access
#   types: [AWS::Cognito::IdentityPool]
#   absent: pass
#   fix: Set AllowUnauthenticatedIdentities to false
#   equivalents:
#     checkov: [CKV_AWS_366]
#     guard_registry: [COGNITO_ALLOW_UNAUTHENTICATED_IDENTITIES_RULE]
package stagegate.checks.cognito_no_guest_identities

import data.stagegate.lib

path := ["AllowUnauthenticatedIdentities"]

deny contains lib.finding(path, "Anybody gets AWS credentials without signing in") if lib.on(path)

unknown contains lib.unresolved(path)
