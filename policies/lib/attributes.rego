# Settings that are given as a list of names and values, such as a load balancer's attributes.
package stagegate.attributes

import data.stagegate.lib

# True when an entry of the list has the name, which stands under `key`, and one of the values.
has(path, key, name, allowed) if {
	some entry in lib.elements(path)
	lib.value(array.concat(entry, [key])) == name
	lib.holds(array.concat(entry, ["Value"]), allowed)
}

# What keeps the list from being known.
undecided(path, key) := array.concat(
	[entry | entry := lib.unresolved(path)],
	[entry |
		some element in lib.elements(path)
		some part in [key, "Value"]
		entry := lib.unresolved(array.concat(element, [part]))
	],
)
