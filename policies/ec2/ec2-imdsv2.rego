# METADATA
# title: Instances ask for IMDSv2
# custom:
#   id: ec2-imdsv2
#   severity: high
#   category: authentication
#   types:
#     - AWS::EC2::Instance
#     - AWS::EC2::LaunchTemplate
#     - AWS::AutoScaling::LaunchConfiguration
#   absent: fail
#   fix: Set MetadataOptions.HttpTokens to required
#   equivalents:
#     checkov: [CKV_AWS_79]
#     security_hub: [EC2.8, AutoScaling.3]
#     trivy: [AWS-0130]
#     cis_aws_5_0: ['5.7']
package stagegate.checks.ec2_imdsv2

import data.stagegate.lib

message := "The instance metadata service answers without a session token"

deny contains lib.finding(path, message) if {
	is_broken
	not from_template
	not lib.unresolved(endpoint)
}

deny contains lib.finding(path, message) if {
	is_broken
	some template in templates
	not lib.unresolved(endpoint)
	not is_safe(template)
	not is_undecided(template)
}

unknown contains lib.unresolved(path) if not is_disabled

unknown contains entry if {
	is_broken
	entry := lib.unresolved(endpoint)
}

unknown contains entry if {
	is_broken
	some template in templates
	is_undecided(template)
	entry := {"path": ["LaunchTemplate"], "reason": sprintf("what %s says is not known before apply", [lib.label(template)])}
}

unknown contains entry if {
	is_broken
	from_template
	count(templates) == 0
	entry := {"path": ["LaunchTemplate"], "reason": "the launch template is not part of the scan"}
}

options := ["MetadataOptions"] if input.resource.type in {"AWS::AutoScaling::LaunchConfiguration", "AWS::EC2::Instance"}

options := ["LaunchTemplateData", "MetadataOptions"] if input.resource.type == "AWS::EC2::LaunchTemplate"

path := array.concat(options, ["HttpTokens"])

endpoint := array.concat(options, ["HttpEndpoint"])

is_broken if {
	lib.broken(path, {"required"})
	not is_disabled
}

# Nothing answers.
is_disabled if lib.value(endpoint) == "disabled"

# What the instance does not say, its launch template does.
from_template if {
	input.resource.type == "AWS::EC2::Instance"
	lib.absent(path)
	not lib.absent(["LaunchTemplate"])
}

templates := [template |
	from_template
	some template in lib.members(input.siblings["AWS::EC2::LaunchTemplate"])
	is_named(template)
]

is_named(template) if {
	lib.referent(lib.value(["LaunchTemplate", "LaunchTemplateId"]), "LaunchTemplateId") == {"Ref": template.logical_id}
}

is_named(template) if lib.value(["LaunchTemplate", "LaunchTemplateId"]) == template.identifier

is_named(template) if lib.value(["LaunchTemplate", "LaunchTemplateName"]) == template.properties.LaunchTemplateName

is_safe(template) if template.properties.LaunchTemplateData.MetadataOptions.HttpTokens == "required"

is_safe(template) if template.properties.LaunchTemplateData.MetadataOptions.HttpEndpoint == "disabled"

is_undecided(template) if {
	not is_safe(template)
	some value in [
		object.get(template.properties, "LaunchTemplateData", null),
		object.get(template.properties, ["LaunchTemplateData", "MetadataOptions"], null),
		object.get(template.properties, ["LaunchTemplateData", "MetadataOptions", "HttpTokens"], null),
		object.get(template.properties, ["LaunchTemplateData", "MetadataOptions", "HttpEndpoint"], null),
	]
	lib.is_unknown(value)
}
