# METADATA
# title: Databases send their logs to CloudWatch
# custom:
#   id: rds-log-exports
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   absent: fail
#   fix: Name the engine's logs in EnableCloudwatchLogsExports, such as postgresql, or error and slowquery
#   equivalents:
#     security_hub: [RDS.9]
#     guard_registry: [RDS_INSTANCE_LOGGING_ENABLED]
package stagegate.checks.rds_log_exports

import data.stagegate.lib

path := ["EnableCloudwatchLogsExports"]

deny contains lib.finding(path, "Errors and slow queries stay on the database's own disk for a few days") if {
	not lib.value(["DBClusterIdentifier"])
	not lib.unresolved(path)
	count(lib.elements(path)) == 0
}
