# METADATA
# title: RDS storage is encrypted
# custom:
#   id: rds-encrypted
#   severity: high
#   category: encryption
#   types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   absent: fail
#   fix: Set StorageEncrypted to true; an existing database needs a restored copy
#   equivalents:
#     checkov: [CKV_AWS_16, CKV_AWS_96]
#     security_hub: [RDS.3, RDS.27]
#     guard_registry: [RDS_STORAGE_ENCRYPTED]
#     trivy: [AWS-0079, AWS-0080]
#     cis_aws_5_0: ['2.2.1']
package stagegate.checks.rds_encrypted

import data.stagegate.databases
import data.stagegate.lib

path := ["StorageEncrypted"]

# Elsewhere each type has a check of its own.
ids := {"AWS::RDS::DBInstance": ["CKV_AWS_16"], "AWS::RDS::DBCluster": ["CKV_AWS_96"]}

deny contains lib.known_as(lib.finding(path, "The storage is not encrypted"), "checkov", ids[input.resource.type]) if {
	applies
	lib.off(path)
	count(undecided) == 0
}

unknown contains lib.unresolved(path) if applies

unknown contains entry if {
	applies
	lib.off(path)
	some entry in undecided
}

# A member takes this from its cluster, a restored database and a replica from their source.
sources := {
	"AWS::RDS::DBInstance": {
		"DBClusterIdentifier", "DBClusterSnapshotIdentifier", "DBSnapshotIdentifier", "SourceDBClusterIdentifier",
		"SourceDBInstanceAutomatedBackupsArn", "SourceDBInstanceIdentifier", "SourceDbiResourceId",
	},
	"AWS::RDS::DBCluster": {
		"ReplicationSourceIdentifier", "SnapshotIdentifier", "SourceDBClusterIdentifier", "SourceDbClusterResourceId",
	},
}

applies if not databases.given_any(sources[input.resource.type])

undecided := databases.undecided(sources[input.resource.type])
