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
	count(undecided) == 0
}

unknown contains entry if {
	not refuses_plain_http
	some entry in undecided
}

undecided := array.concat(statements.unreadable(path), [lib.unresolved(path) | lib.unresolved(path)])

# One statement may name both resources, or one statement each.
refuses_plain_http if {
	covered := [resource |
		some statement in statements.denies(path)
		without_tls(statement)
		everyone(statement)
		every_action(statement)
		some resource in statements.resources(statement)
	]
	some resource in covered
	reaches_objects(resource)
	some other in covered
	reaches_bucket(other)
}

without_tls(statement) if {
	some operator, block in lib.fields(statement.body.Condition)
	lower(operator) in {"bool", "boolifexists"}
	some key, wanted in lib.fields(block)
	lower(key) == "aws:securetransport"
	some value in lib.list(wanted)
	value in {false, "false", "False"}
}

everyone(statement) if statement.body.Principal == "*"

everyone(statement) if "*" in lib.list(statement.body.Principal.AWS)

every_action(statement) if {
	some action in statements.actions(statement)
	action in {"*", "s3:*"}
}

# An unresolved ARN shows its end: `…/*` is the objects, anything else the bucket.
reaches_objects(resource) if resource == "*"

reaches_objects(resource) if endswith(ending(resource), "/*")

reaches_objects(resource) if {
	endswith(ending(resource), "*")
	not endswith(ending(resource), "/*")
}

reaches_bucket(resource) if not endswith(ending(resource), "/*")

ending(resource) := resource if is_string(resource)

ending(resource) := text if {
	text := lib.list(resource["Fn::Sub"])[0]
	is_string(text)
}

ending(resource) := last if {
	pieces := resource["Fn::Join"][1]
	last := pieces[count(pieces) - 1]
	is_string(last)
}

ending(resource) := "" if resource["Fn::GetAtt"]

ending(resource) := "" if resource.Ref
