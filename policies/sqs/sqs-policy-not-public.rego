# METADATA
# title: SQS queue policies let only named callers in
# custom:
#   id: sqs-policy-not-public
#   severity: critical
#   category: public-access
#   types:
#     - AWS::SQS::QueuePolicy
#     - AWS::SQS::QueueInlinePolicy
#   absent: pass
#   fix: "Name the principals, or add a condition such as aws:SourceArn"
#   equivalents:
#     guard_registry: [SQS_QUEUEPOLICY_NO_WILDCARD_PRINCIPAL]
#     trivy: [AWS-0097]
package stagegate.checks.sqs_policy_not_public

import data.stagegate.statements

path := ["PolicyDocument"]

deny contains entry if {
	some entry in statements.open_to_anyone(path, "caller", "The queue policy lets anybody in")
}

unknown contains entry if some entry in statements.may_be_open(path, "caller")
