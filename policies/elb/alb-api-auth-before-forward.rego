# METADATA
# title: API paths ask who calls before they forward
# custom:
#   id: alb-api-auth-before-forward
#   severity: high
#   category: architecture
#   types: [AWS::ElasticLoadBalancingV2::ListenerRule]
#   absent: fail
#   fix: Put an authenticate-oidc, authenticate-cognito or jwt-validation action with a lower Order before the forward action
package stagegate.checks.alb_api_auth_before_forward

import data.stagegate.lib

# Paths below /api are taken for the API; a project with other paths replaces this policy.
deny contains lib.violation(array.concat(forward.path, ["Type"]), "Requests to the API are forwarded without asking who calls") if {
	serves_api
	some forward in actions
	forward.type == "forward"
	not authenticated_before(forward)
	count(undecided) == 0
}

unknown contains entry if {
	serves_api
	some entry in undecided
}

serves_api if {
	some condition in lib.elements(["Conditions"])
	lib.value(array.concat(condition, ["Field"])) == "path-pattern"
	some list in [["Values"], ["PathPatternConfig", "Values"]]
	some path in lib.elements(array.concat(condition, list))
	is_api(lib.value(path))
}

is_api(pattern) if {
	is_string(pattern)
	regex.match(`^/api($|[/*])`, pattern)

	# Who asks for these has no session yet, or is a load balancer.
	not regex.match(`/(health|healthz|login)$`, pattern)
}

# A path that is not known may be one below /api.
may_serve_api if {
	not serves_api
	some forward in actions
	forward.type == "forward"
	not authenticated_before(forward)
}

unknown contains entry if {
	may_serve_api
	some condition in array.concat([["Conditions"]], lib.elements(["Conditions"]))
	some list in [["Values"], ["PathPatternConfig", "Values"]]
	some path in array.concat([array.concat(condition, list)], lib.elements(array.concat(condition, list)))
	not lib.value(array.concat(condition, ["Field"])) in other_fields
	entry := lib.unresolved(path)
}

other_fields := {"host-header", "http-header", "http-request-method", "query-string", "source-ip"}

actions := [{"path": path, "type": lib.value(array.concat(path, ["Type"])), "order": order(path)} |
	some path in lib.elements(["Actions"])
]

# Without an order, the order of the list counts.
order(path) := lib.number(array.concat(path, ["Order"]))

order(path) := path[1] if not lib.number(array.concat(path, ["Order"]))

authenticated_before(forward) if {
	some action in actions
	action.type in {"authenticate-oidc", "authenticate-cognito", "jwt-validation"}
	action.order < forward.order
}

undecided := [entry |
	some path in array.concat([["Actions"]], lib.elements(["Actions"]))
	some key in ["Type", "Order"]
	entry := lib.unresolved(array.concat(path, [key]))
]
