# Which Lambda functions an API calls: API Gateway or a load balancer, while somebody waits.
package stagegate.functions

import data.stagegate.lib

# What else may lead to a function in a template. Live ones stand below an API that a function does
# not name, so that a live scan goes by the permission, which each of them needs: hence no literal types below.
callers := {
	"ApiGatewayV2::Integration": "AWS::ApiGatewayV2::Integration",
	"ApiGateway::Method": "AWS::ApiGateway::Method",
	"ElasticLoadBalancingV2::TargetGroup": "AWS::ElasticLoadBalancingV2::TargetGroup",
	"Lambda::Alias": "AWS::Lambda::Alias",
	"Lambda::Version": "AWS::Lambda::Version",
}

# Told by the permission to call it, by an integration that leads to it, or by its target group.
serves_api(resource) if is_called(input.referrers, resource)

serves_api(resource) if is_permitted(input.referrers["AWS::Lambda::Permission"], resource)

# The same through an alias or version of the function, which those refer to in its place.
serves_api(resource) if {
	some kind in ["Lambda::Alias", "Lambda::Version"]
	some stand_in in lib.members(input.referrers[callers[kind]])
	leads_to(stand_in.properties.FunctionName, resource)
	stands_for_called(stand_in)
}

stands_for_called(stand_in) if is_called(input.siblings, stand_in)

stands_for_called(stand_in) if is_permitted(input.siblings["AWS::Lambda::Permission"], stand_in)

is_permitted(permissions, resource) if {
	some permission in lib.members(permissions)
	permission.properties.Principal in {"apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com"}
	leads_to(permission.properties.FunctionName, resource)
}

is_called(others, resource) if {
	some integration in lib.members(others[callers["ApiGatewayV2::Integration"]])
	leads_to(integration.properties.IntegrationUri, resource)
}

is_called(others, resource) if {
	some method in lib.members(others[callers["ApiGateway::Method"]])
	leads_to(method.properties.Integration.Uri, resource)
}

is_called(others, resource) if {
	some group in lib.members(others[callers["ElasticLoadBalancingV2::TargetGroup"]])
	group.properties.TargetType == "lambda"
	some target in lib.members(group.properties.Targets)
	leads_to(target.Id, resource)
}

# A reference by logical id, a name or an ARN that is or ends in the function's name.
leads_to(x, resource) if x.Ref == resource.logical_id

leads_to(x, resource) if x["Fn::GetAtt"][0] == resource.logical_id

leads_to(x, resource) if {
	some text in lib.list(x["Fn::Sub"])
	is_string(text)
	is_string(resource.logical_id)
	regex.match(sprintf(`[$][{]%s[.}]`, [resource.logical_id]), text)
}

# What a text is put together from, such as `[!GetAtt F.Arn, ":live"]`.
leads_to(x, resource) if {
	some piece in lib.members(x["Fn::Join"][1])
	points_to(piece, resource)
}

leads_to(x, resource) if {
	some variable in lib.fields(x["Fn::Sub"][1])
	points_to(variable, resource)
}

points_to(x, resource) if x.Ref == resource.logical_id

points_to(x, resource) if x["Fn::GetAtt"][0] == resource.logical_id

points_to(x, resource) if {
	text := x["Fn::Sub"]
	is_string(text)
	is_string(resource.logical_id)
	regex.match(sprintf(`[$][{]%s[.}]`, [resource.logical_id]), text)
}

leads_to(x, resource) if {
	is_string(x)
	x in names(resource)
}

leads_to(x, resource) if {
	is_string(x)
	some name in names(resource)
	regex.match(sprintf(`:function:%s(/invocations|:[A-Za-z0-9_$-]+)*$`, [name]), x)
}

names(resource) := {name |
	some name in [resource.properties.FunctionName, resource.identifier]
	is_string(name)
	regex.match(`^[A-Za-z0-9_-]+$`, name)
}
