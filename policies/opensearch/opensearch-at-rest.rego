# METADATA
# title: OpenSearch encrypts what it stores
# custom:
#   id: opensearch-at-rest
#   severity: high
#   category: encryption
#   types: [AWS::OpenSearchService::Domain]
#   absent: fail
#   fix: Set EncryptionAtRestOptions.Enabled to true
#   equivalents:
#     security_hub: [OpenSearch.1]
#     guard_registry: [OPENSEARCH_ENCRYPTED_AT_REST]
package stagegate.checks.opensearch_at_rest

import data.stagegate.lib

path := ["EncryptionAtRestOptions", "Enabled"]

deny contains lib.finding(path, "Data is stored without encryption") if lib.off(path)

unknown contains lib.unresolved(path)
