# METADATA
# title: State machines are traced
# custom:
#   id: sfn-tracing
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::StepFunctions::StateMachine]
#   absent: fail
#   fix: Set TracingConfiguration.Enabled to true
package stagegate.checks.sfn_tracing

import data.stagegate.lib

path := ["TracingConfiguration", "Enabled"]

deny contains lib.finding(path, "Runs cannot be followed from one service to the next") if lib.off(path)

unknown contains lib.unresolved(path)
