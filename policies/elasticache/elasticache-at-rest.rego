# METADATA
# title: ElastiCache encrypts what it stores
# custom:
#   id: elasticache-at-rest
#   severity: high
#   category: encryption
#   types: [AWS::ElastiCache::ReplicationGroup]
#   absent: fail
#   fix: Set AtRestEncryptionEnabled to true when the group is created
#   equivalents:
#     checkov: [CKV_AWS_29]
#     security_hub: [ElastiCache.4]
#     guard_registry: [ELASTICACHE_REPLICATION_GROUP_ENCRYPTION_AT_REST]
#     trivy: [AWS-0045]
package stagegate.checks.elasticache_at_rest

import data.stagegate.databases
import data.stagegate.lib

path := ["AtRestEncryptionEnabled"]

# A group that joins a global one takes it from there.
global := "GlobalReplicationGroupId"

deny contains lib.finding(path, "Data is stored without encryption") if {
	lib.off(path)
	not databases.given(global)
	not databases.may_be_missing(global)
}

unknown contains lib.unresolved(path)

unknown contains entry if {
	lib.off(path)
	some entry in databases.undecided([global])
}
