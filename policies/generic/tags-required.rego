# METADATA
# title: Resources carry the project's tags
# custom:
#   id: tags-required
#   severity: low
#   category: tagging
#   types: ['*']
#   absent: fail
#   fix: Add the tags that tags.required in stagegate.yaml names, with values that it allows
package stagegate.checks.tags_required

import data.stagegate.lib

deny contains lib.finding([property], sprintf("Required tags are missing: %s", [concat(", ", sort(missing))])) if {
	required
	count(missing) > 0
	count(undecided) == 0
}

deny contains entry if {
	some key, allowed in required
	some tag in tags
	tag.key == key
	not key in object.keys(added)
	is_string(tag.value)
	not is_allowed(tag.value, allowed)
	entry := lib.finding(tag.path, sprintf("The tag %s is `%s`; allowed: %s", [key, tag.value, concat(", ", allowed)]))
}

unknown contains entry if {
	required
	count(missing) > 0
	some entry in undecided
}

unknown contains entry if {
	some key, allowed in required
	count(allowed) > 0
	some tag in tags
	tag.key == key
	not key in object.keys(added)
	entry := lib.unresolved(tag.path)
}

property := input.schema.tag_property

# The project's rules, for a type with tags of its own.
required := input.project.tags.required if {
	count(input.project.tags.required) > 0
	is_string(input.schema.tag_property)
}

added := input.project.tags.added

missing := {key |
	some key, _ in required
	not key in object.keys(added)
	not key in {tag.key | some tag in tags}
}

# A list of keys and values, or a map.
tags := [tag |
	required
	some path in lib.elements([property])
	tag := tag_at(path)
]

tag_at(path) := {"key": key, "value": body.Value, "path": array.concat(path, ["Value"])} if {
	is_number(path[1])
	body := lib.value(path)
	key := body.Key
	is_string(key)
}

tag_at(path) := {"key": path[1], "value": lib.value(path), "path": path} if is_string(path[1])

# What keeps the keys from being known: the whole, an entry, or an entry's key.
undecided := [entry |
	some path in array.concat([[property]], list_places)
	entry := lib.unresolved(path)
]

list_places := [place |
	some path in lib.elements([property])
	is_number(path[1])
	place := array.concat(path, ["Key"])
]

is_allowed(value, allowed) if value in allowed

is_allowed(_, allowed) if count(allowed) == 0
