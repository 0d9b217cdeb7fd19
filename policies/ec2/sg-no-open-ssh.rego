# METADATA
# title: SSH is not open to the internet
# custom:
#   id: sg-no-open-ssh
#   severity: critical
#   category: network
#   types:
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::SecurityGroupIngress
#   absent: pass
#   fix: Name the networks that need it, or use Session Manager instead
#   equivalents:
#     checkov: [CKV_AWS_24]
#     security_hub: [EC2.13]
#     guard_registry: [INCOMING_SSH_DISABLED]
#     trivy: [AWS-0107]
#     cis_aws_5_0: ['5.3', '5.4']
package stagegate.checks.sg_no_open_ssh

import data.stagegate.ingress
import data.stagegate.lib

deny contains entry if {
	some rule in ingress.open_rules(input.resource)
	some range in ingress.ranges(rule)
	range.from <= 22
	range.to >= 22
	entry := lib.finding(ingress.source_path(rule), "SSH (port 22) is open to the internet")
}

unknown contains entry if some entry in ingress.undecided(input.resource, [[22]])
