# METADATA
# title: HTTP API routes ask who calls
# custom:
#   id: apigwv2-route-authorization
#   severity: high
#   category: authentication
#   types: [AWS::ApiGatewayV2::Route]
#   absent: fail
#   fix: Set AuthorizationType to JWT, AWS_IAM or CUSTOM
#   equivalents:
#     security_hub: [APIGateway.8]
package stagegate.checks.apigwv2_route_authorization

import data.stagegate.lib

path := ["AuthorizationType"]

key := ["RouteKey"]

deny contains lib.finding(path, "Anybody can call the route") if {
	applies
	lib.broken(path, {"JWT", "AWS_IAM", "CUSTOM"})
	not may_be_exempt
}

unknown contains lib.unresolved(path) if applies

unknown contains entry if {
	applies
	lib.broken(path, {"JWT", "AWS_IAM", "CUSTOM"})
	not has_method
	entry := lib.unresolved(key)
}

unknown contains entry if {
	applies
	lib.broken(path, {"JWT", "AWS_IAM", "CUSTOM"})
	may_be_of_websocket
	entry := {"path": ["ApiId"], "reason": "the API's protocol is not known before apply"}
}

applies if {
	not preflight
	not within_connection
}

# A WebSocket's caller is asked once, at `$connect`: its other routes take no authorisation.
within_connection if {
	is_string(lib.value(key))
	regex.match(`^([^$ ][^ ]*|[$]disconnect)$`, lib.value(key))
}

within_connection if {
	api.properties.ProtocolType == "WEBSOCKET"
	is_string(lib.value(key))
	lib.value(key) != "$connect"
}

# A browser's preflight request carries no credentials.
preflight if startswith(lib.text(key), "OPTIONS ")

# The beginning shows a method.
has_method if regex.match(`^[A-Z]+ `, lib.text(key))

may_be_exempt if {
	lib.unresolved(key)
	not has_method
}

may_be_exempt if may_be_of_websocket

may_be_of_websocket if {
	lib.is_unknown(api.properties.ProtocolType)
	lib.value(key) == "$default"
}

api := [found |
	some found in lib.members(input.siblings["AWS::ApiGatewayV2::Api"])
	is_own(found)
][0]

is_own(found) if lib.referent(lib.value(["ApiId"]), "ApiId") == {"Ref": found.logical_id}

is_own(found) if lib.value(["ApiId"]) == found.identifier
