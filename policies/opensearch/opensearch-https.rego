# METADATA
# title: OpenSearch answers over HTTPS with TLS 1.2
# custom:
#   id: opensearch-https
#   severity: high
#   category: transport
#   types: [AWS::OpenSearchService::Domain]
#   absent: fail
#   fix: Set EnforceHTTPS to true and TLSSecurityPolicy to Policy-Min-TLS-1-2-2019-07 or newer
#   equivalents:
#     security_hub: [OpenSearch.8]
#     guard_registry: [OPENSEARCH_HTTPS_REQUIRED]
package stagegate.checks.opensearch_https

import data.stagegate.lib

enforced := ["DomainEndpointOptions", "EnforceHTTPS"]

policy := ["DomainEndpointOptions", "TLSSecurityPolicy"]

deny contains lib.finding(enforced, "Plain HTTP is answered") if lib.off(enforced)

deny contains lib.finding(policy, "TLS below 1.2 is accepted") if {
	is_string(lib.value(policy))
	not regex.match(`-TLS-1-[23]-`, lib.value(policy))
}

deny contains lib.finding(policy, "TLS 1.0 is accepted, which is the default") if lib.missing(policy)

unknown contains lib.unresolved(enforced)

unknown contains lib.unresolved(policy)
