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

deny contains entry if {
	outside_vpc
	not lib.unresolved(["VPCOptions", "SubnetIds"])
	some entry in statements.open_to_anyone(path, "caller", "The domain is outside of a VPC, and its policy lets anybody in")
}

unknown contains entry if {
	outside_vpc
	some entry in statements.may_be_open(path, "caller")
}

outside_vpc if count(lib.list(object.get(input.resource.properties, ["VPCOptions", "SubnetIds"], []))) == 0
