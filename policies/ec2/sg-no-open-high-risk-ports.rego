# METADATA
# title: Databases, caches and admin ports are not open to the internet
# custom:
#   id: sg-no-open-high-risk-ports
#   severity: high
#   category: network
#   types:
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::SecurityGroupIngress
#   absent: pass
#   fix: Name the networks or security groups that need them
#   equivalents:
#     security_hub: [EC2.19]
#     guard_registry: [RESTRICTED_INCOMING_TRAFFIC]
#     trivy: [AWS-0107]
package stagegate.checks.sg_no_open_high_risk_ports

import data.stagegate.ingress
import data.stagegate.lib

deny contains entry if {
	some rule in ingress.open_rules(input.resource)
	some range in ingress.ranges(rule)
	exposed := [port |
		some port in high_risk
		range.from <= port
		range.to >= port
	]
	count(exposed) > 0
	entry := lib.finding(ingress.source_path(rule), sprintf("Port %d is open to the internet", [exposed[0]]))
}

unknown contains entry if some entry in ingress.undecided(input.resource, [[port] | some port in high_risk])

high_risk := [
	20, 21, 23, 25, 110, 135, 143, 445, 1433, 1521, 3306, 4333, 5432, 5500, 5601, 6379, 9200, 11211,
	27017,
]
