# METADATA
# title: Redshift storage is encrypted
# custom:
#   id: redshift-encrypted
#   severity: high
#   category: encryption
#   types: [AWS::Redshift::Cluster]
#   absent: default-secure
#   fix: Set Encrypted to true
#   equivalents:
#     checkov: [CKV_AWS_64]
#     security_hub: [Redshift.10]
#     guard_registry: [REDSHIFT_CLUSTER_CONFIGURATION_CHECK]
#     trivy: [AWS-0084]
package stagegate.checks.redshift_encrypted

import data.stagegate.lib

path := ["Encrypted"]

deny contains lib.finding(path, "The storage is not encrypted") if {
	lib.off(path)
	not lib.absent(path)
}

deny contains lib.finding(path, "That the storage is encrypted is left to the default") if lib.missing(path)

unknown contains lib.unresolved(path)
