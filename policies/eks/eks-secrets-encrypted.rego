# METADATA
# title: Kubernetes secrets are encrypted with a key of your own
# custom:
#   id: eks-secrets-encrypted
#   severity: high
#   category: encryption
#   pack: encryption
#   types: [AWS::EKS::Cluster]
#   absent: default-secure
#   fix: Name secrets in EncryptionConfig, with a KMS key
#   equivalents:
#     checkov: [CKV_AWS_58]
#     security_hub: [EKS.3]
#     guard_registry: [EKS_CLUSTER_ENCRYPTION_RULE]
#     trivy: [AWS-0039]
package stagegate.checks.eks_secrets_encrypted

import data.stagegate.lib

path := ["EncryptionConfig"]

deny contains lib.finding(path, "Secrets are encrypted with a key of the service; before Kubernetes 1.28 not at all") if {
	not encrypted
	count(undecided) == 0
}

unknown contains entry if {
	not encrypted
	some entry in undecided
}

encrypted if {
	some config in lib.elements(path)
	"secrets" in lib.members(lib.value(array.concat(config, ["Resources"])))
}

undecided := [entry |
	some place in array.concat([path], lib.elements(path))
	entry := lib.unresolved(array.concat(place, ["Resources"]))
]
