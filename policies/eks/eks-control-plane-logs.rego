# METADATA
# title: Kubernetes clusters log who did what
# custom:
#   id: eks-control-plane-logs
#   severity: medium
#   category: logging
#   pack: logging
#   types: [AWS::EKS::Cluster]
#   absent: fail
#   fix: Name audit, and best api and authenticator, in Logging.ClusterLogging.EnabledTypes
#   equivalents:
#     security_hub: [EKS.8]
#     trivy: [AWS-0038]
package stagegate.checks.eks_control_plane_logs

import data.stagegate.lib

path := ["Logging", "ClusterLogging", "EnabledTypes"]

deny contains lib.finding(path, "Nobody can tell who changed the cluster") if {
	not audited
	count(undecided) == 0
}

unknown contains entry if {
	not audited
	some entry in undecided
}

audited if {
	some kind in lib.elements(path)
	lib.holds(array.concat(kind, ["Type"]), {"audit"})
}

undecided := [entry |
	some place in array.concat([path], lib.elements(path))
	entry := lib.unresolved(array.concat(place, ["Type"]))
]
