# METADATA
# title: Only named callers may invoke a function
# custom:
#   id: lambda-permission-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::Lambda::Permission]
#   absent: pass
#   fix: Name the principal, or set PrincipalOrgID
#   equivalents:
#     security_hub: [Lambda.1]
#     guard_registry: [LAMBDA_FUNCTION_PUBLIC_ACCESS_PROHIBITED, LAMBDA_NO_WILDCARD_PRINCIPALS]
package stagegate.checks.lambda_permission_not_public

import data.stagegate.lib

path := ["Principal"]

deny contains lib.finding(path, "Anybody may invoke the function") if {
	lib.value(path) == "*"
	lib.missing(organisation)
}

unknown contains lib.hidden(organisation) if lib.value(path) == "*"

unknown contains lib.unresolved(path) if {
	not has_organisation
	not lib.refers_to_sibling(lib.value(path))
}

organisation := ["PrincipalOrgID"]

has_organisation if {
	not lib.absent(organisation)
	not lib.optional(organisation)
}
