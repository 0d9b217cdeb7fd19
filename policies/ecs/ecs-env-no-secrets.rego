# METADATA
# title: ECS container variables hold no secrets
# custom:
#   id: ecs-env-no-secrets
#   severity: critical
#   category: secrets
#   types: [AWS::ECS::TaskDefinition]
#   absent: pass
#   fix: Use Secrets with ValueFrom
#   equivalents:
#     security_hub: [ECS.8]
#     trivy: [AWS-0036]
package stagegate.checks.ecs_env_no_secrets

import data.stagegate.lib
import data.stagegate.secrets

deny contains lib.finding(variable.path, "The value has the shape of a credential") if {
	some variable in variables
	secrets.is_literal(variable.value)
	secrets.has_shape(variable.value)
}

deny contains lib.finding(variable.path, sprintf("`%s` holds a literal, and its name says secret", [variable.name])) if {
	some variable in variables
	secrets.is_secret_name(variable.name)
	secrets.is_suspicious(variable.value)
	not secrets.has_shape(variable.value)
}

unknown contains entry if {
	some variable in variables
	secrets.is_secret_name(variable.name)
	secrets.may_be_literal(variable.value)
	entry := {"path": variable.path, "reason": "the value is not known before apply"}
}

unknown contains entry if {
	some container in array.concat([["ContainerDefinitions"]], lib.elements(["ContainerDefinitions"]))
	entry := lib.unresolved(array.concat(container, ["Environment"]))
}

variables := [{"path": array.concat(pair, ["Value"]), "name": name, "value": lib.value(array.concat(pair, ["Value"]))} |
	some container in lib.elements(["ContainerDefinitions"])
	some pair in lib.elements(array.concat(container, ["Environment"]))
	name := lib.value(array.concat(pair, ["Name"]))
	is_string(name)
]
