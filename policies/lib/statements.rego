# Reading IAM policy documents. A statement is an element of `input.resource.statements`:
# {"document", "path", "body", "actions", "patterns", "resources", "grants"}, and what is known of calls:
# "unclear_actions" are the texts that unresolved actions may be, U+FFFD for each unknown part, and
# "unclear_patterns" their expressions; "texts" are the resources as texts, null for a choice, and "wide" says what they
# cover wholly (`*`, `SERVICE:*`, `SERVICE:TYPE`), "everywhere" the services of which that is all in every account; "choices" are the unresolved resources, {"value", "wide"} for each branch.
package stagegate.statements

import data.stagegate.lib

# What a resource allows to whom it is attached: its own document and inline ones.
identity_allows(resource) := [statement | some statement in resource.statements; statement.grants]

# What keeps a resource's documents from being read.
unreadable_identity(resource) := array.concat(
	[entry |
		some path in identity_documents(resource)
		some entry in not_a_document(path)
	],
	[entry |
		count(resource.unresolved) > 0
		some entry in unresolved_identity(resource)
	],
)

# Calls that stand for a document, for a list of them, or for a statement or its effect.
unresolved_identity(resource) := [entry |
	some found in resource.unresolved
	regex.match(
		concat("", [
			`^/(Policies(/[0-9]+)?|`,
			`(Policies/[0-9]+/)?PolicyDocument(/Statement(/[0-9]+)?(/Effect)?)?)$`,
		]),
		found.pointer,
	)
	entry := {"pointer": found.pointer, "reason": "the value is not known before apply"}
]

# The paths of the documents that grant permissions.
identity_documents(resource) := array.concat(
	[["PolicyDocument"] | resource.properties.PolicyDocument],
	[path |
		resource.properties.Policies
		some inline in lib.elements(["Policies"])
		path := array.concat(inline, ["PolicyDocument"])
	],
)

# The statements of the document at a path.
all(path) := [statement | some statement in input.resource.statements; statement.document == path]

allows(path) := [statement | some statement in all(path); statement.body.Effect == "Allow"]

denies(path) := [statement | some statement in all(path); statement.body.Effect == "Deny"]

unreadable(path) := array.concat(
	not_a_document(path),
	[entry |
		count(input.resource.unresolved) > 0
		some entry in unresolved_parts(path)
	],
)

not_a_document(path) := [{"path": path, "reason": "the text is not a JSON policy document"} |
	is_string(lib.value(path))
]

unresolved_parts(path) := array.concat(
	[entry | entry := lib.unresolved(array.concat(path, ["Statement"]))],
	[entry |
		some statement in all(path)
		entry := lib.unresolved(array.concat(statement.path, ["Effect"]))
	],
)

# Action patterns, lower-cased as IAM compares them.
actions(statement) := statement.actions

resources(statement) := statement.resources

on_every_resource(statement) if "*" in statement.resources

may_be_on_every_resource(statement) if {
	not "*" in statement.resources
	some choice in statement.choices
	may_be_star(choice.value)
}

may_be_on_every_resource(statement) if {
	not "*" in statement.resources
	some choice in statement.choices
	choice.wide == "*"
}

# True when the resources leave nothing of a service out that an action on some types could be about:
# `iam:role` covers iam:PassRole as `*` does.
covers(statement, kinds) if {
	some wide in statement.wide
	wide in kinds
}

covers(statement, _) if "*" in statement.wide

may_cover(statement, kinds) if {
	not covers(statement, kinds)
	some choice in statement.choices
	choice.wide in kinds
}

may_cover(statement, kinds) if {
	not covers(statement, kinds)
	may_be_on_every_resource(statement)
}

# The same for an action's whole service, whatever the type.
covers_service(statement, _) if "*" in statement.wide

covers_service(statement, action) if {
	some wide in statement.wide
	split(wide, ":")[0] == split(action, ":")[0]
}

may_cover_service(statement, action) if {
	not covers_service(statement, action)
	some choice in statement.choices
	split(choice.wide, ":")[0] == split(action, ":")[0]
}

may_cover_service(statement, action) if {
	not covers_service(statement, action)
	may_be_on_every_resource(statement)
}

is_admin(statement) if {
	"*" in statement.resources
	some action in statement.actions
	action in {"*", "*:*"}
}

grants(statement, action) if count(granted(statement, {action})) > 0

# Which of some lower-case actions a statement's patterns cover.
granted(statement, candidates) := ({action | some action in statement.actions} & candidates) | {action |
	some pattern in statement.patterns
	some action in candidates
	regex.match(pattern, action)
}

# True when an unresolved action could be one of some lower-case ones.
may_grant(statement, candidates) if {
	some pattern in statement.unclear_patterns
	some action in candidates
	regex.match(pattern, action)
}

may_grant(statement, candidates) if {
	some action in statement.unclear_actions
	action in candidates
}

# The entries for `unknown` about a statement's actions and resources.
unclear(statement, part) := {
	"path": array.concat(statement.path, [part]),
	"reason": "the value is not known before apply",
}

# An unresolved action that could be `*`.
may_be_every_action(statement) if {
	some action in statement.unclear_actions
	regex.match(`^([*\x{fffd}]+|[*\x{fffd}]+:[*\x{fffd}]+)$`, action)
}

# An unresolved action that could be all of a service.
may_be_whole_service(statement) if {
	some action in statement.unclear_actions
	regex.match(`^([a-z0-9-]+:)?[*\x{fffd}]+$|^[a-z0-9\x{fffd}-]+:[*\x{fffd}]+$|^[a-z0-9\x{fffd}-]*\x{fffd}[*\x{fffd}]*$`, action)
}

# True for an unresolved call that could turn out to be `*`.
may_be_star(x) if {
	lib.is_unknown(x)
	not never_star(x)
}

never_star(x) if lib.refers_to_sibling(x)

never_star(x) if {
	some text in lib.list(x["Fn::Sub"])
	is_string(text)
	regex.match(`[^*]`, regex.replace(text, `\$\{[^}]*\}`, ""))
}

# What stands between two parts is in every text.
never_star(x) if {
	is_string(x["Fn::Join"][0])
	regex.match(`[^*]`, x["Fn::Join"][0])
	count(lib.members(x["Fn::Join"][1])) > 1
}

never_star(x) if {
	some piece in lib.members(x["Fn::Join"][1])
	is_string(piece)
	regex.match(`[^*]`, piece)
}

# True when anybody is meant. A `NotPrincipal` that allows means everybody else.
names_anyone(statement) if statement.body.Principal == "*"

names_anyone(statement) if {
	some _, principals in lib.fields(statement.body.Principal)
	"*" in lib.list(principals)
}

names_anyone(statement) if statement.body.NotPrincipal

# Of any account: `arn:aws:iam::*:root`.
names_anyone(statement) if {
	some kind, principals in lib.fields(statement.body.Principal)
	not lib.is_unknown(principals)
	some entry in entries(array.concat(statement.path, ["Principal", kind]), principals)
	regex.match(`^(arn:[^:]*:(iam|sts)::)?[*?]+(:|$)`, lib.text(entry.path))
}


may_name_anyone(statement) if may_be_star(statement.body.Principal)

may_name_anyone(statement) if {
	not lib.is_unknown(statement.body.Principal)
	some _, principals in lib.fields(statement.body.Principal)
	some principal in lib.list(principals)
	may_be_star(principal)
}

# Condition keys that tie a caller to an account or organisation: what a trust policy needs.
ties("account", key) if {
	key in {
		"aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths",
		"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
	}
}

# Those, and keys that tie a caller to a network, resource or user: enough for a resource policy.
ties("caller", key) if ties("account", key)

ties("caller", key) if {
	key in {
		"aws:sourceip", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:userid",
		"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "kms:calleraccount", "s3:dataaccesspointaccount",
		"s3:dataaccesspointarn",
	}
}

# True when a condition narrows the callers.
restricted(statement, kind) if {
	some tie in tying(statement, kind)
	every entry in tie.values {
		narrows(tie, entry)
	}
}

narrows(tie, entry) if narrow(tie.key, entry)

# Compared as it is, whatever it turns out to be: a wildcard in it means itself.
narrows(tie, entry) if {
	tie.exact
	lib.is_unknown(entry.value)
	not entry.value["Fn::If"]
}

is_exact(operator) := regex.match(`^(foranyvalue:)?stringequals(ignorecase)?$`, lower(operator))

# What a statement asks of keys that tie a caller, with at least one value each.
tying(statement, kind) := [{"key": lower(key), "values": values, "exact": is_exact(operator)} |
	some operator, block in lib.fields(statement.body.Condition)
	is_positive(operator)
	some key, wanted in lib.fields(block)
	ties(kind, lower(key))
	values := entries(array.concat(statement.path, ["Condition", operator, key]), wanted)
	count(values) > 0
]

# A negated operator does not narrow, and `…IfExists` lets through a request that lacks the key.
is_positive(operator) if not regex.match(`not|ifexists$|^null$|^forallvalues`, lower(operator))

# One value, or each of several, with its path.
entries(path, wanted) := [{"path": array.concat(path, [index]), "value": v} | some index, v in wanted] if is_array(wanted)

entries(path, wanted) := [{"path": path, "value": wanted}] if not is_array(wanted)

# True when something that is not known may narrow the callers: the condition, what stands under an
# operator, or the value of a key that ties.
may_be_restricted(statement, _) if lib.is_unknown(statement.body.Condition)

may_be_restricted(statement, _) if {
	not lib.is_unknown(statement.body.Condition)
	some operator, block in lib.fields(statement.body.Condition)
	is_positive(operator)
	lib.is_unknown(block)
}

may_be_restricted(statement, kind) if {
	some tie in tying(statement, kind)
	every entry in tie.values {
		may_narrow(tie.key, entry)
	}
}

narrow(key, entry) if {
	is_string(entry.value)
	is_narrow_text(key, entry.value)
}

narrow(_, entry) if {
	not is_string(entry.value)
	not lib.is_unknown(entry.value)
}

narrow(key, entry) if {
	never_star(entry.value)
	not shows_any_account(key, entry)
}

may_narrow(key, entry) if narrow(key, entry)

may_narrow(key, entry) if {
	lib.is_unknown(entry.value)
	not shows_any_account(key, entry)
}

is_narrow_text(key, text) if {
	not regex.match(`^[0-9a-fA-F:.]+/[01]$`, text)
	not means_all(text)
	not of_any_account(key, text)
}

shows_any_account(key, entry) if of_any_account(key, lib.text(entry.path))

# Everybody may give a role of their own the name that `arn:aws:iam::*:role/NAME` asks for, and a topic that of
# `arn:aws:sns:*:*:NAME`. Names of buckets and distributions are taken once in the world.
of_any_account(key, text) if {
	key in {"aws:principalarn", "aws:sourcearn"}
	regex.match(`^([^:]*:){4}[*?]+(:|$)`, text)
	not split(text, ":")[2] in {"cloudfront", "s3"}
}

# A wildcard stands for the account, whatever else it stands for.
of_any_account(key, text) if {
	key in {"aws:principalarn", "aws:sourcearn"}
	contains(text, "*")
	count(split(text, ":")) < 6
	not regex.match(`[0-9]{12}|\x{fffd}|:s3:`, text)
}

of_any_account("aws:principalarn", text) if regex.match(`^[*?]`, text)

# Wildcards alone, or behind what everybody's values begin with: `*`, `o-*`, `arn:aws:s3:::*`.
means_all(text) if regex.match(`^(o-|arn(:[a-z0-9*-]*){0,3})?[:*?/]*$`, text)

# The `deny` entries for a document that lets anybody in.
open_to_anyone(path, kind, message) := [entry |
	some statement in allows(path)
	names_anyone(statement)
	not restricted(statement, kind)
	not may_be_restricted(statement, kind)
	entry := {"path": array.concat(statement.path, [principal_key(statement)]), "message": message}
]

# The `unknown` entries of the same question.
may_be_open(path, kind) := array.concat(unreadable(path), [entry |
	some statement in allows(path)
	not restricted(statement, kind)
	some part in undecided_parts(statement, kind)
	entry := unclear(statement, part)
])

undecided_parts(statement, kind) := {part |
	some part in ["Principal", "Condition"]
	undecided(statement, part, kind)
}

undecided(statement, "Principal", _) if {
	not names_anyone(statement)
	may_name_anyone(statement)
}

undecided(statement, "Condition", kind) if {
	names_anyone(statement)
	may_be_restricted(statement, kind)
}

principal_key(statement) := "NotPrincipal" if statement.body.NotPrincipal

principal_key(statement) := "Principal" if not statement.body.NotPrincipal
