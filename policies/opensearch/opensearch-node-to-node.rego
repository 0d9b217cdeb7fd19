# METADATA
# title: OpenSearch nodes encrypt their traffic
# custom:
#   id: opensearch-node-to-node
#   severity: high
#   category: transport
#   types: [AWS::OpenSearchService::Domain]
#   absent: fail
#   fix: Set NodeToNodeEncryptionOptions.Enabled to true
#   equivalents:
#     security_hub: [OpenSearch.3]
#     guard_registry: [OPENSEARCH_NODE_TO_NODE_ENCRYPTION_CHECK]
package stagegate.checks.opensearch_node_to_node

import data.stagegate.lib

path := ["NodeToNodeEncryptionOptions", "Enabled"]

deny contains lib.finding(path, "Traffic between nodes is not encrypted") if lib.off(path)

unknown contains lib.unresolved(path)
