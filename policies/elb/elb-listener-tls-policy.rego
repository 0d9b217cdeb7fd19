# METADATA
# title: Listeners refuse TLS below 1.2
# custom:
#   id: elb-listener-tls-policy
#   severity: high
#   category: transport
#   types: [AWS::ElasticLoadBalancingV2::Listener]
#   absent: fail
#   fix: Set SslPolicy to ELBSecurityPolicy-TLS13-1-2-2021-06 or newer
#   equivalents:
#     checkov: [CKV_AWS_103]
#     guard_registry: [ELBV2_LISTENER_SSL_POLICY_RULE]
#     trivy: [AWS-0047]
package stagegate.checks.elb_listener_tls_policy

import data.stagegate.lib

path := ["SslPolicy"]

deny contains lib.finding(path, "The policy lets TLS 1.0 or 1.1 in; so does the default") if {
	lib.value(["Protocol"]) in {"HTTPS", "TLS"}
	not lib.unresolved(path)
	not modern
}

unknown contains lib.unresolved(path) if lib.value(["Protocol"]) in {"HTTPS", "TLS"}

unknown contains lib.unresolved(["Protocol"])

# …TLS13-1-2…, …TLS13-1-3…, …TLS-1-2…, …FS-1-2…, with or without FIPS.
modern if {
	is_string(lib.value(path))
	regex.match(`^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)-`, lib.value(path))
}
