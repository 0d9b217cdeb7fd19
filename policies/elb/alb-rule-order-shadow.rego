# METADATA
# title: No listener rule hides a later one
# custom:
#   id: alb-rule-order-shadow
#   severity: high
#   category: architecture
#   types: [AWS::ElasticLoadBalancingV2::ListenerRule]
#   absent: pass
#   fix: Give the more specific rule the lower Priority number, or narrow the conditions of the wider one
package stagegate.checks.alb_rule_order_shadow

import data.stagegate.lib

# Rules are tried in ascending order of priority. A rule is hidden when an earlier one of the same
# listener matches everything that it matches.
deny contains lib.violation(["Priority"], sprintf("The rule %s comes first and matches every request that this one would", [lib.label(other)])) if {
	some other in earlier
	count(unresolved_conditions) == 0
	not lib.contains_unknown(object.get(other.properties, "Conditions", []))
	covers_all(other)
}

unknown contains lib.unresolved(["Priority"])

unknown contains entry if some entry in unresolved_conditions

# Only where there is another rule that could hide this one.
unresolved_conditions := [entry |
	count(lib.members(input.siblings["AWS::ElasticLoadBalancingV2::ListenerRule"])) > 1
	lib.contains_unknown(object.get(input.resource.properties, "Conditions", []))
	entry := {"pointer": "/Conditions", "reason": "the value is not known before apply"}
]

# The rules of the same listener that are tried before this one.
earlier := [other |
	is_number(input.resource.properties.Priority)
	some other in lib.members(input.siblings["AWS::ElasticLoadBalancingV2::ListenerRule"])
	lib.referent(other.properties.ListenerArn, "ListenerArn") == lib.referent(input.resource.properties.ListenerArn, "ListenerArn")
	is_number(other.properties.Priority)
	other.properties.Priority < input.resource.properties.Priority
]

# Every condition of the earlier rule is met by whatever meets the conditions of this one.
covers_all(other) if {
	wide := conditions(other.properties)
	every condition in wide {
		met(condition, narrow)
	}
}

narrow := conditions(input.resource.properties)

conditions(properties) := [condition |
	some raw in lib.members(object.get(properties, "Conditions", []))
	is_object(raw)
	condition := {"field": raw.Field, "name": header(raw), "values": [folded(raw.Field, value) | some value in values(raw)]}
]

# Letters of a host mean the same in either case.
folded(field, value) := lower(value) if {
	field == "host-header"
	is_string(value)
}

folded(field, value) := value if not field == "host-header"

folded(_, value) := value if not is_string(value)

header(condition) := lower(condition.HttpHeaderConfig.HttpHeaderName) if is_string(condition.HttpHeaderConfig.HttpHeaderName)

header(condition) := "" if not condition.HttpHeaderConfig.HttpHeaderName

# The older form has its values beside the field, the newer one in a block of its own.
values(condition) := array.concat(
	[value | some value in lib.members(object.get(condition, "Values", []))],
	[value |
		some block in condition
		is_object(block)
		some value in lib.members(object.get(block, "Values", []))
	],
)

met(condition, _) if {
	condition.field in {"path-pattern", "host-header"}
	"*" in condition.values
}

met(condition, _) if {
	condition.field == "path-pattern"
	"/*" in condition.values
}

met(condition, narrow) if {
	some other in narrow
	other.field == condition.field
	other.name == condition.name
	count(other.values) > 0
	every value in other.values {
		some pattern in condition.values
		includes(condition.field, pattern, value)
	}
}

includes(_, pattern, value) if pattern == value

# `*` takes in any wildcard of the narrower pattern, `?` one character that is none or a `?`.
includes(field, pattern, value) if {
	field in {"path-pattern", "host-header", "http-header"}
	is_string(value)
	is_string(pattern)
	regex.match(`[*?]`, pattern)
	literal := regex.replace(pattern, `([^A-Za-z0-9*?/_-])`, `\$1`)
	regex.match(concat("", ["^", replace(replace(literal, "*", ".*"), "?", "[^*]"), "$"]), value)
}
