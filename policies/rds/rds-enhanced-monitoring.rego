# METADATA
# title: Databases report on their operating system
# custom:
#   id: rds-enhanced-monitoring
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::RDS::DBInstance]
#   absent: fail
#   fix: Set MonitoringInterval to 60 or less, and MonitoringRoleArn
#   equivalents:
#     checkov: [CKV_AWS_118]
#     security_hub: [RDS.6]
#     guard_registry: [RDS_ENHANCED_MONITORING_ENABLED]
package stagegate.checks.rds_enhanced_monitoring

import data.stagegate.lib

path := ["MonitoringInterval"]

deny contains lib.finding(path, "The load of processor, memory and disk is not recorded") if {
	not lib.unresolved(path)
	not above_zero
}

unknown contains lib.unresolved(path)

above_zero if lib.number(path) > 0
