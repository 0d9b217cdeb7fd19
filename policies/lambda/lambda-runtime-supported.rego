# METADATA
# title: Lambda runtimes are supported
# custom:
#   id: lambda-runtime-supported
#   severity: medium
#   category: supply-chain
#   types: [AWS::Lambda::Function]
#   absent: pass
#   fix: Move to a runtime that AWS still patches, such as python3.14, nodejs24.x or provided.al2023
#   equivalents:
#     checkov: [CKV_AWS_363]
#     security_hub: [Lambda.2]
package stagegate.checks.lambda_runtime_supported

import data.stagegate.lib
import data.stagegate.runtimes

path := ["Runtime"]

deny contains lib.finding(path, sprintf("%s gets no security patches since %s", [name, runtimes.last_day[name]])) if {
	name := lib.value(path)
	runtimes.is_unsupported(name)
}

unknown contains lib.unresolved(path)
