# Databases that take settings from another one: members of a cluster, replicas, restored ones.
package stagegate.databases

import data.stagegate.lib

# True for a property that names the other one. A parameter or another stack's output is taken for a name.
given(name) if {
	not lib.value([name]) in {"", false}
	not may_be_missing(name)
	lib.value([name])
}

# A condition may leave it out, or empty.
may_be_missing(name) if lib.optional([name])

may_be_missing(name) if "" in lib.members(lib.value([name])["Fn::If"])

given_any(names) if {
	some name in names
	given(name)
}

# What keeps it from being known whether one of them is given.
undecided(names) := [{"path": [name], "reason": "a condition decides whether it is given"} |
	some name in names
	may_be_missing(name)
]
