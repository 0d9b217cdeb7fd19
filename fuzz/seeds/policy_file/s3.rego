# METADATA
# title: S3 buckets log who reads them
# custom:
#   id: s3-access-logging
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::S3::Bucket]
#   absent: fail
#   fix: Set LoggingConfiguration.DestinationBucketName to a bucket for logs
#   equivalents:
#     checkov: [CKV_AWS_18]
#     security_hub: [S3.9]
#     guard_registry: [S3_BUCKET_LOGGING_ENABLED]
#     trivy: [AWS-0089]
package stagegate.checks.s3_access_logging

import data.stagegate.lib

path := ["LoggingConfiguration", "DestinationBucketName"]

deny contains lib.finding(path, "Nobody can tell who read or changed an object") if {
	not is_log_target
	not logs_to_itself
	lib.missing(path)
}

unknown contains lib.hidden(path) if {
	not is_log_target
	not logs_to_itself
}

# Without a destination a bucket logs into itself.
logs_to_itself if {
	prefix := ["LoggingConfiguration", "LogFilePrefix"]
	not lib.absent(prefix)
	not lib.optional(prefix)
}

# A bucket that another one logs to, or that is open to the log delivery, would log about its own logs.
is_log_target if lib.value(["AccessControl"]) == "LogDeliveryWrite"

is_log_target if {
	some bucket in lib.members(input.referrers["AWS::S3::Bucket"])
	names(bucket.properties.LoggingConfiguration.DestinationBucketName)
}

names(target) if target.Ref == input.resource.logical_id

names(target) if {
	is_string(target)
	target == input.resource.properties.BucketName
}
