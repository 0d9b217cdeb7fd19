# METADATA
# title: Clusters report on their containers
# custom:
#   id: ecs-container-insights
#   severity: low
#   category: logging
#   pack: logging
#   types: [AWS::ECS::Cluster]
#   absent: fail
#   fix: Set the cluster setting containerInsights to enabled or enhanced
#   equivalents:
#     checkov: [CKV_AWS_65]
#     security_hub: [ECS.12]
#     trivy: [AWS-0034]
package stagegate.checks.ecs_container_insights

import data.stagegate.attributes
import data.stagegate.lib

path := ["ClusterSettings"]

deny contains lib.finding(path, "Load and failures of single tasks are not recorded") if {
	not attributes.has(path, "Name", "containerInsights", {"enabled", "enhanced"})
	count(attributes.undecided(path, "Name", "containerInsights")) == 0
}

unknown contains entry if {
	not attributes.has(path, "Name", "containerInsights", {"enabled", "enhanced"})
	some entry in attributes.undecided(path, "Name", "containerInsights")
}
