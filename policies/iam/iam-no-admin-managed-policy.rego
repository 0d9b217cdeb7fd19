# METADATA
# title: Nobody is given AdministratorAccess
# custom:
#   id: iam-no-admin-managed-policy
#   severity: high
#   category: least-privilege
#   types:
#     - AWS::IAM::Role
#     - AWS::IAM::User
#     - AWS::IAM::Group
#   absent: pass
#   fix: Attach a policy with the permissions that are needed
#   equivalents:
#     security_hub: [IAM.1]
#     guard_registry: [IAM_ROLE_ADMINISTRATOR_ACCESS_POLICY_RULE]
#     cis_aws_5_0: ['1.15']
package stagegate.checks.iam_no_admin_managed_policy

import data.stagegate.lib

deny contains lib.finding(path, "AdministratorAccess is attached") if {
	some path in lib.elements(["ManagedPolicyArns"])
	endswith(lib.text(path), name)
}

unknown contains entry if {
	some path in array.concat([["ManagedPolicyArns"]], lib.elements(["ManagedPolicyArns"]))
	entry := lib.unresolved(path)
	not lib.refers_to_sibling(lib.value(path))
	may_be_admin(path)
}

name := ":policy/AdministratorAccess"

# A choice, or a text whose known end could be the policy's.
may_be_admin(path) if not lib.text(path)

may_be_admin(path) if {
	text := lib.text(path)
	not is_own_policy(text)
	parts := split(text, "\ufffd")
	endswith(name, parts[count(parts) - 1])
}

# True for a managed policy's ARN of an account rather than of AWS itself.
is_own_policy(text) if regex.match(`:iam::([0-9]{12}|\x{fffd}):policy/`, text)
