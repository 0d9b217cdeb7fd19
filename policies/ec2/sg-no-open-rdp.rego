# METADATA
# title: RDP is not open to the internet
# custom:
#   id: sg-no-open-rdp
#   severity: critical
#   category: network
#   types:
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::SecurityGroupIngress
#   absent: pass
#   fix: Name the networks that need it, or use Session Manager instead
#   equivalents:
#     checkov: [CKV_AWS_25]
#     security_hub: [EC2.14]
#     trivy: [AWS-0107]
#     cis_aws_5_0: ['5.3', '5.4']
package stagegate.checks.sg_no_open_rdp

import data.stagegate.ingress
import data.stagegate.lib

deny contains entry if {
	some rule in ingress.open_rules(input.resource)
	some range in ingress.ranges(rule)
	range.from <= 3389
	range.to >= 3389
	entry := lib.finding(ingress.source_path(rule), "RDP (port 3389) is open to the internet")
}

unknown contains entry if some entry in ingress.undecided(input.resource, [[3389]])
