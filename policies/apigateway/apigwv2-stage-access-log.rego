# METADATA
# title: HTTP and WebSocket API stages write an access log
# custom:
#   id: apigwv2-stage-access-log
#   severity: medium
#   category: logging
#   types: [AWS::ApiGatewayV2::Stage]
#   absent: fail
#   fix: Set AccessLogSettings.DestinationArn to a log group
#   equivalents:
#     checkov: [CKV_AWS_95]
#     security_hub: [APIGateway.9]
#     guard_registry: [API_GWV2_ACCESS_LOGS_ENABLED]
#     trivy: [AWS-0001]
package stagegate.checks.apigwv2_stage_access_log

import data.stagegate.lib

path := ["AccessLogSettings", "DestinationArn"]

deny contains lib.finding(path, "Nobody can tell who called the API") if lib.missing(path)

unknown contains lib.hidden(path)
