# METADATA
# title: Application load balancers drop invalid headers
# custom:
#   id: alb-drop-invalid-headers
#   severity: medium
#   category: transport
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   absent: fail
#   fix: Set the attribute routing.http.drop_invalid_header_fields.enabled to true
#   equivalents:
#     checkov: [CKV_AWS_131]
#     security_hub: [ELB.4]
#     guard_registry: [ALB_HTTP_DROP_INVALID_HEADER_ENABLED]
#     trivy: [AWS-0052]
package stagegate.checks.alb_drop_invalid_headers

import data.stagegate.attributes
import data.stagegate.lib

path := ["LoadBalancerAttributes"]

name := "routing.http.drop_invalid_header_fields.enabled"

deny contains lib.finding(path, "Headers that HTTP does not allow are passed on") if {
	is_application
	not drops
	count(undecided) == 0
}

unknown contains entry if {
	is_application
	not drops
	some entry in undecided
}

unknown contains lib.unresolved(["Type"]) if not drops

is_application if lib.absent(["Type"])

is_application if lib.value(["Type"]) == "application"

drops if attributes.has(path, "Key", name, {true, "true", "True"})

undecided := attributes.undecided(path, "Key", name)
