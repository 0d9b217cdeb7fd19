# METADATA
# title: Functions behind an API have enough memory
# custom:
#   id: lambda-memory-api
#   severity: low
#   category: architecture
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set MemorySize to 256 or more
package stagegate.checks.lambda_memory_api

import data.stagegate.lib

path := ["MemorySize"]

deny contains lib.finding(path, "Less than 256 MB makes the API slow to answer; the default is 128") if {
	serves_api
	not lib.unresolved(path)
	not enough
}

unknown contains lib.unresolved(path) if serves_api

enough if lib.number(path) >= 256

# Functions that API Gateway or a load balancer may call: the call waits for the answer.
serves_api if {
	some permission in lib.members(input.referrers["AWS::Lambda::Permission"])
	permission.properties.Principal in {"apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com"}
	names_subject(permission.properties.FunctionName)
}

names_subject(x) if x.Ref == input.resource.logical_id

names_subject(x) if x["Fn::GetAtt"][0] == input.resource.logical_id

names_subject(x) if {
	is_string(x)
	x == input.resource.properties.FunctionName
}
