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
	some origin in unguarded
	count(undecided(origin)) == 0
	path := array.concat(origin, ["OriginAccessControlId"])
}

# Origins that are buckets, with nothing that is known to guard them.
unguarded := [origin |
	some origin in lib.elements(["DistributionConfig", "Origins"])
	not lib.absent(array.concat(origin, ["S3OriginConfig"]))
	not is_guarded(origin)
]

is_guarded(origin) if {
	some guard in guards(origin)
	given(guard)
}

guards(origin) := [
	array.concat(origin, ["OriginAccessControlId"]),
	array.concat(origin, ["S3OriginConfig", "OriginAccessIdentity"]),
]

# An id that is not known yet is still an id, unless a condition leaves it out.
given(path) if {
	some value in [lib.value(path)]
	value != ""
	not lib.optional(path)
	not "" in lib.members(value["Fn::If"])
}

undecided(origin) := [entry |
	some guard in guards(origin)
	entry := lib.unresolved(guard)
]

unknown contains entry if {
	origins := ["DistributionConfig", "Origins"]
	some path in array.concat([origins], lib.elements(origins))
	entry := lib.unresolved(path)
}

unknown contains entry if {
	some origin in unguarded
	some entry in undecided(origin)
}
