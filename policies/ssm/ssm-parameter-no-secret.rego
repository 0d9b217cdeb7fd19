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

deny contains lib.finding(path, "The value has the shape of a credential") if secrets.shows_credential(path)

deny contains lib.finding(path, "The parameter's name says secret, and its value is readable") if {
	secret_name
	secrets.is_suspicious(lib.value(path))
	not secrets.shows_credential(path)
}

unknown contains entry if {
	secret_name
	not secrets.shows_credential(path)
	some entry in secrets.undecided(path)
}

# The end of the name is not known, and the value could be a secret.
unknown contains lib.unresolved(["Name"]) if {
	not secret_name
	may_be_secret_name
	not secrets.shows_credential(path)
	may_be_secret
}

# The last part of the name as far as it is known. What comes after it could say that the value is only about a secret.
secret_name if {
	not endswith(last_part, "\ufffd")
	secrets.is_secret_name(last_part)
}

may_be_secret_name if {
	contains(last_part, "\ufffd")
	secrets.is_secret_name(replace(last_part, "\ufffd", "_password_"))
}

may_be_secret_name if {
	endswith(last_part, "\ufffd")
	secrets.is_secret_name(replace(last_part, "\ufffd", "_password"))
}

may_be_secret_name if {
	lib.unresolved(["Name"])
	not lib.text(["Name"])
}

last_part := parts[count(parts) - 1] if {
	parts := split(lib.text(["Name"]), "/")
}

may_be_secret if secrets.is_suspicious(lib.value(path))

may_be_secret if secrets.may_be_literal(lib.value(path))
