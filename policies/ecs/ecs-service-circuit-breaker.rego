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

deny contains lib.finding(path, "A deployment that never becomes healthy is tried again for ever") if {
	rolling
	some switch in ["Enable", "Rollback"]
	path := ["DeploymentConfiguration", "DeploymentCircuitBreaker", switch]
	lib.off(path)
}

unknown contains entry if {
	rolling
	some switch in ["Enable", "Rollback"]
	entry := lib.unresolved(["DeploymentConfiguration", "DeploymentCircuitBreaker", switch])
}

# CodeDeploy and other controllers have rules of their own.
rolling if not lib.value(["DeploymentController", "Type"]) in {"CODE_DEPLOY", "EXTERNAL"}
