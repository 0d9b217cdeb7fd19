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
	count(undecided) == 0
}

unknown contains lib.unresolved(path)

unknown contains entry if {
	lib.value(path) == "HTTP"
	not redirects
	some entry in undecided
}

redirects if {
	some action in lib.members(lib.value(["DefaultActions"]))
	action.Type == "redirect"
	action.RedirectConfig.Protocol == "HTTPS"
}

# Where a forward goes does not matter: an action that may redirect does.
undecided := array.concat(
	[entry | some part in ["Type", "RedirectConfig"]; some action in places; entry := lib.unresolved(array.concat(action, [part]))],
	[entry | some action in places; entry := lib.unresolved(array.concat(action, ["RedirectConfig", "Protocol"])); not lib.unresolved(array.concat(action, ["RedirectConfig"]))],
)

places := array.concat([["DefaultActions"]], lib.elements(["DefaultActions"]))
