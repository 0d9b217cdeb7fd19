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
	name := elevated(ending(lib.value(path)))
}

unknown contains entry if {
	some path in array.concat([["ManagedPolicyArns"]], lib.elements(["ManagedPolicyArns"]))
	entry := lib.unresolved(path)
	not ending(lib.value(path))
	not lib.refers_to_sibling(lib.value(path))
}

elevated(arn) := name if {
	contains(arn, ":iam::aws:policy/")
	parts := split(arn, "/")
	name := parts[count(parts) - 1]
	regex.match(`^PowerUserAccess$|FullAccess$`, name)
}

# The partition may be unresolved; the policy's name is written.
ending(arn) := arn if is_string(arn)

ending(arn) := text if {
	text := lib.list(arn["Fn::Sub"])[0]
	is_string(text)
}

ending(arn) := concat("", [piece | some piece in lib.members(arn["Fn::Join"][1]); is_string(piece)]) if arn["Fn::Join"]
