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
	not lib.unresolved(path)
	object.get(input.resource.properties, path, "NONE") == "NONE"
}

unknown contains lib.unresolved(path) if applies

unknown contains lib.unresolved(["ApiKeyRequired"])

# A browser's preflight request carries no credentials.
applies if {
	not lib.value(["HttpMethod"]) == "OPTIONS"
	not lib.on(["ApiKeyRequired"])
	not lib.unresolved(["ApiKeyRequired"])
}
