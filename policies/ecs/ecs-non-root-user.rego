# METADATA
# title: Containers that share the host do not run as root
# custom:
#   id: ecs-non-root-user
#   severity: medium
#   category: isolation
#   types: [AWS::ECS::TaskDefinition]
#   absent: pass
#   fix: Set User to another than root, or use NetworkMode awsvpc, and remove PidMode host
#   equivalents:
#     security_hub: [ECS.1, ECS.3]
#     guard_registry: [ECS_TASK_DEFINITION_USER_FOR_HOST_MODE_CHECK]
package stagegate.checks.ecs_non_root_user

import data.stagegate.lib

deny contains lib.violation(path, "The container shares the host's network and runs as root") if {
	lib.value(["NetworkMode"]) == "host"
	some container in lib.elements(["ContainerDefinitions"])
	path := array.concat(container, ["User"])
	is_root(path)
}

deny contains lib.finding(["PidMode"], "The containers see every process of the host") if lib.value(["PidMode"]) == "host"

is_root(path) if {
	not lib.unresolved(path)
	user := object.get(input.resource.properties, path, "root")
	is_string(user)
	regex.match(`^(root|0)?(:|$)`, user)
}

unknown contains entry if {
	some name in ["NetworkMode", "PidMode"]
	entry := lib.unresolved([name])
}

unknown contains entry if {
	lib.value(["NetworkMode"]) == "host"
	some container in array.concat([["ContainerDefinitions"]], lib.elements(["ContainerDefinitions"]))
	entry := lib.unresolved(array.concat(container, ["User"]))
}
