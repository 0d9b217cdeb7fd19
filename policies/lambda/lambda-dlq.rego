# METADATA
# title: Events that a function cannot handle are kept
# custom:
#   id: lambda-dlq
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set DeadLetterConfig.TargetArn, or an OnFailure destination in an AWS::Lambda::EventInvokeConfig
#   equivalents:
#     checkov: [CKV_AWS_116]
#     guard_registry: [LAMBDA_DLQ_CHECK]
package stagegate.checks.lambda_dlq

import data.stagegate.functions
import data.stagegate.lib

path := ["DeadLetterConfig", "TargetArn"]

deny contains lib.finding(path, "An event that fails three times is lost") if {
	applies
	lib.missing(path)
}

unknown contains lib.hidden(path) if applies

applies if {
	not waits_for_answer
	not has_destination
}

# Where the caller waits for the answer, it is the caller who learns of the failure.
waits_for_answer if functions.serves_api(input.resource)

has_destination if {
	some config in lib.members(input.referrers["AWS::Lambda::EventInvokeConfig"])
	functions.leads_to(config.properties.FunctionName, input.resource)
	config.properties.DestinationConfig.OnFailure.Destination
}
