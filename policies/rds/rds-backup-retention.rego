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

import data.stagegate.databases
import data.stagegate.lib

path := ["BackupRetentionPeriod"]

deny contains object.union(lib.finding(path, "No backups are kept"), {"severity": "critical"}) if {
	stands_alone
	lib.number(path) == 0
	count(undecided) == 0
}

deny contains lib.finding(path, "Backups are kept for less than a week; the default is one day") if {
	stands_alone
	is_short
	not lib.number(path) == 0
	count(undecided) == 0
}

unknown contains lib.unresolved(path) if stands_alone

unknown contains entry if {
	stands_alone
	is_short
	some entry in undecided
}

is_short if {
	not lib.unresolved(path)
	not lib.number(path) >= 7
}

# A member takes these settings from its cluster, a replica from its source.
sources := {
	"AWS::RDS::DBInstance": ["DBClusterIdentifier", "SourceDBClusterIdentifier"],
	"AWS::RDS::DBCluster": ["ReplicationSourceIdentifier"],
}

stands_alone if {
	not databases.given_any(sources[input.resource.type])
	not is_replica
}

source := "SourceDBInstanceIdentifier"

is_replica if {
	databases.given(source)
	not at_a_time
	count(undecided_time) == 0
}

# What is restored as its source was at some time is a database of its own.
at_a_time if databases.given("RestoreTime")

at_a_time if lib.on(["UseLatestRestorableTime"])

undecided := array.concat(databases.undecided(sources[input.resource.type]), undecided_source)

undecided_source := [] if at_a_time

undecided_source := array.concat(databases.undecided([source]), undecided_time) if not at_a_time

undecided_time := [entry |
	not lib.absent([source])
	some name in ["RestoreTime", "UseLatestRestorableTime"]
	entry := lib.unresolved([name])
]
