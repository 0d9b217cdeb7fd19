# METADATA
# title: SQS queues have a dead-letter queue
# custom:
#   id: sqs-dead-letter
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::SQS::Queue]
#   absent: fail
#   fix: Set RedrivePolicy with the ARN of a second queue and a maxReceiveCount
package stagegate.checks.sqs_dead_letter

import data.stagegate.lib

path := ["RedrivePolicy"]

deny contains lib.finding(path, "A message that cannot be handled comes back for ever, or is lost") if {
	lib.absent(path)
	not is_dead_letter_queue
}

# A queue that another one names, or that says whose dead-letter queue it is.
is_dead_letter_queue if not lib.absent(["RedriveAllowPolicy"])

is_dead_letter_queue if {
	some queue in lib.members(input.referrers["AWS::SQS::Queue"])
	target := queue.properties.RedrivePolicy.deadLetterTargetArn
	names(target)
}

names(target) if target["Fn::GetAtt"][0] == input.resource.logical_id

names(target) if {
	is_string(target)
	is_string(input.resource.properties.QueueName)
	endswith(target, concat("", [":", input.resource.properties.QueueName]))
}
