# METADATA
# title: No security group opens every port to the internet
# custom:
#   id: sg-no-open-all-ports
#   severity: critical
#   category: network
#   types:
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::SecurityGroupIngress
#   absent: pass
#   fix: Name the ports that are needed
#   equivalents:
#     checkov: [CKV_AWS_24]
#     security_hub: [EC2.18]
#     guard_registry:
#       - EC2_SECURITY_GROUP_INGRESS_OPEN_TO_WORLD_RULE
#       - SECURITY_GROUP_INGRESS_ALL_PROTOCOLS_RULE
#     trivy: [AWS-0107]
package stagegate.checks.sg_no_open_all_ports

import data.stagegate.ingress
import data.stagegate.lib

deny contains entry if {
	some rule in ingress.open_rules(input.resource)
	some range in ingress.ranges(rule)
	range.from <= 0
	range.to >= 65535
	entry := lib.finding(ingress.source_path(rule), "Every port is open to the internet")
}

unknown contains entry if some entry in ingress.undecided(input.resource, [[0, 65535]])
