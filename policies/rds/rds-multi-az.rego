# METADATA
# title: Databases have a standby in another zone
# custom:
#   id: rds-multi-az
#   severity: medium
#   category: resilience
#   pack: resilience
#   types: [AWS::RDS::DBInstance]
#   absent: fail
#   fix: Set MultiAZ to true where an outage matters
#   equivalents:
#     checkov: [CKV_AWS_157]
#     security_hub: [RDS.5]
#     guard_registry: [RDS_MULTI_AZ_SUPPORT]
#     cis_aws_5_0: ['2.2.4']
package stagegate.checks.rds_multi_az

import data.stagegate.lib

path := ["MultiAZ"]

deny contains lib.finding(path, "The failure of one zone stops the database") if {
	applies
	lib.off(path)
}

unknown contains lib.unresolved(path) if applies

# A cluster's members stand in for each other. An environment that is known not to be protected can wait.
applies if {
	not lib.value(["DBClusterIdentifier"])
	not in_unprotected_environment
}

in_unprotected_environment if {
	is_string(input.environment.name)
	not input.environment.protected
}
