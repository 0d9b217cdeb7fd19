# METADATA
# title: State machines log their runs
# custom:
#   id: sfn-logging
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::StepFunctions::StateMachine]
#   absent: fail
#   fix: Set LoggingConfiguration.Level to ERROR or ALL, with a log group in Destinations
#   equivalents:
#     security_hub: [StepFunctions.1]
package stagegate.checks.sfn_logging

import data.stagegate.lib

path := ["LoggingConfiguration", "Level"]

deny contains lib.finding(path, "Why a run failed is kept for 90 days at most, and for express workflows not at all") if lib.broken(path, {"ERROR", "ALL", "FATAL"})

unknown contains lib.unresolved(path)
