# METADATA
# title: Data outlives a plan
# custom:
#   id: stateful-needs-retention
#   severity: medium
#   category: resilience
#   pack: resilience
#   types:
#     - AWS::S3::Bucket
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#     - AWS::DynamoDB::Table
#     - AWS::EFS::FileSystem
#     - AWS::Cognito::UserPool
#     - AWS::KMS::Key
#   absent: pass
#   fix: Protect or back up the resource before it is deleted or replaced, or keep it and move the data first
package stagegate.checks.stateful_needs_retention

import data.stagegate.lib

deny contains lib.violation([], sprintf("The plan would %s the resource, and its data with it", [input.resource.planned])) if {
	is_string(input.resource.planned)
	not keeps_data
}

# What lets the data be brought back, or stops the plan at AWS.
keeps_data if lib.on(["DeletionProtection"])

keeps_data if lib.on(["DeletionProtectionEnabled"])

keeps_data if lib.holds(["DeletionProtection"], {"ACTIVE"})

# A deleted table can be restored for 35 days.
keeps_data if lib.on(["PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"])

keeps_data if lib.holds(["BackupPolicy", "Status"], {"ENABLED"})

keeps_data if lib.on(["ObjectLockEnabled"])

# Without a window of its own a key waits for 30 days.
keeps_data if {
	input.resource.type == "AWS::KMS::Key"
	lib.missing(["PendingWindowInDays"])
}

keeps_data if lib.number(["PendingWindowInDays"]) >= 14
