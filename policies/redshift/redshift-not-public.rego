# METADATA
# title: Redshift clusters are not reachable from the internet
# custom:
#   id: redshift-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::Redshift::Cluster]
#   absent: pass
#   fix: Set PubliclyAccessible to false and connect through the VPC
#   equivalents:
#     checkov: [CKV_AWS_87]
#     security_hub: [Redshift.1]
#     guard_registry: [REDSHIFT_CLUSTER_PUBLIC_ACCESS_CHECK]
package stagegate.checks.redshift_not_public

import data.stagegate.lib

path := ["PubliclyAccessible"]

deny contains lib.finding(path, "The cluster has a public address") if lib.on(path)

unknown contains lib.unresolved(path)
