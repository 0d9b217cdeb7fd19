# METADATA
# title: Tasks have a role of their own
# custom:
#   id: ecs-task-role-split
#   severity: low
#   category: least-privilege
#   pack: access
#   types: [AWS::ECS::TaskDefinition]
#   absent: fail
#   fix: Set TaskRoleArn to a role with the application's permissions only
package stagegate.checks.ecs_task_role_split

import data.stagegate.lib

path := ["TaskRoleArn"]

deny contains lib.finding(path, "The task has no role of its own") if lib.missing(path)

deny contains lib.finding(path, "The application has the rights of the agent that starts it, such as reading its secrets") if {
	lib.value(path) == lib.value(["ExecutionRoleArn"])
}
