# METADATA
# title: Functions cannot use up the account
# custom:
#   id: lambda-concurrency
#   severity: info
#   category: resilience
#   pack: resilience
#   types: [AWS::Lambda::Function]
#   absent: fail
#   fix: Set ReservedConcurrentExecutions
#   equivalents:
#     checkov: [CKV_AWS_115]
#     guard_registry: [LAMBDA_CONCURRENCY_CHECK]
package stagegate.checks.lambda_concurrency

import data.stagegate.lib

path := ["ReservedConcurrentExecutions"]

deny contains lib.finding(path, "One function can take all of the account's concurrent executions") if lib.missing(path)

unknown contains lib.hidden(path)
