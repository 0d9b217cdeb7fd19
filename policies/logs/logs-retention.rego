# METADATA
# title: Log groups forget after a while
# custom:
#   id: logs-retention
#   severity: low
#   category: cost
#   types: [AWS::Logs::LogGroup]
#   absent: fail
#   fix: Set RetentionInDays
#   equivalents:
#     checkov: [CKV_AWS_66]
#     guard_registry: [CW_LOGGROUP_RETENTION_PERIOD_CHECK]
package stagegate.checks.logs_retention

import data.stagegate.lib

path := ["RetentionInDays"]

deny contains lib.finding(path, "Logs are kept, and paid for, for ever") if lib.missing(path)

unknown contains lib.hidden(path)
