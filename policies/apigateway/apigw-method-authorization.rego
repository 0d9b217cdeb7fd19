# METADATA
# title: REST API methods ask who calls
# custom:
#   id: apigw-method-authorization
#   severity: high
#   category: authentication
#   types: [AWS::ApiGateway::Method]
#   absent: fail
#   fix: Set AuthorizationType, or ApiKeyRequired for machines
#   equivalents:
#     checkov: [CKV_AWS_59]
#     guard_registry: [API_GW_METHOD_AUTHORIZATION_TYPE_RULE]
package stagegate.checks.apigw_method_authorization

import data.stagegate.lib

path := ["AuthorizationType"]

deny contains lib.finding(path, "Anybody can call the method") if {
	applies
	count(undecided) == 0
}

unknown contains entry if {
	applies
	some entry in undecided
}

# A browser's preflight request carries no credentials.
applies if {
	not asks
	not lib.value(["HttpMethod"]) == "OPTIONS"
	not lib.on(["ApiKeyRequired"])
}

asks if {
	not lib.unresolved(path)
	object.get(input.resource.properties, path, "NONE") != "NONE"
}

undecided := [entry |
	some place in [path, ["ApiKeyRequired"], ["HttpMethod"]]
	entry := lib.unresolved(place)
]
