# METADATA
# title: Redshift master passwords are not written down
# custom:
#   id: redshift-no-plaintext-password
#   severity: critical
#   category: secrets
#   types: [AWS::Redshift::Cluster]
#   absent: pass
#   fix: Set ManageMasterPassword to true, or use a secretsmanager dynamic reference
#   equivalents:
#     guard_registry: [REDSHIFT_CLUSTER_MASTER_USER_PASSWORD_NO_PLAINTEXT_PASSWORD]
package stagegate.checks.redshift_no_plaintext_password

import data.stagegate.secrets

path := ["MasterUserPassword"]

deny contains entry if some entry in secrets.literal_findings(path, "The master password is written in the template")

unknown contains entry if some entry in secrets.undecided(path)
