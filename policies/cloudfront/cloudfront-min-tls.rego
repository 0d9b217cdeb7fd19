# METADATA
# title: CloudFront refuses TLS below 1.2
# custom:
#   id: cloudfront-min-tls
#   severity: high
#   category: transport
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: Use a certificate of your own with MinimumProtocolVersion TLSv1.2_2021
#   equivalents:
#     checkov: [CKV_AWS_174]
#     security_hub: [CloudFront.7]
#     guard_registry: [CLOUDFRONT_MINIMUM_PROTOCOL_VERSION_RULE]
#     trivy: [AWS-0013]
package stagegate.checks.cloudfront_min_tls

import data.stagegate.lib

path := ["DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion"]

default_certificate := ["DistributionConfig", "ViewerCertificate", "CloudFrontDefaultCertificate"]

deny contains lib.finding(path, "TLS below 1.2 is accepted, as it always is with CloudFront's own certificate") if is_old

# The default certificate decides, whatever the version is.
is_old if lib.on(default_certificate)

is_old if {
	not lib.unresolved(path)
	not is_modern
}

unknown contains lib.unresolved(path) if not is_old

unknown contains lib.unresolved(default_certificate) if not is_old

# TLSv1.2_2018 and whatever is newer.
is_modern if {
	version := lib.value(path)
	is_string(version)
	regex.match(`^TLSv1[.][23]_`, version)
}
