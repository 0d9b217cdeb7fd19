# METADATA
# title: No AWS policy with a whole service's rights is attached
# custom:
#   id: iam-no-elevated-managed-policy
#   severity: medium
#   category: least-privilege
#   pack: access
#   types: [AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   absent: pass
#   fix: Attach a policy of your own that names actions and resources
#   equivalents:
#     guard_registry: [IAM_ROLE_ELEVATED_MANAGED_POLICY_RULE]
package stagegate.checks.iam_no_elevated_managed_policy

import data.stagegate.lib

deny contains lib.finding(path, sprintf("%s is attached", [name])) if {
	some path in lib.elements(["ManagedPolicyArns"])
	name := elevated(lib.text(path))
}

unknown contains entry if {
	some path in array.concat([["ManagedPolicyArns"]], lib.elements(["ManagedPolicyArns"]))
	entry := lib.unresolved(path)
	not lib.refers_to_sibling(lib.value(path))
	not elevated(lib.text(path))
	may_be_elevated(path)
}

# The partition may be unresolved; the policy's name is written.
elevated(arn) := name if {
	contains(arn, ":iam::aws:policy/")
	parts := split(arn, "/")
	name := parts[count(parts) - 1]
	regex.match(`^PowerUserAccess$|FullAccess(_v[0-9]+)?$`, name)
}

# A choice, or a text whose known end could be such a name's.
may_be_elevated(path) if not lib.text(path)

may_be_elevated(path) if {
	text := lib.text(path)
	not is_own_policy(text)
	parts := split(text, "\ufffd")
	rest := parts[count(parts) - 1]
	count(parts) > 1
	could_end_in(rest)
}

could_end_in(rest) if regex.match(`^[^/]*FullAccess(_v[0-9]+)?$`, rest)

could_end_in(rest) if {
	some name in [":iam::aws:policy/PowerUserAccess", "FullAccess", "FullAccess_v2"]
	endswith(name, rest)
}

# True for a managed policy's ARN of an account rather than of AWS itself.
is_own_policy(text) if regex.match(`:iam::([0-9]{12}|\x{fffd}):policy/`, text)
