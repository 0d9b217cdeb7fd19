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

import data.stagegate.lib

path := ["TransitEncryptionEnabled"]

deny contains lib.finding(path, "Data travels without encryption") if lib.off(path)

unknown contains lib.unresolved(path)
