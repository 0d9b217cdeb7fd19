# METADATA
# title: Event buses take events from known senders
# custom:
#   id: events-bus-policy-not-public
#   severity: high
#   category: public-access
#   pack: exposure
#   types: [AWS::Events::EventBusPolicy]
#   absent: pass
#   fix: Name the accounts, or add a condition on aws:PrincipalOrgID
#   equivalents:
#     security_hub: [EventBridge.3]
package stagegate.checks.events_bus_policy_not_public

import data.stagegate.lib
import data.stagegate.statements

deny contains lib.finding(["Principal"], "Anybody may send events to the bus") if {
	lib.value(["Principal"]) == "*"
	not lib.value(["Condition", "Key"]) == "aws:PrincipalOrgID"
	not lib.unresolved(["Condition", "Key"])
}

deny contains lib.finding(["Statement", principal], "Anybody may send events to the bus") if {
	statement.body.Effect == "Allow"
	statements.names_anyone(statement)
	not statements.restricted(statement, "account")
	not statements.may_be_restricted(statement, "account")
	principal := statements.principal_key(statement)
}

unknown contains entry if {
	some path in [["Principal"], ["Statement"], ["Statement", "Effect"], ["Statement", "Principal"]]
	entry := lib.unresolved(path)
}

unknown contains lib.unresolved(["Condition", "Key"]) if lib.value(["Principal"]) == "*"

unknown contains {"pointer": "/Statement/Condition", "reason": "the value is not known before apply"} if {
	statement.body.Effect == "Allow"
	statements.names_anyone(statement)
	not statements.restricted(statement, "account")
	statements.may_be_restricted(statement, "account")
}

# The property holds one statement rather than a document.
statement := {"path": ["Statement"], "body": body} if {
	body := lib.value(["Statement"])
	is_object(body)
	not lib.is_unknown(body)
}
