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
	count(undecided_methods) == 0
}

unknown contains entry if {
	serves_api
	some entry in undecided
}

unknown contains entry if {
	serves_api
	forwards_unasked
	some entry in undecided_methods
}

serves_api if {
	not is_preflight
	some condition in lib.elements(["Conditions"])
	lib.value(array.concat(condition, ["Field"])) == "path-pattern"
	some list in [["Values"], ["PathPatternConfig", "Values"]]
	some path in lib.elements(array.concat(condition, list))
	is_api(lib.value(path))
}

serves_api if {
	not is_preflight
	some path in expressions
	matches_api(lib.value(path))
}

# `*/api/*` takes in /api as well.
is_api(pattern) if {
	is_string(pattern)
	regex.match(`^(/|/?[*]/?)api($|[/*])`, pattern)

	# Who asks for these has no session yet, or is a load balancer.
	not regex.match(`/(health|healthz|login)$`, pattern)
}

expressions := [path |
	some condition in lib.elements(["Conditions"])
	lib.value(array.concat(condition, ["Field"])) == "path-pattern"
	some path in lib.elements(array.concat(condition, ["PathPatternConfig", "RegexValues"]))
	is_string(lib.value(path))
]

# A regular expression that begins with /api, and its end.
matches_api(expression) if {
	regex.match(`^\^?/api($|[/$]|\(([?]:)?[/$]|[.][*+])`, plain(expression))
	not regex.match(`health|login`, expression)
}

# One whose beginning leaves it open.
may_match_api(expression) if {
	prefix := literal_prefix(expression)
	startswith("/api", prefix)
	not is_for_anybody(expression)
}

may_match_api(expression) if {
	startswith(literal_prefix(expression), "/api/")
	not is_for_anybody(expression)
}

# A choice of expressions, outside of parentheses.
may_match_api(expression) if contains(regex.replace(expression, `\([^()]*\)`, ""), "|")

is_for_anybody(expression) if regex.match(`^\^?/api/(health|healthz|login)[$]?$`, plain(expression))

# Up to the first character that means something else; a letter before `?`, `*` or `{` may be left out.
literal_prefix(expression) := regex.replace(trim_prefix(start(expression), "^"), `.?[?*{]$`, "")

start(expression) := regex.find_n(`^\^?[A-Za-z0-9/_-]*[?*{]?`, plain(expression), 1)[0]

# Slashes need no mark before them.
plain(expression) := replace(expression, `\/`, "/")

# A path that is not known may be one below /api.
may_serve_api if {
	not serves_api
	not is_preflight
	forwards_unasked
}

forwards_unasked if {
	some forward in actions
	forward.type == "forward"
	not authenticated_before(forward)
}

unknown contains entry if {
	may_serve_api
	some condition in array.concat([["Conditions"]], lib.elements(["Conditions"]))
	some list in [["Values"], ["PathPatternConfig", "Values"], ["PathPatternConfig", "RegexValues"]]
	some path in array.concat([array.concat(condition, list)], lib.elements(array.concat(condition, list)))
	not lib.value(array.concat(condition, ["Field"])) in other_fields
	entry := lib.unresolved(path)
}

unknown contains entry if {
	may_serve_api
	some path in expressions
	may_match_api(lib.value(path))
	entry := {"path": path, "reason": "the expression may match paths below /api"}
}

other_fields := {"host-header", "http-header", "http-request-method", "query-string", "source-ip"}

# A browser's preflight request carries no credentials.
is_preflight if {
	some condition in lib.elements(["Conditions"])
	lib.value(array.concat(condition, ["Field"])) == "http-request-method"
	methods := lib.members(lib.value(array.concat(condition, ["HttpRequestMethodConfig", "Values"])))
	count(methods) > 0
	every method in methods {
		method == "OPTIONS"
	}
}

undecided_methods := [entry |
	some condition in lib.elements(["Conditions"])
	lib.value(array.concat(condition, ["Field"])) == "http-request-method"
	methods := array.concat(condition, ["HttpRequestMethodConfig", "Values"])
	some path in array.concat([methods], lib.elements(methods))
	entry := lib.unresolved(path)
]

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
