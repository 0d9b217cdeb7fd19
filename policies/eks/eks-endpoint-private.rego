# METADATA
# title: EKS endpoints are not open to the internet
# custom:
#   id: eks-endpoint-private
#   severity: high
#   category: public-access
#   types: [AWS::EKS::Cluster]
#   absent: fail
#   fix: Set EndpointPublicAccess to false, or name the networks in PublicAccessCidrs
#   equivalents:
#     security_hub: [EKS.1]
#     guard_registry: [EKS_ENDPOINT_NO_PUBLIC_ACCESS]
#     trivy: [AWS-0040, AWS-0041]
package stagegate.checks.eks_endpoint_private

import data.stagegate.ingress
import data.stagegate.lib

access := ["ResourcesVpcConfig", "EndpointPublicAccess"]

networks := ["ResourcesVpcConfig", "PublicAccessCidrs"]

deny contains lib.finding(networks, "The endpoint is reachable from the whole internet, which is the default") if {
	not is_private
	open_to_all
	not lib.unresolved(access)
}

unknown contains lib.unresolved(access) if open_to_all

unknown contains entry if {
	not is_private
	not open_to_all
	some entry in undecided
}

is_private if lib.value(access) in {false, "false", "False"}

open_to_all if lib.missing(networks)

open_to_all if {
	some network in lib.elements(networks)
	ingress.is_everywhere(lib.text(network))
}

open_to_all if ingress.is_everywhere(lib.value(networks))

undecided := array.concat(
	[entry | entry := lib.unresolved(networks)],
	[entry |
		some network in lib.elements(networks)
		entry := ingress.may_be_everywhere(network)
	],
)
