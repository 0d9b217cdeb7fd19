# METADATA
# title: Caches are backed up
# custom:
#   id: elasticache-backup
#   severity: medium
#   category: resilience
#   pack: resilience
#   types: [AWS::ElastiCache::ReplicationGroup]
#   absent: fail
#   fix: Set SnapshotRetentionLimit to 1 or more days
#   equivalents:
#     security_hub: [ElastiCache.1]
#     trivy: [AWS-0050]
package stagegate.checks.elasticache_backup

import data.stagegate.lib

path := ["SnapshotRetentionLimit"]

deny contains lib.finding(path, "What is in the cache cannot be brought back") if {
	not lib.unresolved(path)
	not above_zero
}

unknown contains lib.unresolved(path)

above_zero if lib.number(path) > 0
