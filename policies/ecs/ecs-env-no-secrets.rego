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
import data.stagegate.scripts
import data.stagegate.secrets

deny contains lib.finding(variable.path, "The value has the shape of a credential") if {
	some variable in variables
	secrets.has_shape(variable.text)
}

deny contains lib.finding(variable.path, sprintf("`%s` holds a literal, and its name says secret", [replace(variable.name, "�", "…")])) if {
	some variable in variables
	says_secret(variable)
	secrets.is_suspicious(variable.value)
	not secrets.has_shape(variable.text)
}

unknown contains entry if {
	some variable in variables
	is_open(variable)
	may_be_secret(variable)
	not secrets.has_shape(variable.text)
	entry := {"path": variable.path, "reason": "the value is not known before apply"}
}

unknown contains entry if {
	some container in array.concat([["ContainerDefinitions"]], lib.elements(["ContainerDefinitions"]))
	environment := array.concat(container, ["Environment"])
	some path in array.concat([environment], lib.elements(environment))
	entry := lib.unresolved(path)
}

# An ending that is not known may say that the value is only about a secret.
says_secret(variable) if {
	secrets.is_secret_name(variable.name)
	not endswith(variable.name, "�")
}

may_be_secret(variable) if {
	secrets.is_secret_name(variable.name)
	secrets.may_be_literal(variable.value)
	scripts.is_suspicious(variable.text)
}

# A name that is not known may say secret.
may_be_secret(variable) if {
	contains(variable.name, "�")
	not says_secret(variable)
	secrets.is_suspicious(variable.value)
}

may_be_secret(variable) if {
	contains(variable.name, "�")
	secrets.may_be_literal(variable.value)
}

may_be_secret(variable) if scripts.hides_password(variable.text)

variables := [variable |
	some container in lib.elements(["ContainerDefinitions"])
	some pair in lib.elements(array.concat(container, ["Environment"]))
	path := array.concat(pair, ["Value"])
	value := lib.value(path)
	variable := {"path": path, "name": text(array.concat(pair, ["Name"])), "value": value, "text": text(path)}
]

# Part of it is not known.
is_open(variable) if is_object(variable.value)

is_open(variable) if contains(variable.name, "�")

text(path) := text_of(path, lib.value(path)) if not lib.absent(path)

text(path) := "" if lib.absent(path)

text_of(_, value) := value if is_string(value)

text_of(path, value) := lib.text(path) if is_object(value)

# A choice of texts can be any.
text_of(path, value) := "�" if {
	is_object(value)
	not lib.text(path)
}

text_of(_, value) := "" if not type_name(value) in {"object", "string"}
