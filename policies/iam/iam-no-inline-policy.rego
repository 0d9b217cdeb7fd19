# METADATA
# title: Permissions stand in policies of their own
# custom:
#   id: iam-no-inline-policy
#   severity: low
#   category: least-privilege
#   pack: access
#   types: [AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   absent: pass
#   fix: Move the statements to an AWS::IAM::ManagedPolicy, which can be versioned and shared
#   equivalents:
#     guard_registry: [IAM_NO_INLINE_POLICY_CHECK]
package stagegate.checks.iam_no_inline_policy

import data.stagegate.lib

path := ["Policies"]

deny contains lib.finding(path, "Permissions are written into the principal itself") if count(lib.elements(path)) > 0

unknown contains lib.unresolved(path)
