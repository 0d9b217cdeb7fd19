# METADATA
# title: Functions are traced
# custom:
#   id: lambda-tracing
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set TracingConfig.Mode to Active, and allow the role xray:PutTraceSegments
#   equivalents:
#     trivy: [AWS-0066]
package stagegate.checks.lambda_tracing

import data.stagegate.lib

path := ["TracingConfig", "Mode"]

deny contains lib.finding(path, "Calls cannot be followed from one service to the next") if lib.broken(path, {"Active"})

unknown contains lib.unresolved(path)
