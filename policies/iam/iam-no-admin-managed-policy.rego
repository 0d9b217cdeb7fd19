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
	ends_with_admin(lib.value(path))
}

ends_with_admin(arn) if ends_with_admin_text(arn)

ends_with_admin(arn) if ends_with_admin_text(lib.list(arn["Fn::Sub"])[0])

ends_with_admin(arn) if {
	some piece in lib.members(arn["Fn::Join"][1])
	ends_with_admin_text(piece)
}

ends_with_admin_text(text) if {
	is_string(text)
	endswith(text, ":policy/AdministratorAccess")
}

unknown contains entry if {
	some path in array.concat([["ManagedPolicyArns"]], lib.elements(["ManagedPolicyArns"]))
	entry := lib.unresolved(path)
	not lib.value(path)["Fn::Sub"]
	not lib.value(path)["Fn::Join"]
	not lib.refers_to_sibling(lib.value(path))
}
