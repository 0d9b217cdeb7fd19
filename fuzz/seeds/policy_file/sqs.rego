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
	lib.missing(path)
	not is_dead_letter_queue
}

unknown contains lib.hidden(path) if not is_dead_letter_queue

# A queue that another one names, or that says whose dead-letter queue it is.
is_dead_letter_queue if not lib.absent(["RedriveAllowPolicy"])

is_dead_letter_queue if {
	some queue in lib.members(input.referrers["AWS::SQS::Queue"])
	names(queue.properties.RedrivePolicy)
}

is_dead_letter_queue if {
	some queue in lib.members(input.referrers["AWS::SQS::Queue"])
	some found in queue.unresolved
	found.path in [path, array.concat(path, ["deadLetterTargetArn"])]
	is_string(found.text)
	regex.match(name_at_end, found.text)
}

# By the logical id in a function, whatever is put together with it.
names(policy) if {
	is_string(input.resource.logical_id)
	id := input.resource.logical_id
	regex.match(sprintf(`"Fn::GetAtt":\["%s"|"Ref":"%s"|[$][{]%s[.}]`, [id, id, id]), json.marshal(policy))
}

names(policy) if {
	is_string(policy.deadLetterTargetArn)
	regex.match(name_at_end, policy.deadLetterTargetArn)
}

# The policy may be a text.
names(policy) if {
	is_string(policy)
	regex.match(name_at_end, policy)
}

name_at_end := sprintf(`:%s("|$)`, [replace(name, ".", "[.]")]) if {
	name := input.resource.properties.QueueName
	is_string(name)
	regex.match(`^[A-Za-z0-9_.-]+$`, name)
}
