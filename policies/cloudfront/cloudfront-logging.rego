# METADATA
# title: Distributions log their requests
# custom:
#   id: cloudfront-logging
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: Set DistributionConfig.Logging.Bucket, or add an AWS::Logs::DeliverySource for the distribution
#   equivalents:
#     checkov: [CKV_AWS_86]
#     security_hub: [CloudFront.5]
#     guard_registry: [CLOUDFRONT_ACCESSLOGS_ENABLED]
#     trivy: [AWS-0010]
package stagegate.checks.cloudfront_logging

import data.stagegate.lib

path := ["DistributionConfig", "Logging", "Bucket"]

deny contains lib.finding(path, "Nobody can tell who called") if {
	not delivers
	lib.missing(path)
}

unknown contains lib.hidden(path) if not delivers

# The newer kind of logging stands beside the distribution.
delivers if {
	some source in lib.members(input.referrers["AWS::Logs::DeliverySource"])
	is_string(input.resource.logical_id)
	contains(json.marshal(source.properties.ResourceArn), input.resource.logical_id)
}
