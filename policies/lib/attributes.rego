# Settings that are given as a list of names and values, such as a load balancer's attributes.
package stagegate.attributes

import data.stagegate.lib

# True when an entry of the list has the name, which stands under `key`, and one of the values.
has(path, key, name, allowed) if {
	some entry in lib.elements(path)
	lib.value(array.concat(entry, [key])) == name
	lib.holds(array.concat(entry, ["Value"]), allowed)
}

# What keeps the entry of a name from being known: the list, an element, a name, or the value of that name.
undecided(path, key, name) := array.concat(
	[entry | entry := lib.unresolved(path)],
	[entry |
		some element in lib.elements(path)
		some part in parts(array.concat(element, [key]), key, name)
		entry := lib.unresolved(array.concat(element, [part]))
	],
)

parts(path, key, name) := [key, "Value"] if may_be(path, name)

parts(path, _, name) := [] if not may_be(path, name)

may_be(path, name) if not is_string(lib.value(path))

may_be(path, name) if lib.value(path) == name
