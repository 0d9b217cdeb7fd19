# METADATA
# title: Redshift clusters log who did what
# custom:
#   id: redshift-logging
#   severity: medium
#   category: logging
#   pack: logging
#   types: [AWS::Redshift::Cluster]
#   absent: fail
#   fix: Set LoggingProperties
#   equivalents:
#     checkov: [CKV_AWS_71]
#     security_hub: [Redshift.4]
#     guard_registry: [REDSHIFT_CLUSTER_CONFIGURATION_CHECK]
package stagegate.checks.redshift_logging

import data.stagegate.lib

path := ["LoggingProperties"]

deny contains lib.finding(path, "Nobody can tell who connected and what was asked") if lib.missing(path)
