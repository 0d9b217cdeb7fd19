# METADATA
# title: Functions behind an API answer in time
# custom:
#   id: lambda-timeout-api
#   severity: medium
#   category: architecture
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set Timeout between 10 and 29 seconds
package stagegate.checks.lambda_timeout_api

import data.stagegate.functions
import data.stagegate.lib

path := ["Timeout"]

deny contains lib.finding(path, "The timeout is not between 10 s and the 29 s that an API waits; the default is 3 s") if {
	functions.serves_api(input.resource)
	not lib.unresolved(path)
	not fits
}

unknown contains lib.unresolved(path) if functions.serves_api(input.resource)

fits if {
	lib.number(path) >= 10
	lib.number(path) <= 29
}
