# METADATA
# title: Deployments that fail are undone
# custom:
#   id: ecs-service-circuit-breaker
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::ECS::Service]
#   absent: fail
#   fix: Set Enable and Rollback of DeploymentConfiguration.DeploymentCircuitBreaker to true
package stagegate.checks.ecs_service_circuit_breaker

import data.stagegate.lib

# One cause: they are of use only together.
deny contains lib.findings(paths, "A deployment that never becomes healthy is tried again for ever") if {
	rolling
	paths := [path | some path in switches; lib.off(path)]
	count(paths) > 0
}

unknown contains entry if {
	rolling
	some path in switches
	entry := lib.unresolved(path)
}

switches := [["DeploymentConfiguration", "DeploymentCircuitBreaker", switch] | some switch in ["Enable", "Rollback"]]

# CodeDeploy and other controllers have rules of their own.
rolling if not lib.value(["DeploymentController", "Type"]) in {"CODE_DEPLOY", "EXTERNAL"}
