# METADATA
# title: Containers keep their logs
# custom:
#   id: ecs-log-config
#   severity: medium
#   category: logging
#   pack: logging
#   types: [AWS::ECS::TaskDefinition]
#   absent: fail
#   fix: Set LogConfiguration, for instance with LogDriver awslogs
#   equivalents:
#     security_hub: [ECS.9]
package stagegate.checks.ecs_log_config

import data.stagegate.lib

containers := ["ContainerDefinitions"]

deny contains lib.finding(path, "What the container says is lost with it") if {
	some container in lib.elements(containers)
	path := array.concat(container, ["LogConfiguration", "LogDriver"])
	lib.missing(path)
}

unknown contains entry if {
	some container in array.concat([containers], lib.elements(containers))
	entry := lib.hidden(array.concat(container, ["LogConfiguration", "LogDriver"]))
}
