# METADATA
# title: REST API stages are traced
# custom:
#   id: apigw-stage-tracing
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::ApiGateway::Stage]
#   absent: fail
#   fix: Set TracingEnabled to true
#   equivalents:
#     checkov: [CKV_AWS_73]
#     security_hub: [APIGateway.3]
package stagegate.checks.apigw_stage_tracing

import data.stagegate.lib

path := ["TracingEnabled"]

deny contains lib.finding(path, "Calls cannot be followed from one service to the next") if lib.off(path)

unknown contains lib.unresolved(path)
