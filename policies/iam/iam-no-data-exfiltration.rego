# METADATA
# title: Permissions to read data name the data
# custom:
#   id: iam-no-data-exfiltration
#   severity: medium
#   category: least-privilege
#   pack: access
#   types:
#     - AWS::IAM::Policy
#     - AWS::IAM::RolePolicy
#     - AWS::IAM::UserPolicy
#     - AWS::IAM::GroupPolicy
#     - AWS::IAM::ManagedPolicy
#     - AWS::IAM::Role
#     - AWS::IAM::User
#     - AWS::IAM::Group
#   absent: pass
#   fix: Name the buckets, parameters and secrets that are read
#   equivalents:
#     checkov: [CKV_AWS_108, CKV_AWS_107]
package stagegate.checks.iam_no_data_exfiltration

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	not statements.is_admin(statement)
	granted := sort(unscoped(statement))
	count(granted) > 0
	entry := lib.finding(array.concat(statement.path, ["Resource"]), sprintf("`%s` reads everything that there is", [granted[0]]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.choices) > 0
	count(unscoped(statement)) == 0
	some action in statements.granted(statement, actions)
	statements.may_cover(statement, kinds[action])
	entry := statements.unclear(statement, "Resource")
}

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not statements.is_admin(statement)
	count(unscoped(statement)) == 0
	some action, _ in kinds
	statements.may_grant(statement, {action})
	may_be_unscoped(statement, action)
	entry := statements.unclear(statement, "Action")
}

unscoped(statement) := [action |
	some action in statements.granted(statement, actions)
	statements.covers(statement, kinds[action])
]

may_be_unscoped(statement, action) if statements.covers(statement, kinds[action])

may_be_unscoped(statement, action) if statements.may_cover(statement, kinds[action])

actions := {action | some action, _ in kinds}

# The actions, and what covers all that they are about.
kinds := {
	"rds:copydbclustersnapshot": {"rds:*", "rds:cluster-snapshot"},
	"rds:copydbsnapshot": {"rds:*", "rds:snapshot"},
	"s3:getobject": {"s3:*"},
	"secretsmanager:getsecretvalue": {"secretsmanager:*", "secretsmanager:secret"},
	"ssm:getparameter": {"ssm:*", "ssm:parameter"},
	"ssm:getparameters": {"ssm:*", "ssm:parameter"},
	"ssm:getparametersbypath": {"ssm:*", "ssm:parameter"},
}
