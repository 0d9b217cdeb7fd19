# METADATA
# title: S3 bucket policies refuse plain HTTP
# custom:
#   id: s3-policy-tls-only
#   severity: medium
#   category: transport
#   types: [AWS::S3::BucketPolicy]
#   absent: fail
#   fix: "Add a Deny statement for Principal * on the bucket and its objects with the condition Bool aws:SecureTransport false"
#   equivalents:
#     security_hub: [S3.5]
#     guard_registry: [S3_BUCKET_SSL_REQUESTS_ONLY]
#     cis_aws_5_0: ['2.1.1']
package stagegate.checks.s3_policy_tls_only

import data.stagegate.lib
import data.stagegate.statements

path := ["PolicyDocument"]

deny contains lib.finding(path, "No statement denies requests without TLS on the bucket and its objects") if {
	not refuses_plain_http
	not may_refuse
	count(undecided) == 0
}

unknown contains entry if {
	not refuses_plain_http
	some entry in undecided
}

unknown contains {"path": path, "reason": "the statement that may deny requests without TLS is not known before apply"} if {
	not refuses_plain_http
	may_refuse
}

undecided := array.concat(statements.unreadable(path), [lib.unresolved(path) | lib.unresolved(path)])

# One statement may name both resources, or one statement each.
refuses_plain_http if {
	every what in ["bucket", "objects"] {
		some_covers(what)
	}
}

some_covers(what) if {
	some statement in statements.denies(path)
	without_tls(statement)
	everyone(statement)
	every_action(statement)
	covers(statement, what)
}

# The same with all that is not known turning out well.
may_refuse if {
	every what in ["bucket", "objects"] {
		some_may_cover(what)
	}
}

some_may_cover(what) if {
	some statement in statements.denies(path)
	may_be_without_tls(statement)
	may_be_everyone(statement)
	may_be_every_action(statement)
	may_cover(statement, what)
}

# A second key or operator would leave requests out.
without_tls(statement) if {
	some wanted in only_condition(statement)
	some value in lib.list(wanted)
	value in {false, "false", "False"}
}

only_condition(statement) := [wanted |
	count(lib.fields(statement.body.Condition)) == 1
	some operator, block in lib.fields(statement.body.Condition)
	lower(operator) in {"bool", "boolifexists"}
	count(lib.fields(block)) == 1
	some key, wanted in lib.fields(block)
	lower(key) == "aws:securetransport"
]

may_be_without_tls(statement) if without_tls(statement)

may_be_without_tls(statement) if {
	some wanted in only_condition(statement)
	some value in lib.list(wanted)
	lib.is_unknown(value)
}

may_be_without_tls(statement) if lib.is_unknown(statement.body.Condition)

may_be_without_tls(statement) if {
	some operator, block in lib.fields(statement.body.Condition)
	lower(operator) in {"bool", "boolifexists"}
	lib.is_unknown(block)
}

everyone(statement) if statement.body.Principal == "*"

everyone(statement) if "*" in lib.list(statement.body.Principal.AWS)

may_be_everyone(statement) if everyone(statement)

may_be_everyone(statement) if lib.is_unknown(statement.body.Principal)

may_be_everyone(statement) if {
	some principal in lib.list(statement.body.Principal.AWS)
	statements.may_be_star(principal)
}

every_action(statement) if {
	some action in statements.actions(statement)
	action in {"*", "s3:*"}
}

may_be_every_action(statement) if every_action(statement)

may_be_every_action(statement) if statements.may_grant(statement, {"*", "s3:*"})

# A call shows its end: `…/*` is the objects, what has no slash the bucket.
covers(statement, what) if {
	some index, text in statement.texts
	is_string(text)
	not is_open(statement.resources[index])
	is_about(text, what)
}

may_cover(statement, what) if covers(statement, what)

may_cover(statement, _) if {
	some resource in statement.resources
	is_open(resource)
}

is_about(text, "bucket") if not contains(text, "/")

is_about(text, "objects") if regex.match(`^([^/]*[*]|[^/]+/[*]+)$`, text)

# What a wildcard covers altogether.
is_about(text, _) if regex.match(`^(arn:[^:]*:s3:::)?[*]+$`, text)

# What may yield anything, as a parameter or a list of values may.
is_open(resource) if {
	lib.is_unknown(resource)
	not lib.refers_to_sibling(resource)
	not resource["Fn::Sub"]
	not resource["Fn::Join"]
}

is_open(resource) if {
	joined := resource["Fn::Join"]
	not is_array(joined[1])
}
