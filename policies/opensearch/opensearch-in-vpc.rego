# METADATA
# title: OpenSearch is not open to the internet
# custom:
#   id: opensearch-in-vpc
#   severity: critical
#   category: public-access
#   types: [AWS::OpenSearchService::Domain]
#   absent: fail
#   fix: Set VPCOptions.SubnetIds, or name the callers in AccessPolicies
#   equivalents:
#     security_hub: [OpenSearch.2]
#     guard_registry: [OPENSEARCH_IN_VPC_ONLY]
package stagegate.checks.opensearch_in_vpc

import data.stagegate.lib
import data.stagegate.statements

path := ["AccessPolicies"]

subnets := ["VPCOptions", "SubnetIds"]

deny contains entry if {
	not inside_vpc
	count(undecided) == 0
	some entry in open
}

unknown contains entry if {
	not inside_vpc
	count(open) > 0
	some entry in undecided
}

unknown contains entry if {
	not inside_vpc
	some entry in statements.may_be_open(path, "caller")
}

open := statements.open_to_anyone(path, "caller", "The domain is outside of a VPC, and its policy lets anybody in")

inside_vpc if {
	some subnet in lib.elements(subnets)
	not lib.optional(subnet)
}

inside_vpc if is_string(lib.value(subnets))

# A list that is not known has something in it, unless a condition leaves it out.
inside_vpc if {
	lib.is_unknown(lib.value(subnets))
	not lib.optional(subnets)
	not [] in lib.members(lib.value(subnets)["Fn::If"])
}

undecided := [entry |
	some place in array.concat([subnets], lib.elements(subnets))
	entry := lib.unresolved(place)
]
