# METADATA
# title: CloudFront reaches its origins over TLS 1.2
# custom:
#   id: cloudfront-origin-https
#   severity: medium
#   category: transport
#   pack: encryption
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: Set OriginProtocolPolicy to https-only and OriginSSLProtocols to TLSv1.2
#   equivalents:
#     checkov: [CKV2_AWS_72]
#     security_hub: [CloudFront.9, CloudFront.10]
package stagegate.checks.cloudfront_origin_https

import data.stagegate.lib

origins := ["DistributionConfig", "Origins"]

deny contains lib.finding(path, "Requests may travel to the origin in plain text") if {
	some origin in custom
	path := array.concat(origin, ["OriginProtocolPolicy"])
	lib.broken(path, {"https-only"})
}

deny contains lib.finding(path, sprintf("%s is accepted from the origin", [lib.value(path)])) if {
	some origin in custom
	some path in lib.elements(array.concat(origin, ["OriginSSLProtocols"]))
	lib.holds(path, {"SSLv3", "TLSv1", "TLSv1.1"})
}

unknown contains entry if {
	some origin in array.concat([origins], custom)
	entry := lib.unresolved(array.concat(origin, ["OriginProtocolPolicy"]))
}

custom := [path |
	some origin in lib.elements(origins)
	path := array.concat(origin, ["CustomOriginConfig"])
	not lib.absent(path)
]
