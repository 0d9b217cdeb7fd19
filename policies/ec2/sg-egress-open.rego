# METADATA
# title: Security groups say where traffic may go
# custom:
#   id: sg-egress-open
#   severity: low
#   category: network
#   pack: exposure
#   types:
#     - AWS::EC2::SecurityGroup
#     - AWS::EC2::SecurityGroupEgress
#   absent: fail
#   fix: Name the ports and networks in SecurityGroupEgress
#   equivalents:
#     guard_registry: [EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD_RULE, SECURITY_GROUP_EGRESS_ALL_PROTOCOLS_RULE]
#     trivy: [AWS-0104]
package stagegate.checks.sg_egress_open

import data.stagegate.ingress
import data.stagegate.lib

path := ["SecurityGroupEgress"]

deny contains lib.finding(path, "Without a rule, AWS adds one that lets all traffic out") if {
	input.resource.type == "AWS::EC2::SecurityGroup"
	lib.missing(path)
}

deny contains lib.finding(place, "All traffic may go anywhere") if {
	some rule in rules
	lib.holds(array.concat(rule, ["IpProtocol"]), all_protocols)
	some name in ["CidrIp", "CidrIpv6"]
	place := array.concat(rule, [name])
	ingress.is_everywhere(lib.text(place))
}

unknown contains entry if {
	some place in array.concat([path], lib.elements(path))
	entry := lib.unresolved(place)
}

unknown contains entry if {
	some rule in rules
	lib.holds(array.concat(rule, ["IpProtocol"]), all_protocols)
	some name in ["CidrIp", "CidrIpv6"]
	entry := ingress.may_be_everywhere(array.concat(rule, [name]))
}

unknown contains entry if {
	some rule in rules
	entry := lib.unresolved(array.concat(rule, ["IpProtocol"]))
	some name in ["CidrIp", "CidrIpv6"]
	may_be_everywhere(array.concat(rule, [name]))
}

may_be_everywhere(place) if ingress.is_everywhere(lib.text(place))

may_be_everywhere(place) if ingress.may_be_everywhere(place)

all_protocols := {"-1", -1, "all"}

rules := lib.elements(path) if input.resource.type == "AWS::EC2::SecurityGroup"

rules := [[]] if input.resource.type == "AWS::EC2::SecurityGroupEgress"
