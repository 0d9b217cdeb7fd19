# METADATA
# title: Environment variables of builds and jobs hold no secrets
# custom:
#   id: variables-no-plaintext-secret
#   severity: high
#   category: secrets
#   types:
#     - AWS::CodeBuild::Project
#     - AWS::Amplify::App
#     - AWS::Amplify::Branch
#     - AWS::AppRunner::Service
#     - AWS::Batch::JobDefinition
#   absent: pass
#   fix: Store the value in Secrets Manager or Parameter Store, and refer to it (Type SECRETS_MANAGER in CodeBuild)
#   equivalents:
#     security_hub: [CodeBuild.2]
#     guard_registry: [CODEBUILD_PROJECT_ENVVAR_AWSCRED_CHECK]
package stagegate.checks.variables_no_plaintext_secret

import data.stagegate.lib
import data.stagegate.secrets

deny contains lib.finding(variable.path, "The value has the shape of a credential") if {
	some variable in variables
	secrets.shows_credential(variable.path)
}

deny contains lib.finding(variable.path, sprintf("`%s` holds a literal, and its name says secret", [variable.name])) if {
	some variable in variables
	secrets.is_secret_name(variable.name)
	secrets.is_suspicious(variable.value)
	not secrets.shows_credential(variable.path)
}

unknown contains entry if {
	some variable in variables
	secrets.is_secret_name(variable.name)
	secrets.may_be_literal(variable.value)
	not secrets.says_elsewhere(variable.path)
	not secrets.shows_credential(variable.path)
	entry := {"path": variable.path, "reason": "the value is not known before apply"}
}

unknown contains entry if {
	some list in lists[input.resource.type]
	some path in array.concat([list], lib.elements(list))
	entry := lib.unresolved(path)
}

variables := [{"path": path, "name": name, "value": lib.value(path)} |
	some list in lists[input.resource.type]
	some pair in lib.elements(list)
	is_plain(pair)
	name := lib.value(array.concat(pair, ["Name"]))
	is_string(name)
	path := array.concat(pair, ["Value"])
]

# CodeBuild reads the other types from where the secret is.
is_plain(pair) if object.get(lib.fields(lib.value(pair)), "Type", "PLAINTEXT") == "PLAINTEXT"

lists := {
	"AWS::Amplify::App": [["EnvironmentVariables"]],
	"AWS::Amplify::Branch": [["EnvironmentVariables"]],
	"AWS::AppRunner::Service": [
		["SourceConfiguration", "CodeRepository", "CodeConfiguration", "CodeConfigurationValues", "RuntimeEnvironmentVariables"],
		["SourceConfiguration", "ImageRepository", "ImageConfiguration", "RuntimeEnvironmentVariables"],
	],
	"AWS::Batch::JobDefinition": [["ContainerProperties", "Environment"]],
	"AWS::CodeBuild::Project": [["Environment", "EnvironmentVariables"]],
}
