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
	statements.on_every_resource(statement)
	granted := sort(statements.granted(statement, sensitive))
	count(granted) > 0
	entry := lib.finding(array.concat(statement.path, ["Resource"]), sprintf("`%s` reads everything that there is", [granted[0]]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	statements.may_be_on_every_resource(statement)
	count(statements.granted(statement, sensitive)) > 0
	entry := {"path": array.concat(statement.path, ["Resource"]), "reason": "the value is not known before apply"}
}

sensitive := {
	"rds:copydbclustersnapshot", "rds:copydbsnapshot", "s3:getobject", "secretsmanager:getsecretvalue",
	"ssm:getparameter", "ssm:getparameters", "ssm:getparametersbypath",
}
