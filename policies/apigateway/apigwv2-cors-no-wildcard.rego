# METADATA
# title: HTTP APIs send credentials to known websites only
# custom:
#   id: apigwv2-cors-no-wildcard
#   severity: medium
#   category: public-access
#   pack: exposure
#   types: [AWS::ApiGatewayV2::Api]
#   absent: pass
#   fix: Name the websites in AllowOrigins
package stagegate.checks.apigwv2_cors_no_wildcard

import data.stagegate.lib

origins := ["CorsConfiguration", "AllowOrigins"]

credentials := ["CorsConfiguration", "AllowCredentials"]

deny contains lib.finding(origins, "Scripts of any website may call the API as its user") if {
	lib.on(credentials)
	some origin in lib.elements(origins)
	lib.holds(origin, {"*", "https://*", "http://*"})
}

unknown contains lib.unresolved(credentials)

unknown contains entry if {
	lib.on(credentials)
	some origin in array.concat([origins], lib.elements(origins))
	entry := lib.unresolved(origin)
}
