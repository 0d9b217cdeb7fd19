# METADATA
# title: OpenSearch domains know users and roles
# custom:
#   id: opensearch-fine-grained
#   severity: medium
#   category: authentication
#   pack: access
#   types: [AWS::OpenSearchService::Domain]
#   absent: fail
#   fix: Set AdvancedSecurityOptions.Enabled to true
#   equivalents:
#     security_hub: [OpenSearch.7]
#     guard_registry: [OPENSEARCH_ACCESS_CONTROL_ENABLED]
package stagegate.checks.opensearch_fine_grained

import data.stagegate.lib

path := ["AdvancedSecurityOptions", "Enabled"]

deny contains lib.finding(path, "Whoever reaches the domain may read every index") if lib.off(path)

unknown contains lib.unresolved(path)
