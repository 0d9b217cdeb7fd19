# METADATA
# title: Lambda runtimes are supported
# custom:
#   id: lambda-runtime-supported
#   severity: medium
#   category: supply-chain
#   types: [AWS::Lambda::Function]
#   absent: pass
#   fix: Move to a runtime that AWS still patches, such as python3.13, nodejs22.x or provided.al2023
#   equivalents:
#     checkov: [CKV_AWS_363]
#     security_hub: [Lambda.2]
package stagegate.checks.lambda_runtime_supported

import data.stagegate.lib

path := ["Runtime"]

# Runtimes whose deprecation date has passed.
deny contains lib.finding(path, sprintf("The runtime %s gets no security patches any more", [lib.value(path)])) if {
	lib.value(path) in {
		"dotnet5.0", "dotnet6", "dotnet7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1",
		"go1.x", "java8", "nodejs", "nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x",
		"nodejs20.x", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "provided", "provided.al2",
		"python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "ruby2.5", "ruby2.7", "ruby3.2",
	}
}

unknown contains lib.unresolved(path)
