# METADATA
# title: REST APIs are private
# custom:
#   id: apigw-endpoint-type
#   severity: info
#   category: public-access
#   pack: exposure
#   types: [AWS::ApiGateway::RestApi]
#   absent: fail
#   fix: Set EndpointConfiguration.Types to PRIVATE, where the API is for inside use
#   equivalents:
#     guard_registry: [API_GW_ENDPOINT_TYPE_CHECK]
package stagegate.checks.apigw_endpoint_type

import data.stagegate.lib

path := ["EndpointConfiguration", "Types"]

deny contains lib.finding(path, "The API can be reached from the internet") if {
	not lib.absent(path)
	not lib.unresolved(path)
	not "PRIVATE" in lib.members(lib.value(path))
	count([entry | some element in lib.elements(path); entry := lib.unresolved(element)]) == 0
}

deny contains lib.finding(path, "The API can be reached from the internet, which is the default") if lib.missing(path)

unknown contains entry if {
	some element in array.concat([path], lib.elements(path))
	entry := lib.unresolved(element)
}
