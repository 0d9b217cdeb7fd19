# METADATA
# title: Volumes of instances are encrypted
# custom:
#   id: ec2-ebs-encrypted
#   severity: high
#   category: encryption
#   types:
#     - AWS::EC2::Instance
#     - AWS::EC2::LaunchTemplate
#     - AWS::AutoScaling::LaunchConfiguration
#   absent: fail
#   fix: Set Ebs.Encrypted to true in every mapping
#   equivalents:
#     security_hub: [EC2.3]
#     guard_registry: [ENCRYPTED_VOLUMES]
#     trivy: [AWS-0131]
package stagegate.checks.ec2_ebs_encrypted

import data.stagegate.lib

mappings := ["BlockDeviceMappings"] if input.resource.type in {"AWS::AutoScaling::LaunchConfiguration", "AWS::EC2::Instance"}

mappings := ["LaunchTemplateData", "BlockDeviceMappings"] if input.resource.type == "AWS::EC2::LaunchTemplate"

deny contains lib.finding(path, "The volume is not encrypted") if {
	some mapping in lib.elements(mappings)
	not lib.absent(array.concat(mapping, ["Ebs"]))
	path := array.concat(mapping, ["Ebs", "Encrypted"])
	lib.off(path)
}

unknown contains entry if {
	some mapping in array.concat([mappings], lib.elements(mappings))
	entry := lib.unresolved(array.concat(mapping, ["Ebs", "Encrypted"]))
}
