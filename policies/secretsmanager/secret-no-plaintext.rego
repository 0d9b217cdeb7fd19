# METADATA
# title: Secret values are not written down
# custom:
#   id: secret-no-plaintext
#   severity: high
#   category: secrets
#   types: [AWS::SecretsManager::Secret]
#   absent: pass
#   fix: Use GenerateSecretString, or set the value outside of the template
package stagegate.checks.secret_no_plaintext

import data.stagegate.secrets

path := ["SecretString"]

deny contains entry if some entry in secrets.literal_findings(path, "The secret value is written in the template")

unknown contains entry if some entry in secrets.undecided(path)
