# METADATA
# title: Listener rules have priorities of their own
# custom:
#   id: alb-rule-priority-unique
#   severity: high
#   category: architecture
#   types: [AWS::ElasticLoadBalancingV2::ListenerRule]
#   absent: pass
#   fix: Give each rule of the listener another Priority
package stagegate.checks.alb_rule_priority_unique

import data.stagegate.lib

deny contains lib.finding(["Priority"], sprintf("The rule %s has the same priority on the same listener", [lib.label(other)])) if {
	some other in others
	not lib.is_unknown(other.properties.Priority)
	text(other) == own_text
}

# Only where another rule of the same listener could have the same one.
unknown contains entry if {
	count(others) > 0
	entry := lib.unresolved(["Priority"])
}

unknown contains entry if {
	some other in others
	lib.is_unknown(other.properties.Priority)
	entry := {"path": ["Priority"], "reason": sprintf("the priority of %s is not known before apply", [lib.label(other)])}
}

own_text := text(input.resource)

# A template may give a number as text.
text(resource) := sprintf("%v", [resource.properties.Priority])

# Live rules have no logical id, so they are told apart by their identifier as well.
others := [other |
	some other in lib.members(input.siblings["AWS::ElasticLoadBalancingV2::ListenerRule"])
	lib.referent(other.properties.ListenerArn, "ListenerArn") == lib.referent(input.resource.properties.ListenerArn, "ListenerArn")
	[other.logical_id, other.identifier] != [input.resource.logical_id, input.resource.identifier]
]
