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
source_path(rule) := array.concat(rule.path, ["CidrIp"]) if is_everywhere(rule.body.CidrIp)

source_path(rule) := array.concat(rule.path, ["CidrIpv6"]) if {
	is_everywhere(rule.body.CidrIpv6)
	not is_everywhere(rule.body.CidrIp)
}

# No bit is fixed, however the address before it is written: `::/0`, `0:0:0:0:0:0:0:0/0`.
is_everywhere(network) if {
	is_string(network)
	endswith(network, "/0")
}

# The ports that a rule lets through, as a list of none or one.
ranges(rule) := [range | range := range_of(rule)]

range_of(rule) := {"from": 0, "to": 65535} if rule.body.IpProtocol in {"-1", -1, "all"}

range_of(rule) := {"from": from, "to": to} if {
	has_ports(rule)
	from := number(rule.body.FromPort)
	to := number(rule.body.ToPort)
	from >= 0
}

# Without ports, or with -1 for all of them, none is kept out.
range_of(rule) := {"from": 0, "to": 65535} if {
	has_ports(rule)
	object.get(rule.body, "FromPort", null) in {null, -1, "-1"}
}

has_ports(rule) if rule.body.IpProtocol in {"tcp", "udp", "6", "17", 6, 17}

has_ports(rule) if {
	is_string(rule.body.IpProtocol)
	lower(rule.body.IpProtocol) in {"tcp", "udp"}
}

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
