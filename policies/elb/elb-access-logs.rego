# METADATA
# title: Load balancers log their requests
# custom:
#   id: elb-access-logs
#   severity: medium
#   category: logging
#   pack: logging
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   absent: fail
#   fix: Set the attributes access_logs.s3.enabled and access_logs.s3.bucket
#   equivalents:
#     checkov: [CKV_AWS_91]
#     security_hub: [ELB.5]
#     guard_registry: [ELBV2_ACCESS_LOGGING_RULE]
package stagegate.checks.elb_access_logs

import data.stagegate.attributes
import data.stagegate.lib

path := ["LoadBalancerAttributes"]

deny contains lib.finding(path, "Nobody can tell who called, and what was answered") if {
	not attributes.has(path, "Key", "access_logs.s3.enabled", {true, "true", "True"})
	count(attributes.undecided(path, "Key", "access_logs.s3.enabled")) == 0
}

unknown contains entry if {
	not attributes.has(path, "Key", "access_logs.s3.enabled", {true, "true", "True"})
	some entry in attributes.undecided(path, "Key", "access_logs.s3.enabled")
}
