# METADATA
# title: User data holds no secrets
# custom:
#   id: ec2-userdata-no-secrets
#   severity: critical
#   category: secrets
#   types: [AWS::EC2::Instance]
#   absent: pass
#   fix: Read the value from Secrets Manager or Parameter Store when the instance starts
#   equivalents:
#     checkov: [CKV_AWS_46]
#     trivy: [AWS-0029]
package stagegate.checks.ec2_userdata_no_secrets

import data.stagegate.lib
import data.stagegate.secrets

path := ["UserData"]

deny contains lib.finding(path, "The user data holds something with the shape of a credential") if {
	some text in texts
	secrets.has_shape(text)
}

# A variable is not handed on with `=$(…)`, `=$NAME` or a quoted form of these.
deny contains lib.finding(path, "The user data sets a secret to a literal") if {
	some text in texts
	not secrets.has_shape(text)
	regex.match(
		`(password|passwd|secret_?access_?key|secret_?key|api_?key|auth_?token)["']?=["']?[^ \t\r\n"'$({<\x60]`,
		lower(text),
	)
}

unknown contains entry if {
	entry := lib.unresolved(path)
	count(texts) == 0
}

texts contains decoded(lib.value(path))

# Fn::Base64 usually stands around a text, or around Fn::Sub with one.
texts contains text if {
	text := lib.value(path)["Fn::Base64"]
	is_string(text)
}

texts contains text if {
	some text in lib.list(lib.value(path)["Fn::Base64"]["Fn::Sub"])
	is_string(text)
}

texts contains text if {
	some text in lib.members(lib.value(path)["Fn::Base64"]["Fn::Join"][1])
	is_string(text)
}

decoded(text) := base64.decode(text) if {
	is_string(text)
	base64.is_valid(text)
}

decoded(text) := text if {
	is_string(text)
	not base64.is_valid(text)
}
