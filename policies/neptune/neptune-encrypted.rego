# METADATA
# title: Neptune storage is encrypted
# custom:
#   id: neptune-encrypted
#   severity: high
#   category: encryption
#   types: [AWS::Neptune::DBCluster]
#   absent: fail
#   fix: Set StorageEncrypted to true; an existing cluster needs a restored copy
#   equivalents:
#     checkov: [CKV_AWS_44]
#     security_hub: [Neptune.1]
#     trivy: [AWS-0076]
package stagegate.checks.neptune_encrypted

import data.stagegate.databases
import data.stagegate.lib

path := ["StorageEncrypted"]

deny contains lib.finding(path, "The storage is not encrypted") if {
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

# A restored cluster takes this from its source.
sources := {"SnapshotIdentifier", "SourceDBClusterIdentifier"}

applies if not databases.given_any(sources)

undecided := databases.undecided(sources)
