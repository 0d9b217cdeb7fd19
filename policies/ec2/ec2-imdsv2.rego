# METADATA
# title: Instances ask for IMDSv2
# custom:
#   id: ec2-imdsv2
#   severity: high
#   category: authentication
#   types:
#     - AWS::EC2::Instance
#     - AWS::EC2::LaunchTemplate
#   absent: fail
#   fix: Set MetadataOptions.HttpTokens to required
#   equivalents:
#     checkov: [CKV_AWS_79]
#     security_hub: [EC2.8, AutoScaling.3]
#     trivy: [AWS-0130]
#     cis_aws_5_0: ['5.7']
package stagegate.checks.ec2_imdsv2

import data.stagegate.lib

deny contains lib.finding(path, "The instance metadata service answers without a session token") if {
	lib.broken(path, {"required"})
}

unknown contains lib.unresolved(path)

path := ["MetadataOptions", "HttpTokens"] if input.resource.type == "AWS::EC2::Instance"

path := ["LaunchTemplateData", "MetadataOptions", "HttpTokens"] if input.resource.type == "AWS::EC2::LaunchTemplate"
