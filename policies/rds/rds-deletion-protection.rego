# METADATA
# title: RDS databases are protected from deletion
# custom:
#   id: rds-deletion-protection
#   severity: medium
#   category: resilience
#   types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   absent: fail
#   fix: Set DeletionProtection to true
#   equivalents:
#     security_hub: [RDS.7, RDS.8]
#     guard_registry: [RDS_INSTANCE_DELETION_PROTECTION_ENABLED]
package stagegate.checks.rds_deletion_protection

import data.stagegate.databases
import data.stagegate.lib

path := ["DeletionProtection"]

# A member of a cluster is protected by it.
cluster := "DBClusterIdentifier"

deny contains lib.finding(path, "The database can be deleted by one call") if {
	not databases.given(cluster)
	lib.off(path)
	not databases.may_be_missing(cluster)
}

unknown contains lib.unresolved(path) if not databases.given(cluster)

unknown contains entry if {
	lib.off(path)
	some entry in databases.undecided([cluster])
}
