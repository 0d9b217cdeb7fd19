# METADATA
# title: Functions behind an API have enough memory
# custom:
#   id: lambda-memory-api
#   severity: low
#   category: architecture
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set MemorySize to 256 or more
package stagegate.checks.lambda_memory_api

import data.stagegate.functions
import data.stagegate.lib

path := ["MemorySize"]

deny contains lib.finding(path, "Less than 256 MB makes the API slow to answer; the default is 128") if {
	functions.serves_api(input.resource)
	not lib.unresolved(path)
	not enough
}

unknown contains lib.unresolved(path) if functions.serves_api(input.resource)

enough if lib.number(path) >= 256
