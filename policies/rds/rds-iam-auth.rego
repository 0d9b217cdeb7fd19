# METADATA
# title: Databases take IAM identities
# custom:
#   id: rds-iam-auth
#   severity: low
#   category: authentication
#   pack: access
#   types: [AWS::RDS::DBInstance, AWS::RDS::DBCluster]
#   absent: fail
#   fix: Set EnableIAMDatabaseAuthentication to true, and let applications ask for tokens
#   equivalents:
#     checkov: [CKV_AWS_161, CKV_AWS_162]
#     security_hub: [RDS.10, RDS.12]
package stagegate.checks.rds_iam_auth

import data.stagegate.lib

path := ["EnableIAMDatabaseAuthentication"]

# Elsewhere each type has a check of its own.
ids := {"AWS::RDS::DBInstance": ["CKV_AWS_161"], "AWS::RDS::DBCluster": ["CKV_AWS_162"]}

deny contains lib.known_as(lib.finding(path, "Applications need a password that somebody must keep"), "checkov", ids[input.resource.type]) if {
	applies
	lib.off(path)
}

unknown contains lib.unresolved(path) if applies

# Not for a member of a cluster, nor for engines that cannot.
applies if {
	not lib.value(["DBClusterIdentifier"])
	not cannot
}

cannot if {
	is_string(lib.value(["Engine"]))
	regex.match(`^(custom-)?(oracle|sqlserver|db2)`, lib.value(["Engine"]))
}
