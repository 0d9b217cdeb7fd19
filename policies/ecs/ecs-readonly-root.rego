# METADATA
# title: Containers cannot change their own programs
# custom:
#   id: ecs-readonly-root
#   severity: low
#   category: isolation
#   pack: hardening
#   types: [AWS::ECS::TaskDefinition]
#   absent: fail
#   fix: Set ReadonlyRootFilesystem to true, and mount a volume where the program writes
#   equivalents:
#     security_hub: [ECS.5]
package stagegate.checks.ecs_readonly_root

import data.stagegate.lib

containers := ["ContainerDefinitions"]

deny contains lib.finding(path, "An intruder can change the programs in the container") if {
	some container in lib.elements(containers)
	path := array.concat(container, ["ReadonlyRootFilesystem"])
	lib.off(path)
}

unknown contains entry if {
	some container in array.concat([containers], lib.elements(containers))
	entry := lib.unresolved(array.concat(container, ["ReadonlyRootFilesystem"]))
}
