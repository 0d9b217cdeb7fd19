# METADATA
# title: Users get permissions through groups
# custom:
#   id: iam-user-no-direct-policy
#   severity: medium
#   category: least-privilege
#   types:
#     - AWS::IAM::User
#     - AWS::IAM::UserPolicy
#     - AWS::IAM::Policy
#     - AWS::IAM::ManagedPolicy
#   absent: pass
#   fix: Attach the policy to a group or role instead
#   equivalents:
#     checkov: [CKV_AWS_40]
#     security_hub: [IAM.2]
#     guard_registry: [IAM_USER_NO_POLICIES_CHECK, IAM_NO_POLICY_ON_USER]
#     cis_aws_5_0: ['1.14']
package stagegate.checks.iam_user_no_direct_policy

import data.stagegate.lib

deny contains lib.finding([name], "The user has permissions of its own") if {
	some name in lists
	count(lib.elements([name])) > 0
}

deny contains lib.finding(["Users"], "The policy is attached to users") if {
	is_policy
	count(lib.elements(["Users"])) > 0
}

deny contains lib.violation(["UserName"], "The policy belongs to one user") if input.resource.type == "AWS::IAM::UserPolicy"

unknown contains entry if {
	some name in lists
	entry := lib.unresolved([name])
}

unknown contains lib.unresolved(["Users"]) if is_policy

# Where a user's permissions stand.
lists := ["ManagedPolicyArns", "Policies"] if input.resource.type == "AWS::IAM::User"

is_policy if input.resource.type in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"}
