# METADATA
# title: Sign-in at the load balancer cannot be skipped
# custom:
#   id: alb-oidc-deny-unauthenticated
#   severity: medium
#   category: architecture
#   types: [AWS::ElasticLoadBalancingV2::ListenerRule]
#   absent: pass
#   fix: Set OnUnauthenticatedRequest to deny (APIs) or authenticate (pages), and refer to the client secret
package stagegate.checks.alb_oidc_deny_unauthenticated

import data.stagegate.lib
import data.stagegate.secrets

deny contains lib.finding(path, "Requests without a session are let through") if {
	some config in configs
	path := array.concat(config, ["OnUnauthenticatedRequest"])
	lib.value(path) == "allow"
}

deny contains entry if {
	some config in configs
	some entry in secrets.literal_findings(array.concat(config, ["ClientSecret"]), "The client secret is written in the template")
}

unknown contains entry if {
	some config in configs
	entry := lib.unresolved(array.concat(config, ["OnUnauthenticatedRequest"]))
}

unknown contains entry if {
	some config in configs
	some entry in secrets.undecided(array.concat(config, ["ClientSecret"]))
}

unknown contains lib.unresolved(["Actions"])

configs := [array.concat(action, [kind]) |
	some action in lib.elements(["Actions"])
	some kind in ["AuthenticateOidcConfig", "AuthenticateCognitoConfig"]
]
