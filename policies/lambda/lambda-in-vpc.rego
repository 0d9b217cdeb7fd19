# METADATA
# title: Functions run in a VPC
# custom:
#   id: lambda-in-vpc
#   severity: info
#   category: network
#   pack: exposure
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set VpcConfig.SubnetIds and SecurityGroupIds, where the function needs private resources
#   equivalents:
#     checkov: [CKV_AWS_117]
#     security_hub: [Lambda.3]
#     guard_registry: [LAMBDA_INSIDE_VPC]
package stagegate.checks.lambda_in_vpc

import data.stagegate.lib

path := ["VpcConfig", "SubnetIds"]

deny contains lib.finding(path, "The function's traffic leaves through AWS's network, past your own controls") if {
	not lib.unresolved(path)
	count(lib.elements(path)) == 0
}

unknown contains lib.unresolved(path) if not lib.value(path)
