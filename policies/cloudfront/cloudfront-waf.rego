# METADATA
# title: Distributions have a firewall
# custom:
#   id: cloudfront-waf
#   severity: medium
#   category: network
#   pack: exposure
#   types: [AWS::CloudFront::Distribution]
#   absent: fail
#   fix: Set DistributionConfig.WebACLId to the ARN of a web ACL with scope CLOUDFRONT
#   equivalents:
#     checkov: [CKV_AWS_68]
#     security_hub: [CloudFront.6]
#     trivy: [AWS-0011]
package stagegate.checks.cloudfront_waf

import data.stagegate.lib

path := ["DistributionConfig", "WebACLId"]

deny contains lib.finding(path, "Attacks reach the origin") if lib.missing(path)

unknown contains lib.hidden(path)
