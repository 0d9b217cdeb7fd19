# METADATA
# title: Tables grow with their load
# custom:
#   id: dynamodb-billing-mode
#   severity: low
#   category: cost
#   pack: cost
#   types: [AWS::DynamoDB::Table]
#   absent: pass
#   fix: Set BillingMode to PAY_PER_REQUEST, or add an AWS::ApplicationAutoScaling::ScalableTarget
#   equivalents:
#     security_hub: [DynamoDB.1]
#     guard_registry: [DYNAMODB_BILLING_MODE_RULE]
package stagegate.checks.dynamodb_billing_mode

import data.stagegate.lib

path := ["BillingMode"]

deny contains lib.finding(path, "The capacity is paid for whether it is used or not, and requests beyond it are refused") if {
	lib.value(path) == "PROVISIONED"
	not scales
}

unknown contains lib.unresolved(path)

scales if {
	some target in lib.members(input.referrers["AWS::ApplicationAutoScaling::ScalableTarget"])
	target.properties.ServiceNamespace == "dynamodb"
	text := json.marshal(target.properties.ResourceId)
	some name in names
	contains(text, name)
}

names := [name |
	some name in [input.resource.logical_id, input.resource.identifier, object.get(input.resource.properties, "TableName", null)]
	is_string(name)
]
