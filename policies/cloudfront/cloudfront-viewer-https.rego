# METADATA
# title: CloudFront serves over HTTPS
# custom:
#   id: cloudfront-viewer-https
#   severity: high
#   category: transport
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: Set ViewerProtocolPolicy to redirect-to-https or https-only in every behaviour
#   equivalents:
#     checkov: [CKV_AWS_34]
#     security_hub: [CloudFront.3]
#     guard_registry: [CLOUDFRONT_VIEWER_POLICY_HTTPS]
#     trivy: [AWS-0012]
package stagegate.checks.cloudfront_viewer_https

import data.stagegate.lib

deny contains lib.finding(path, "Plain HTTP is answered") if {
	some behaviour in behaviours
	path := array.concat(behaviour, ["ViewerProtocolPolicy"])
	lib.broken(path, {"redirect-to-https", "https-only"})
}

unknown contains entry if {
	some behaviour in array.concat([["DistributionConfig", "CacheBehaviors"]], behaviours)
	entry := lib.unresolved(array.concat(behaviour, ["ViewerProtocolPolicy"]))
}

behaviours := array.concat(
	[["DistributionConfig", "DefaultCacheBehavior"]],
	[path | some path in lib.elements(["DistributionConfig", "CacheBehaviors"])],
)
