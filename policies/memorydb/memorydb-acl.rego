# METADATA
# title: MemoryDB clusters have an access control list
# custom:
#   id: memorydb-acl
#   severity: high
#   category: authentication
#   types: [AWS::MemoryDB::Cluster]
#   absent: pass
#   fix: Create an AWS::MemoryDB::ACL with users, and set ACLName to it
package stagegate.checks.memorydb_acl

import data.stagegate.lib

path := ["ACLName"]

# It has one user, without a password and with all permissions.
deny contains lib.finding(path, "The list `open-access` lets everybody in without a password") if {
	lib.value(path) == "open-access"
}

unknown contains entry if {
	entry := lib.unresolved(path)
	not lib.refers_to_sibling(lib.value(path))
}
