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
	some other in certain
	covers_all(other)
}

unknown contains doubt if {
	count(certain) < count(earlier)
	some other in earlier
	not is_certain(other)
	may_cover(other)
}

# Those of the earlier rules about which everything is known.
certain := [other | some other in earlier; is_certain(other)]

is_certain(other) if {
	is_known
	priority(other) < own_priority
	not lib.contains_unknown(conditions_of(other))
}

is_known if not lib.contains_unknown(own)

doubt := {"pointer": "/Conditions", "reason": "the value is not known before apply"} if not is_known

doubt := lib.unresolved(["Priority"]) if is_known

doubt := {"path": ["Priority"], "reason": "which rule comes first, or what it matches, is not known before apply"} if {
	is_known
	not lib.unresolved(["Priority"])
}

own := conditions_of(input.resource)

conditions_of(resource) := object.get(resource.properties, "Conditions", [])

# The other rules of the same listener that may come first. Live ones have no logical id.
earlier := [other |
	some other in lib.members(input.siblings["AWS::ElasticLoadBalancingV2::ListenerRule"])
	lib.referent(other.properties.ListenerArn, "ListenerArn") == listener
	may_precede(other)
	[other.logical_id, other.identifier] != [input.resource.logical_id, input.resource.identifier]
]

listener := lib.referent(input.resource.properties.ListenerArn, "ListenerArn")

own_priority := priority(input.resource)

priority(resource) := number(resource.properties.Priority)

number(x) := x if is_number(x)

number(x) := to_number(x) if {
	is_string(x)
	regex.match(`^[0-9]+$`, x)
}

may_precede(other) if priority(other) < own_priority

may_precede(other) if lib.is_unknown(other.properties.Priority)

may_precede(_) if lib.is_unknown(input.resource.properties.Priority)

# Every condition of the earlier rule is met by whatever meets the conditions of this one.
covers_all(other) if {
	every condition in conditions(other) {
		met(condition, narrow)
	}
}

# The same where some of the conditions are not known.
may_cover(other) if lib.is_unknown(conditions_of(other))

may_cover(other) if {
	not lib.is_unknown(conditions_of(other))
	every raw in lib.members(conditions_of(other)) {
		may_be_met(raw)
	}
}

may_be_met(raw) if lib.contains_unknown(raw)

may_be_met(raw) if met(read(raw), narrow)

may_be_met(_) if lib.is_unknown(own)

may_be_met(raw) if {
	some mine in lib.members(own)
	lib.contains_unknown(mine)
	not known_field(mine) != raw.Field
}

known_field(raw) := raw.Field if is_string(raw.Field)

narrow := conditions(input.resource)

conditions(resource) := [condition |
	some raw in lib.members(conditions_of(resource))
	condition := read(raw)
]

read(raw) := {"field": raw.Field, "name": header(raw), "values": [folded(raw.Field, value) | some value in values(raw)]} if {
	is_object(raw)
}

# Letters of a host mean the same in either case.
folded(field, value) := lower(value) if {
	field == "host-header"
	is_string(value)
}

folded(field, value) := value if not field == "host-header"

folded(_, value) := value if not is_string(value)

header(condition) := lower(condition.HttpHeaderConfig.HttpHeaderName) if is_string(condition.HttpHeaderConfig.HttpHeaderName)

header(condition) := "" if not condition.HttpHeaderConfig.HttpHeaderName

# The older form has its values beside the field, the newer one in a block of its own. Of regular
# expressions only the same ones are known to match the same.
values(condition) := array.concat(
	[value | some value in lib.members(object.get(condition, "Values", []))],
	array.concat(
		[value |
			some block in condition
			is_object(block)
			some value in lib.members(object.get(block, "Values", []))
		],
		[{"regex": value} |
			some block in condition
			is_object(block)
			some value in lib.members(object.get(block, "RegexValues", []))
		],
	),
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
