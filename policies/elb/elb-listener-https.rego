# METADATA
# title: Listeners use HTTPS
# custom:
#   id: elb-listener-https
#   severity: high
#   category: transport
#   types: [AWS::ElasticLoadBalancingV2::Listener]
#   absent: fail
#   fix: Set Protocol to HTTPS with a certificate, or redirect every request to HTTPS
#   equivalents:
#     checkov: [CKV_AWS_2]
#     security_hub: [ELB.1]
#     guard_registry: [ELBV2_LISTENER_PROTOCOL_RULE]
#     trivy: [AWS-0054]
package stagegate.checks.elb_listener_https

import data.stagegate.lib

path := ["Protocol"]

deny contains lib.finding(path, "Requests are answered over plain HTTP") if {
	lib.value(path) == "HTTP"
	not redirects
	not lib.contains_unknown(actions)
}

unknown contains lib.unresolved(path)

unknown contains entry if {
	lib.value(path) == "HTTP"
	not redirects
	lib.contains_unknown(actions)
	entry := {"pointer": "/DefaultActions", "reason": "the value is not known before apply"}
}

actions := object.get(input.resource.properties, "DefaultActions", [])

redirects if {
	some action in lib.members(actions)
	action.Type == "redirect"
	action.RedirectConfig.Protocol == "HTTPS"
}
