# METADATA
# title: Events that cannot be delivered are kept
# custom:
#   id: events-target-dlq
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::Events::Rule]
#   absent: fail
#   fix: Set DeadLetterConfig.Arn on every target
package stagegate.checks.events_target_dlq

import data.stagegate.lib

targets := ["Targets"]

deny contains lib.finding(path, "An event that the target does not take is lost after 24 hours") if {
	some target in lib.elements(targets)
	path := array.concat(target, ["DeadLetterConfig", "Arn"])
	lib.missing(path)
}

unknown contains entry if {
	some target in array.concat([targets], lib.elements(targets))
	entry := lib.hidden(array.concat(target, ["DeadLetterConfig", "Arn"]))
}
