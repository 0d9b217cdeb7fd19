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
source_path(rule) := array.concat(rule.path, ["CidrIp"]) if is_everywhere(network(rule, "CidrIp"))

source_path(rule) := array.concat(rule.path, ["CidrIpv6"]) if {
	is_everywhere(network(rule, "CidrIpv6"))
	not is_everywhere(network(rule, "CidrIp"))
}

network(rule, name) := lib.text(array.concat(rule.path, [name])) if rule.body[name]

# No bit is fixed, however the address before it is written: `::/0`, `0:0:0:0:0:0:0:0/0`.
is_everywhere(network) if {
	is_string(network)
	endswith(network, "/0")
}

# The entry for `unknown` where a network may turn out to be everywhere: not when the number of its
# fixed bits is known, and not when it is the network of a VPC or subnet.
may_be_everywhere(path) := entry if {
	entry := lib.unresolved(path)
	not has_fixed_bits(path)
	not is_of_vpc(lib.value(path))
}

has_fixed_bits(path) if regex.match(`/[0-9]+$`, lib.text(path))

is_of_vpc(call) if {
	call["Fn::GetAtt"][1] == "CidrBlock"
	input.logical_ids[call["Fn::GetAtt"][0]] in {"AWS::EC2::Subnet", "AWS::EC2::VPC"}
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

# What keeps the rules from being judged. `wanted` is a list of lists of ports: a rule matters when it may
# let through all ports of one of them.
undecided(resource, wanted) := array.concat(
	[entry |
		resource.type == "AWS::EC2::SecurityGroup"
		some path in array.concat([["SecurityGroupIngress"]], lib.elements(["SecurityGroupIngress"]))
		entry := lib.unresolved(path)
	],
	[entry |
		count(resource.unresolved) > 0
		some rule in rules(resource)
		not lib.is_unknown(rule.body)
		may_reach(rule, wanted)
		some entry in undecided_parts(rule)
	],
)

# The ports matter only once the source is known to be everywhere.
undecided_parts(rule) := [entry |
	some name in ["IpProtocol", "FromPort", "ToPort"]
	entry := lib.unresolved(array.concat(rule.path, [name]))
] if source_path(rule)

undecided_parts(rule) := [entry |
	some name in ["CidrIp", "CidrIpv6"]
	entry := may_be_everywhere(array.concat(rule.path, [name]))
] if not source_path(rule)

may_reach(rule, wanted) if {
	some range in widest(rule)
	some ports in wanted
	every port in ports {
		range.from <= port
		range.to >= port
	}
}

# The ports that a rule may let through.
widest(rule) := ranges(rule) if not has_open_ports(rule)

widest(rule) := [{"from": 0, "to": 65535}] if lib.is_unknown(rule.body.IpProtocol)

widest(rule) := [{"from": bound(rule.body.FromPort, 0), "to": bound(rule.body.ToPort, 65535)}] if {
	has_open_ports(rule)
	not lib.is_unknown(rule.body.IpProtocol)
}

has_open_ports(rule) if lib.is_unknown(rule.body.IpProtocol)

has_open_ports(rule) if {
	has_ports(rule)
	some name in ["FromPort", "ToPort"]
	lib.is_unknown(rule.body[name])
}

bound(port, furthest) := furthest if lib.is_unknown(port)

bound(port, _) := number(port) if not lib.is_unknown(port)
