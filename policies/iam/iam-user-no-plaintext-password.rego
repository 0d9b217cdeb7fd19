# METADATA
# title: Passwords of IAM users are not written down
# custom:
#   id: iam-user-no-plaintext-password
#   severity: high
#   category: secrets
#   types: [AWS::IAM::User]
#   absent: pass
#   fix: Remove LoginProfile and let the user sign in through a federated role
#   equivalents:
#     guard_registry: [IAM_USER_LOGIN_PROFILE_NO_PLAINTEXT_PASSWORD]
package stagegate.checks.iam_user_no_plaintext_password

import data.stagegate.secrets

path := ["LoginProfile", "Password"]

deny contains entry if some entry in secrets.literal_findings(path, "The password is written in the template")

unknown contains entry if some entry in secrets.undecided(path)
