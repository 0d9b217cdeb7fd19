# METADATA
# title: RDS keeps backups for a week or longer
# custom:
#   id: rds-backup-retention
#   severity: high
#   category: resilience
#   types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   absent: fail
#   fix: Set BackupRetentionPeriod to 7 or more days
#   equivalents:
#     security_hub: [RDS.11]
#     guard_registry: [DB_INSTANCE_BACKUP_ENABLED]
#     trivy: [AWS-0077]
package stagegate.checks.rds_backup_retention

import data.stagegate.lib

path := ["BackupRetentionPeriod"]

deny contains object.union(lib.finding(path, "No backups are kept"), {"severity": "critical"}) if {
	stands_alone
	lib.number(path) == 0
}

deny contains lib.finding(path, "Backups are kept for less than a week; the default is one day") if {
	stands_alone
	not lib.unresolved(path)
	not long_enough
	not lib.number(path) == 0
}

unknown contains lib.unresolved(path) if stands_alone

long_enough if lib.number(path) >= 7

# A member takes these settings from its cluster, a replica from its source.
stands_alone if {
	not lib.value(["DBClusterIdentifier"])
	not lib.value(["SourceDBInstanceIdentifier"])
	not lib.value(["SourceDBClusterIdentifier"])
}
