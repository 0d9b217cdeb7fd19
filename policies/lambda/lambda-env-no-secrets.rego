# METADATA
# title: Lambda variables hold no secrets
# custom:
#   id: lambda-env-no-secrets
#   severity: critical
#   category: secrets
#   types: [AWS::Lambda::Function]
#   absent: pass
#   fix: Store the value in Secrets Manager and give the function its ARN
#   equivalents:
#     checkov: [CKV_AWS_45]
package stagegate.checks.lambda_env_no_secrets

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
	some path in [["Environment"], ["Environment", "Variables"]]
	entry := lib.unresolved(path)
}

variables := [{"path": path, "name": path[2], "value": lib.value(path)} |
	some path in lib.elements(["Environment", "Variables"])
	is_string(path[2])
]
