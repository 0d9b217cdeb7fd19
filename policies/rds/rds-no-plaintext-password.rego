# METADATA
# title: RDS master passwords are not written down
# custom:
#   id: rds-no-plaintext-password
#   severity: critical
#   category: secrets
#   types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   absent: pass
#   fix: Set ManageMasterUserPassword to true, or use a secretsmanager dynamic reference
#   equivalents:
#     guard_registry:
#       - RDS_MASTER_USER_PASSWORD_NO_PLAINTEXT_PASSWORD
#       - RDS_CLUSTER_MASTER_USER_PASSWORD_NO_PLAINTEXT_PASSWORD
package stagegate.checks.rds_no_plaintext_password

import data.stagegate.secrets

path := ["MasterUserPassword"]

deny contains entry if some entry in secrets.literal_findings(path, "The master password is written in the template")

unknown contains entry if some entry in secrets.undecided(path)
