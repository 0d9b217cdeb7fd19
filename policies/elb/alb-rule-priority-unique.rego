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

deny contains lib.finding(["Priority"], sprintf("The rule %s has the same priority on the same listener", [other.logical_id])) if {
	some other in lib.members(input.siblings["AWS::ElasticLoadBalancingV2::ListenerRule"])
	other.logical_id != input.resource.logical_id
	not lib.is_unknown(lib.value(["Priority"]))
	lib.value(["Priority"]) == other.properties.Priority
	lib.value(["ListenerArn"]) == other.properties.ListenerArn
}

# Only where another rule of the same listener could have the same one.
unknown contains entry if {
	some other in lib.members(input.siblings["AWS::ElasticLoadBalancingV2::ListenerRule"])
	other.logical_id != input.resource.logical_id
	lib.value(["ListenerArn"]) == other.properties.ListenerArn
	entry := lib.unresolved(["Priority"])
}
