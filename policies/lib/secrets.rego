# Telling credentials from references to them.
package stagegate.secrets

import data.stagegate.lib

# Shapes that are credentials wherever they stand: keys of AWS, PEM, GitHub, GitLab, Slack, Stripe,
# Google, SendGrid, npm and OpenAI, signed web tokens, and addresses with a password in them. One pattern, because each
# match costs a call. A password that is a variable, or not known (U+FFFD), is none that somebody typed.
has_shape(text) if regex.match(
	concat("|", [
		`A[KS]IA[0-9A-Z]{16}`, `-----BEGIN [A-Z ]*PRIVATE KEY-----`, `gh[oprsu]_[A-Za-z0-9]{36}`,
		`github_pat_[A-Za-z0-9_]{22}`, `glpat-[A-Za-z0-9_-]{20}`, `xox[abeoprs]-[A-Za-z0-9-]{10}`,
		`[sr]k_live_[A-Za-z0-9]{10}`, `AIza[0-9A-Za-z_-]{35}`, `npm_[A-Za-z0-9]{36}`, `sk-proj-[A-Za-z0-9_-]{16}`,
		`hooks[.]slack[.]com/(services|triggers|workflows)/[A-Za-z0-9]+/[A-Za-z0-9]`,
		`SG[.][A-Za-z0-9_-]{16}[A-Za-z0-9_-]*[.][A-Za-z0-9_-]{16}`,
		`eyJ[A-Za-z0-9_-]{16}[A-Za-z0-9_-]*[.]eyJ[A-Za-z0-9_-]{8}`,
		`[a-z][a-z0-9+.-]*://[^/\s"':@${}]*:([^/\s"':@%${}<*\x{fffd}]|%[0-9A-Fa-f]{2})[^/\s"':@{}\x{fffd}]*@`,
		`[A-Za-z0-9_.-]+:[^/\s"':@%${}<*\x{fffd}][^/\s"':@{}\x{fffd}]*@(tcp|unix)[(]`,
	]),
	text,
)

# The text at a path shows a credential, whether it is one text or put together.
shows_credential(path) if has_shape(without_references(lib.text(path)))

# What a reference stands for is not known.
without_references(text) := text if not contains(text, "{{resolve:")

without_references(text) := regex.replace(text, `\{\{resolve:[^}]*\}\}`, "\ufffd") if contains(text, "{{resolve:")

# Names under which people keep secrets, unless their ending says that the value is only about one.
is_secret_name(name) if {
	lowered := words(name)
	regex.match(concat("|", [
		`passw(or)?d([^l]|$)`, `(^|_|db)(pass|pwd)$`, `passphrase`, `secret`, `token([^i]|$)`, `api_?key`, `access_?key`,
		`private_?key`, `(auth|cookie|encryption|hmac|jwt|master|session|signing)_?key`, `credential`,
	]), lowered)
	not regex.match(concat("", [
		`(algorithm|arn|audience|bucket|enabled|endpoint|expir(ation|es|y)|id|issuer|length|lifetime|mode|name|`,
		`param(eter)?|path|policy|prefix|provider|_ref|region|seconds|table|ttl|type|uri|url|version|`,
		`_(alg|alias|cache|claim|class|count|days|domain|field|file|format|group|header|hosts?|hostname|hours|interval|`,
		`auth|backend|column|encoder|hasher|include|kms_key|level|login|manager|required|limit|location|max|min|minutes|port|role|rotation|scopes?|size|source|storage|store|strategy|suffix|`,
		`template|timeout|use|verification))$`,
	]), lowered)
}

# In lower case, with `_` between words that only their capitals tell apart.
words(name) := replace(lower(name), "-", "_") if upper(name) == name

words(name) := replace(lower(regex.replace(name, `([a-z0-9])([A-Z])`, "${1}_${2}")), "-", "_") if upper(name) != name

# CloudFormation replaces these at deployment, so the value itself stays elsewhere.
is_reference(text) if regex.match(`\{\{resolve:(secretsmanager|ssm-secure):`, text)

# A value that somebody typed and that is meant to be secret.
is_literal(x) if {
	is_string(x)
	x != ""
	not is_reference(x)
}

# True when a literal could be a secret: switches, numbers, ARNs, parameter paths and names with slashes
# (`alias/key`, `prod/db/main`) are not.
is_suspicious(x) if {
	is_literal(x)
	not regex.match(`^(true|false|yes|no|on|off|none|null|[0-9.]+|arn:.*|/[a-z0-9_./-]*|https?://[^@]*)$`, lower(x))
	not regex.match(`^[A-Z]?[a-z][a-z0-9_.-]*(/[A-Z]?[a-z][a-z0-9_.-]*)+$`, x)
	not regex.match(`^(enabled|disabled|always|never|required|optional|strict|lax)$`, lower(x))
}

# The known part of a text says that it is an ARN or a path, whatever the rest turns out to be.
says_elsewhere(path) if {
	text := lib.text(path)
	contains(text, "\ufffd")
	not is_suspicious(replace(text, "\ufffd", "x"))
}

# True for an unresolved value that could turn out to be a literal, such as a parameter.
may_be_literal(x) if {
	lib.is_unknown(x)
	not lib.refers_to_sibling(x)
	not refers_to_secret(x)
}

refers_to_secret(x) if {
	some text in lib.list(x["Fn::Sub"])
	is_string(text)
	is_reference(text)
}

refers_to_secret(x) if {
	some piece in lib.members(x["Fn::Join"][1])
	is_string(piece)
	is_reference(piece)
}

# `deny` and `unknown` entries for a property that must never hold a literal.
literal_findings(path, message) := [lib.finding(path, message) |
	is_literal(lib.value(path))
	not is_given(path)
]

# True for the value of a `NoEcho` parameter or of an input, which is not written in a file.
is_given(path) if path in input.resource.given

undecided(path) := array.concat(
	[{"path": path, "reason": "the value is not known before apply"} | may_be_literal(lib.value(path))],
	[entry | entry := lib.hidden(path)],
)
