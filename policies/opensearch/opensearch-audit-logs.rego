# METADATA
# title: OpenSearch domains log who did what
# custom:
#   id: opensearch-audit-logs
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::OpenSearchService::Domain]
#   absent: fail
#   fix: Set LogPublishingOptions.AUDIT_LOGS with Enabled true and a log group
#   equivalents:
#     checkov: [CKV_AWS_317, CKV_AWS_84]
#     security_hub: [OpenSearch.4, OpenSearch.5]
#     guard_registry: [OPENSEARCH_AUDIT_LOGGING_ENABLED]
package stagegate.checks.opensearch_audit_logs

import data.stagegate.lib

path := ["LogPublishingOptions", "AUDIT_LOGS", "Enabled"]

deny contains lib.finding(path, "Nobody can tell who read or changed an index") if lib.off(path)

unknown contains lib.unresolved(path)
