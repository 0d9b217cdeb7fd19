# METADATA
# title: Databases take minor versions by themselves
# custom:
#   id: rds-minor-upgrade
#   severity: low
#   category: supply-chain
#   pack: hardening
#   types: [AWS::RDS::DBInstance]
#   absent: pass
#   fix: Remove AutoMinorVersionUpgrade, or set it to true
#   equivalents:
#     security_hub: [RDS.13]
#     guard_registry: [RDS_AUTOMATIC_MINOR_VERSION_UPGRADE_ENABLED]
#     cis_aws_5_0: ['2.2.2']
package stagegate.checks.rds_minor_upgrade

import data.stagegate.lib

path := ["AutoMinorVersionUpgrade"]

deny contains lib.finding(path, "Fixes of the engine are not installed by themselves") if lib.off(path)

unknown contains lib.unresolved(path)
