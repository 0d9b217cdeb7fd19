# METADATA
# title: SNS topic policies let only named callers in
# custom:
#   id: sns-policy-not-public
#   severity: critical
#   category: public-access
#   types:
#     - AWS::SNS::TopicPolicy
#     - AWS::SNS::TopicInlinePolicy
#   absent: pass
#   fix: "Name the principals, or add a condition such as aws:SourceArn"
#   equivalents:
#     security_hub: [SNS.4]
#     guard_registry: [SNS_TOPICPOLICY_NO_WILDCARD_PRINCIPAL]
package stagegate.checks.sns_policy_not_public

import data.stagegate.statements

path := ["PolicyDocument"]

deny contains entry if {
	some entry in statements.open_to_anyone(path, "caller", "The topic policy lets anybody in")
}

unknown contains entry if some entry in statements.may_be_open(path, "caller")
