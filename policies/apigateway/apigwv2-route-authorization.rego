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
	lib.broken(path, {"JWT", "AWS_IAM", "CUSTOM"})
}

unknown contains lib.unresolved(path)

# A browser's preflight request carries no credentials.
preflight if {
	is_string(lib.value(["RouteKey"]))
	startswith(lib.value(["RouteKey"]), "OPTIONS ")
}
