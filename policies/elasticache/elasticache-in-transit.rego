# METADATA
# title: ElastiCache encrypts connections
# custom:
#   id: elasticache-in-transit
#   severity: high
#   category: transport
#   types: [AWS::ElastiCache::ReplicationGroup]
#   absent: fail
#   fix: Set TransitEncryptionEnabled to true
#   equivalents:
#     checkov: [CKV_AWS_30]
#     security_hub: [ElastiCache.5]
#     guard_registry: [ELASTICACHE_REPLICATION_GROUP_ENCRYPTION_IN_TRANSIT]
#     trivy: [AWS-0051]
package stagegate.checks.elasticache_in_transit

import data.stagegate.databases
import data.stagegate.lib

path := ["TransitEncryptionEnabled"]

mode := ["TransitEncryptionMode"]

# A group that joins a global one takes it from there.
global := "GlobalReplicationGroupId"

deny contains lib.finding(path, "Data travels without encryption") if {
	lib.off(path)
	not databases.given(global)
	not databases.may_be_missing(global)
}

deny contains lib.finding(mode, "Connections without encryption are accepted as well") if {
	not lib.off(path)
	lib.value(mode) == "preferred"
}

unknown contains lib.unresolved(path)

unknown contains lib.unresolved(mode) if not lib.off(path)

unknown contains entry if {
	lib.off(path)
	some entry in databases.undecided([global])
}
