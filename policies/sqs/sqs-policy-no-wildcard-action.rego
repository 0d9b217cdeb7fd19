# METADATA
# title: SQS queue policies name their actions
# custom:
#   id: sqs-policy-no-wildcard-action
#   severity: medium
#   category: least-privilege
#   pack: access
#   types: [AWS::SQS::QueuePolicy]
#   absent: pass
#   fix: Name the actions that the principal needs, such as sqs:SendMessage
#   equivalents:
#     guard_registry: [SQS_QUEUEPOLICY_NO_WILDCARD_ACTION]
#     trivy: [AWS-0097]
package stagegate.checks.sqs_policy_no_wildcard_action

import data.stagegate.lib
import data.stagegate.statements

path := ["PolicyDocument"]

deny contains lib.finding(array.concat(statement.path, ["Action"]), sprintf("`%s` allows every action", [action])) if {
	some statement in statements.allows(path)
	some action in statements.actions(statement)
	action in everything
}

unknown contains entry if some entry in statements.unreadable(path)

unknown contains entry if {
	some statement in statements.allows(path)
	count(statement.unclear_actions) > 0
	count({action | some action in statements.actions(statement)} & everything) == 0
	statements.may_grant(statement, everything)
	entry := statements.unclear(statement, "Action")
}

everything := {"*", "sqs:*"}
