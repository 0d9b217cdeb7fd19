# METADATA
# title: Functions behind an API answer in time
# custom:
#   id: lambda-timeout-api
#   severity: medium
#   category: architecture
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set Timeout between 10 and 29 seconds
package stagegate.checks.lambda_timeout_api

import data.stagegate.lib

path := ["Timeout"]

deny contains lib.finding(path, "The timeout is not between 10 s and the 29 s that an API waits; the default is 3 s") if {
	serves_api
	not lib.unresolved(path)
	not fits
}

unknown contains lib.unresolved(path) if serves_api

fits if {
	lib.number(path) >= 10
	lib.number(path) <= 29
}

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
