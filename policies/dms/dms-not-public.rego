# METADATA
# title: Replication instances are not reachable from the internet
# custom:
#   id: dms-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::DMS::ReplicationInstance]
#   absent: fail
#   fix: Set PubliclyAccessible to false; the default is true
#   equivalents:
#     checkov: [CKV_AWS_89]
#     security_hub: [DMS.1]
#     guard_registry: [DMS_REPLICATION_NOT_PUBLIC]
package stagegate.checks.dms_not_public

import data.stagegate.lib

path := ["PubliclyAccessible"]

deny contains lib.finding(path, "The replication instance has a public address") if lib.on(path)

# The default is a public address.
deny contains lib.violation(path, "The replication instance has a public address by default") if lib.missing(path)

unknown contains lib.unresolved(path)
