# METADATA
# title: User data holds no secrets
# custom:
#   id: ec2-userdata-no-secrets
#   severity: critical
#   category: secrets
#   types:
#     - AWS::EC2::Instance
#     - AWS::EC2::LaunchTemplate
#   absent: pass
#   fix: Read the value from Secrets Manager or Parameter Store when the instance starts
#   equivalents:
#     checkov: [CKV_AWS_46]
#     trivy: [AWS-0029]
package stagegate.checks.ec2_userdata_no_secrets

import data.stagegate.lib
import data.stagegate.scripts
import data.stagegate.secrets

path := ["UserData"] if input.resource.type == "AWS::EC2::Instance"

path := ["LaunchTemplateData", "UserData"] if input.resource.type == "AWS::EC2::LaunchTemplate"

deny contains lib.finding(path, "The user data holds something with the shape of a credential") if has_shape

deny contains lib.finding(path, "The user data sets a secret to a literal") if {
	not has_shape
	gives_secret
}

unknown contains entry if {
	not has_shape
	not gives_secret
	may_hold_secret
	entry := lib.unresolved(path)
}

# As far as it is known; a text that stands here without Fn::Base64 around it is encoded.
script := decoded(lib.value(path))

script := lib.text(path) if is_object(lib.value(path))

has_shape if secrets.has_shape(script)

gives_secret if scripts.gives_secret(script)

# A choice of texts.
may_hold_secret if not script

# Nothing of it is known.
may_hold_secret if regex.match(`^[�\s]*$`, script)

may_hold_secret if {
	scripts.hides_password(script)
	not from_siblings
}

may_hold_secret if {
	scripts.may_give_secret(script)
	not from_siblings
}

# One of the texts that a condition chooses from.
may_hold_secret if {
	contains(source, `"Fn::If":`)
	lines := replace(source, `\n`, "\n")
	holds_secret(lines)
}

holds_secret(text) if secrets.has_shape(text)

holds_secret(text) if scripts.gives_secret(text)

source := json.marshal(lib.value(path))

# True when all that is not known is something of another resource: a name, an address.
from_siblings if {
	not regex.match(`"Fn::[A-Za-z:]+":`, regex.replace(source, `"Fn::(Base64|Sub|Join|GetAtt)":`, ""))
	every reference in regex.find_all_string_submatch_n(`"Ref":"([^"]*)"|[$][{] *([^}!]*?) *[}]`, source, -1) {
		is_sibling(reference)
	}
}

is_sibling(reference) if lib.refers_to_sibling({"Ref": concat("", [reference[1], reference[2]])})

# An attribute.
is_sibling(reference) if contains(reference[2], ".")

decoded(text) := base64.decode(text) if {
	is_string(text)
	base64.is_valid(text)
}

decoded(text) := text if {
	is_string(text)
	not base64.is_valid(text)
}
