# METADATA
# title: Containers are not privileged
# custom:
#   id: ecs-not-privileged
#   severity: high
#   category: isolation
#   types: [AWS::ECS::TaskDefinition]
#   absent: pass
#   fix: Remove Privileged, and grant the Linux capabilities that are needed
#   equivalents:
#     security_hub: [ECS.4]
package stagegate.checks.ecs_not_privileged

import data.stagegate.lib

deny contains lib.finding(path, "The container controls the host that it runs on") if {
	some container in lib.elements(["ContainerDefinitions"])
	path := array.concat(container, ["Privileged"])
	lib.on(path)
}

unknown contains entry if {
	some container in array.concat([["ContainerDefinitions"]], lib.elements(["ContainerDefinitions"]))
	entry := lib.unresolved(array.concat(container, ["Privileged"]))
}
