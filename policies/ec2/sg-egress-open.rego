# METADATA
# title: Security groups say where traffic may go
# custom:
#   id: sg-egress-open
#   severity: low
#   category: network
#   pack: exposure
#   types: [AWS::EC2::SecurityGroup]
#   absent: fail
#   fix: Name the ports and networks in SecurityGroupEgress
#   equivalents:
#     guard_registry: [EC2_SECURITY_GROUP_EGRESS_OPEN_TO_WORLD_RULE, SECURITY_GROUP_EGRESS_ALL_PROTOCOLS_RULE]
#     trivy: [AWS-0104]
package stagegate.checks.sg_egress_open

import data.stagegate.lib

path := ["SecurityGroupEgress"]

deny contains lib.finding(path, "Without a rule, AWS adds one that lets all traffic out") if lib.missing(path)

deny contains lib.finding(array.concat(rule, [source]), "All traffic may go anywhere") if {
	some rule in lib.elements(path)
	lib.holds(array.concat(rule, ["IpProtocol"]), {"-1", -1, "all"})
	some source, anywhere in {"CidrIp": "0.0.0.0/0", "CidrIpv6": "::/0"}
	lib.value(array.concat(rule, [source])) == anywhere
}

unknown contains entry if {
	some rule in array.concat([path], lib.elements(path))
	some name in ["IpProtocol", "CidrIp", "CidrIpv6"]
	entry := lib.unresolved(array.concat(rule, [name]))
}
