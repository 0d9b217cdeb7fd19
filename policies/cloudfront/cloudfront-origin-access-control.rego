# METADATA
# title: S3 origins are reached through CloudFront alone
# custom:
#   id: cloudfront-origin-access-control
#   severity: medium
#   category: public-access
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: "Create an AWS::CloudFront::OriginAccessControl and set OriginAccessControlId"
#   equivalents:
#     security_hub: [CloudFront.13]
#     guard_registry: [CLOUDFRONT_ORIGIN_ACCESS_IDENTITY_ENABLED]
package stagegate.checks.cloudfront_origin_access_control

import data.stagegate.lib

deny contains lib.finding(path, "The bucket must be public for this origin to work") if {
	some origin in lib.elements(["DistributionConfig", "Origins"])
	not lib.absent(array.concat(origin, ["S3OriginConfig"]))
	path := array.concat(origin, ["OriginAccessControlId"])
	not given(path)
	not given(array.concat(origin, ["S3OriginConfig", "OriginAccessIdentity"]))
}

# An id that is not known yet is still an id.
given(path) if {
	some value in [lib.value(path)]
	value != ""
}

unknown contains entry if {
	origins := ["DistributionConfig", "Origins"]
	some path in array.concat([origins], lib.elements(origins))
	entry := lib.unresolved(path)
}
