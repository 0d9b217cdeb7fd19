# METADATA
# title: App clients keep tokens out of addresses
# custom:
#   id: cognito-client-no-implicit
#   severity: medium
#   category: authentication
#   pack: access
#   types: [AWS::Cognito::UserPoolClient]
#   absent: pass
#   fix: Use the code flow in AllowedOAuthFlows, and HTTPS in CallbackURLs
package stagegate.checks.cognito_client_no_implicit

import data.stagegate.lib

flows := ["AllowedOAuthFlows"]

callbacks := ["CallbackURLs"]

deny contains lib.finding(path, "The implicit flow hands out tokens in the address bar") if {
	some path in lib.elements(flows)
	lib.value(path) == "implicit"
}

deny contains lib.finding(path, "Tokens are sent over plain HTTP") if {
	some path in lib.elements(callbacks)
	is_string(lib.value(path))
	regex.match(`^http://`, lib.value(path))
	not regex.match(`^http://(localhost|127[.]0[.]0[.]1|\[::1\])([:/]|$)`, lib.value(path))
}

unknown contains entry if {
	some list in [flows, callbacks]
	some path in array.concat([list], lib.elements(list))
	entry := lib.unresolved(path)
	not is_https(path)
}

is_https(path) if startswith(lib.text(path), "https://")
