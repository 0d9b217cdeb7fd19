# METADATA
# title: Distributions over buckets have a start page
# custom:
#   id: cloudfront-default-root
#   severity: low
#   category: architecture
#   pack: hardening
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: Set DistributionConfig.DefaultRootObject, such as index.html
#   equivalents:
#     security_hub: [CloudFront.1]
#     guard_registry: [CLOUDFRONT_DEFAULT_ROOT_OBJECT_CONFIGURED]
package stagegate.checks.cloudfront_default_root

import data.stagegate.lib

path := ["DistributionConfig", "DefaultRootObject"]

deny contains lib.finding(path, "A request for / lists the bucket, or fails") if {
	over_bucket
	lib.missing(path)
}

unknown contains lib.hidden(path) if over_bucket

over_bucket if {
	some origin in lib.elements(["DistributionConfig", "Origins"])
	not lib.absent(array.concat(origin, ["S3OriginConfig"]))
}

over_bucket if lib.unresolved(["DistributionConfig"])
