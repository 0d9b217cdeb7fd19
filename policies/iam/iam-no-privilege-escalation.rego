# METADATA
# title: No policy lets its holder gain more permissions
# custom:
#   id: iam-no-privilege-escalation
#   severity: high
#   category: privilege-escalation
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
#   fix: Scope the statement to named resources, and let a pipeline role change permissions
#   equivalents:
#     checkov: [CKV_AWS_109, CKV_AWS_110]
package stagegate.checks.iam_no_privilege_escalation

import data.stagegate.lib
import data.stagegate.statements

deny contains entry if {
	some statement in statements.identity_allows(input.resource)
	not statements.is_admin(statement)
	statements.on_every_resource(statement)
	found := escalations(statement)
	count(found) > 0
	entry := lib.finding(statement.path, sprintf("%s on every resource lets the holder take more permissions", [names(found)]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	statements.may_be_on_every_resource(statement)
	count(escalations(statement)) > 0
	entry := {"path": array.concat(statement.path, ["Resource"]), "reason": "the value is not known before apply"}
}

# Actions that change permissions, and the making of something that runs under a role to be passed.
# The first by name, and how many more: `iam:*` grants them all.
names(actions) := sprintf("`%s`", [sort(actions)[0]]) if count(actions) == 1

names(actions) := sprintf("`%s` and %d more", [sort(actions)[0], count(actions) - 1]) if count(actions) > 1

escalations(statement) := statements.granted(statement, {
	"iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:attachuserpolicy",
	"iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:putuserpolicy", "iam:putgrouppolicy",
	"iam:putrolepolicy", "iam:addusertogroup", "iam:updateassumerolepolicy", "iam:createaccesskey",
	"iam:createloginprofile", "iam:updateloginprofile",
}) | {action |
	some action in statements.granted(statement, {
		"lambda:createfunction", "ec2:runinstances", "ecs:runtask", "cloudformation:createstack",
		"glue:createjob", "sagemaker:createnotebookinstance",
	})
	passes_any_role
}

passes_any_role if {
	some statement in statements.identity_allows(input.resource)
	statements.on_every_resource(statement)
	statements.grants(statement, "iam:passrole")
}
