# Reading the ingress rules of security groups. A rule is {"path": …, "body": …}; it is the whole
# resource when it stands alone.
package stagegate.ingress

import data.stagegate.lib

rules(resource) := [{"path": path, "body": lib.value(path)} | some path in lib.elements(["SecurityGroupIngress"])] if {
	resource.type == "AWS::EC2::SecurityGroup"
}

rules(resource) := [{"path": [], "body": resource.properties}] if resource.type != "AWS::EC2::SecurityGroup"

# Rules that let every address in.
open_rules(resource) := [rule |
	some rule in rules(resource)
	source_path(rule)
]

# Where a rule says that every address may come in.
source_path(rule) := array.concat(rule.path, ["CidrIp"]) if rule.body.CidrIp == "0.0.0.0/0"

source_path(rule) := array.concat(rule.path, ["CidrIpv6"]) if {
	rule.body.CidrIpv6 == "::/0"
	not rule.body.CidrIp == "0.0.0.0/0"
}

reaches(rule, port) if every_protocol(rule)

reaches(rule, port) if {
	is_tcp_or_udp(rule)
	number(rule.body.FromPort) <= port
	number(rule.body.ToPort) >= port
}

every_port(rule) if every_protocol(rule)

every_port(rule) if {
	is_tcp_or_udp(rule)
	number(rule.body.FromPort) == 0
	number(rule.body.ToPort) == 65535
}

every_protocol(rule) if rule.body.IpProtocol in {"-1", -1, "all"}

# By name or by number.
is_tcp_or_udp(rule) if rule.body.IpProtocol in {"tcp", "udp", "6", "17", 6, 17}

number(x) := x if is_number(x)

number(x) := to_number(x) if {
	is_string(x)
	regex.match(`^-?[0-9]+$`, x)
}

# What keeps a rule from being judged.
undecided(resource) := array.concat(
	[entry |
		resource.type == "AWS::EC2::SecurityGroup"
		some path in array.concat([["SecurityGroupIngress"]], lib.elements(["SecurityGroupIngress"]))
		entry := lib.unresolved(path)
	],
	[entry |
		some rule in rules(resource)
		not lib.is_unknown(rule.body)
		some name in undecided_parts(rule)
		entry := lib.unresolved(array.concat(rule.path, [name]))
	],
)

# The ports matter only once the source is known to be everywhere.
undecided_parts(rule) := ["IpProtocol", "FromPort", "ToPort"] if source_path(rule)

undecided_parts(rule) := ["CidrIp", "CidrIpv6"] if not source_path(rule)
