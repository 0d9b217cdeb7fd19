# METADATA
# title: Parameters hold no secrets
# custom:
#   id: ssm-parameter-no-secret
#   severity: high
#   category: secrets
#   types: [AWS::SSM::Parameter]
#   absent: pass
#   fix: Put the value into Secrets Manager; CloudFormation cannot create a SecureString
#   equivalents:
#     checkov: [CKV_AWS_384]
package stagegate.checks.ssm_parameter_no_secret

import data.stagegate.lib
import data.stagegate.secrets

path := ["Value"]

deny contains lib.finding(path, "The value has the shape of a credential") if {
	secrets.is_literal(lib.value(path))
	secrets.has_shape(lib.value(path))
}

deny contains lib.finding(path, "The parameter's name says secret, and its value is readable") if {
	secret_name
	secrets.is_suspicious(lib.value(path))
	not secrets.has_shape(lib.value(path))
}

unknown contains entry if {
	secret_name
	some entry in secrets.undecided(path)
}

secret_name if {
	is_string(lib.value(["Name"]))
	parts := split(lib.value(["Name"]), "/")
	secrets.is_secret_name(parts[count(parts) - 1])
}
