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
	found := unscoped(statement)
	count(found) > 0
	entry := lib.finding(statement.path, sprintf("%s on every resource lets the holder take more permissions", [names(found)]))
}

unknown contains entry if some entry in statements.unreadable_identity(input.resource)

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.choices) > 0
	count(unscoped(statement)) == 0
	some action in statements.granted(statement, escalations)
	statements.may_cover_service(statement, action)
	entry := statements.unclear(statement, "Resource")
}

unknown contains entry if {
	some statement in statements.identity_allows(input.resource)
	count(statement.unclear_actions) > 0
	not statements.is_admin(statement)
	count(unscoped(statement)) == 0
	some action in escalations
	statements.may_grant(statement, {action})
	may_be_unscoped(statement, action)
	entry := statements.unclear(statement, "Action")
}

# Actions that change permissions, and the making of something that runs under a role to be passed.
# The first by name, and how many more: `iam:*` grants them all.
names(actions) := sprintf("`%s`", [sort(actions)[0]]) if count(actions) == 1

names(actions) := sprintf("`%s` and %d more", [sort(actions)[0], count(actions) - 1]) if count(actions) > 1

unscoped(statement) := {action |
	some action in statements.granted(statement, escalations)
	statements.covers_service(statement, action)
}

may_be_unscoped(statement, action) if statements.covers_service(statement, action)

may_be_unscoped(statement, action) if statements.may_cover_service(statement, action)

escalations := own_permissions | {action | some action in with_a_role; passes_any_role}

own_permissions := {
	"iam:createpolicyversion", "iam:setdefaultpolicyversion", "iam:attachuserpolicy",
	"iam:attachgrouppolicy", "iam:attachrolepolicy", "iam:putuserpolicy", "iam:putgrouppolicy",
	"iam:putrolepolicy", "iam:addusertogroup", "iam:updateassumerolepolicy", "iam:createaccesskey",
	"iam:createloginprofile", "iam:updateloginprofile",
}

with_a_role := {
	"lambda:createfunction", "ec2:runinstances", "ecs:runtask", "cloudformation:createstack",
	"glue:createjob", "sagemaker:createnotebookinstance",
}

passes_any_role if {
	some statement in statements.identity_allows(input.resource)
	statements.covers(statement, {"iam:*", "iam:role"})
	statements.grants(statement, "iam:passrole")
}
