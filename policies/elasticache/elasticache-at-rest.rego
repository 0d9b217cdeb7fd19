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

import data.stagegate.lib

path := ["AtRestEncryptionEnabled"]

deny contains lib.finding(path, "Data is stored without encryption") if lib.off(path)

unknown contains lib.unresolved(path)
