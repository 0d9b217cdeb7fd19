# METADATA
# title: Caches ask who calls
# custom:
#   id: elasticache-auth
#   severity: medium
#   category: authentication
#   pack: access
#   types: [AWS::ElastiCache::ReplicationGroup]
#   absent: fail
#   fix: Set UserGroupIds, or AuthToken by a dynamic reference; both need TransitEncryptionEnabled
#   equivalents:
#     checkov: [CKV_AWS_31]
#     security_hub: [ElastiCache.6]
package stagegate.checks.elasticache_auth

import data.stagegate.lib

deny contains lib.finding(["AuthToken"], "Everybody who reaches the cache may read and change it") if {
	lib.missing(["AuthToken"])
	not lib.unresolved(["UserGroupIds"])
	count(lib.elements(["UserGroupIds"])) == 0
}
