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

import data.stagegate.lib

access := ["ResourcesVpcConfig", "EndpointPublicAccess"]

networks := ["ResourcesVpcConfig", "PublicAccessCidrs"]

deny contains lib.finding(networks, "The endpoint is reachable from the whole internet, which is the default") if {
	may_be_public
	not lib.unresolved(networks)
	open_to_all
}

unknown contains lib.unresolved(access) if open_to_all

unknown contains lib.unresolved(networks) if may_be_public

unknown contains entry if {
	may_be_public
	some network in lib.elements(networks)
	entry := lib.unresolved(network)
}

may_be_public if {
	not lib.unresolved(access)
	not lib.value(access) in {false, "false"}
}

open_to_all if {
	some network in lib.list(object.get(input.resource.properties, networks, ["0.0.0.0/0"]))
	network in {"0.0.0.0/0", "::/0"}
}
