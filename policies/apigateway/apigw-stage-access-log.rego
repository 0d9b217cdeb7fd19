# METADATA
# title: REST API stages write an access log
# custom:
#   id: apigw-stage-access-log
#   severity: medium
#   category: logging
#   types: [AWS::ApiGateway::Stage]
#   absent: fail
#   fix: Set AccessLogSetting.DestinationArn to a log group
#   equivalents:
#     checkov: [CKV_AWS_76]
#     security_hub: [APIGateway.1]
#     guard_registry: [API_GW_STAGE_ACCESS_LOGGING_RULE]
#     trivy: [AWS-0001]
package stagegate.checks.apigw_stage_access_log

import data.stagegate.lib

path := ["AccessLogSetting", "DestinationArn"]

deny contains lib.finding(path, "Nobody can tell who called the API") if lib.missing(path)

unknown contains lib.hidden(path)
