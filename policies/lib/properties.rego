# Reading a resource's properties. All functions: a rule costs far more to refer to. A path is a list
# of keys and array indices under `input.resource.properties`, such as ["Rules", 0, "Status"].
package stagegate.lib

# The value at a path; undefined when it is missing or null.
value(path) := found if {
	found := object.get(input.resource.properties, path, null)
	found != null
}

absent(path) := object.get(input.resource.properties, path, null) == null

# True for a CloudFormation function call that could not be resolved.
is_unknown(x) if {
	is_object(x)
	count(x) == 1
	some key, _ in x
	is_function(key)
}

is_function(key) if key == "Ref"

is_function(key) if startswith(key, "Fn::")

# True when a value is, or holds, an unresolved function call. As text, because Rego has no
# recursion; a quote inside a string would be escaped.
contains_unknown(x) if regex.match(`"(Ref|Fn::[A-Za-z0-9:]+)":`, json.marshal(x))

# The entry for `unknown` when a path leads to, or through, an unresolved value.
unresolved(path) := {"pointer": found.pointer, "reason": "the value is not known before apply"} if {
	count(input.resource.unresolved) > 0

	# Any other value can be neither a function call nor hidden by one.
	type_name(object.get(input.resource.properties, path, null)) in {"null", "object"}
	some found in input.resource.unresolved
	array.slice(path, 0, count(found.path)) == found.path
}

# The same for the first of several paths of one decision.
unresolved_any(paths) := [entry | some path in paths; entry := unresolved(path)][0]

# A property that must be there, whatever its value: known not to be, and the entry for `unknown`
# where it may lie inside an unresolved value.
missing(path) if {
	absent(path)
	not unresolved(path)
}

hidden(path) := unresolved(path) if absent(path)

hidden(path) := unresolved(path) if optional(path)

# True where an undecided condition may leave the property out (`AWS::NoValue`).
optional(path) if {
	some found in input.resource.unresolved
	found.optional
	found.path == path
}

# The text at a path as far as it is known, with U+FFFD for each part that is not; undefined where
# there is no text, or an undecided choice of texts.
text(path) := found if {
	found := value(path)
	is_string(found)
}

text(path) := found.text if {
	is_object(value(path))
	some found in input.resource.unresolved
	found.path == path
	is_string(found.text)
}

# True when a value is known and is none of the allowed ones; a missing value is broken as well
# (the check's `absent` decides what that means).
broken(path, allowed) if {
	not unresolved(path)
	not holds(path, allowed)
}

holds(path, allowed) if object.get(input.resource.properties, path, null) in allowed

# A switch, which a template may give as text. `off` is what is known not to be on: a missing
# switch counts (the check's `absent` decides what that means).
on(path) if object.get(input.resource.properties, path, null) in {true, "true", "True"}

off(path) if {
	not unresolved(path)
	not on(path)
}

# A number, which a template may give as text.
number(path) := found if {
	found := value(path)
	is_number(found)
}

number(path) := to_number(found) if {
	found := value(path)
	is_string(found)
	regex.match(`^-?[0-9]+([.][0-9]+)?$`, found)
}

# The paths of the members of a list or map; none where there is no list or map.
elements(path) := [array.concat(path, [key]) |
	collection := value(path)
	not is_unknown(collection)
	some key, _ in members(collection)
]

# A list or map as it is, anything else as an empty list: iterating over a scalar is an error.
members(x) := x if is_collection(x)

members(x) := [] if not is_collection(x)

# The same for maps alone.
fields(x) := x if is_object(x)

fields(x) := {} if not is_object(x)

is_collection(x) if is_array(x)

is_collection(x) if is_object(x)

# A scalar as a list of one.
list(x) := x if is_array(x)

list(x) := [x] if not is_array(x)

# The entry for `deny` about a property. When the property is missing, the check's `absent` decides
# what becomes of it.
finding(path, message) := {"path": path, "message": message, "absent": absent(path)}

# The entry for `deny` about several properties with one cause, which one fix corrects.
findings(paths, message) := {"paths": paths, "message": message}

# The entry for `deny` about something that is wrong even where the property is missing.
violation(path, message) := {"path": path, "message": message}

# The entry with the ids that a catalogue has for it alone, where the policy's own list is about more.
known_as(entry, catalogue, ids) := object.union(entry, {"equivalents": {catalogue: ids}})

# RFC 6901.
pointer(path) := concat("", [concat("", ["/", token(key)]) | some key in path])

token(key) := replace(replace(key, "~", "~0"), "/", "~1") if is_string(key)

token(key) := format_int(key, 10) if is_number(key)

# True when an unresolved call yields something of a resource in the same template, its name, id
# or an attribute, or the account and region that all go to: neither a wildcard nor a secret that somebody typed.
refers_to_sibling(x) if input.logical_ids[x.Ref]

refers_to_sibling(x) if x.Ref in {"AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName"}

refers_to_sibling(x) if x["Fn::GetAtt"]

# A value to compare with another: `!GetAtt X.ATTRIBUTE` is written as `!Ref X` where both yield the same.
referent(x, attribute) := {"Ref": x["Fn::GetAtt"][0]} if x["Fn::GetAtt"][1] == attribute

referent(x, attribute) := x if not x["Fn::GetAtt"][1] == attribute

# What a message calls another resource: live ones have no logical id.
label(resource) := resource.logical_id if is_string(resource.logical_id)

label(resource) := resource.identifier if not is_string(resource.logical_id)
