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

deny contains lib.finding(path, "Anybody can call the route") if {
	not preflight
	not within_connection
	lib.broken(path, {"JWT", "AWS_IAM", "CUSTOM"})
}

unknown contains lib.unresolved(path)

# A WebSocket's caller is asked once, at `$connect`: its other routes take no authorisation.
within_connection if {
	is_string(lib.value(["RouteKey"]))
	regex.match(`^([^$ ][^ ]*|[$]disconnect)$`, lib.value(["RouteKey"]))
}

# A browser's preflight request carries no credentials.
preflight if {
	is_string(lib.value(["RouteKey"]))
	startswith(lib.value(["RouteKey"]), "OPTIONS ")
}
