# METADATA
# title: ECS tasks have no public addresses
# custom:
#   id: ecs-service-no-public-ip
#   severity: high
#   category: public-access
#   types: [AWS::ECS::Service]
#   absent: pass
#   fix: Set AssignPublicIp to DISABLED and use private subnets with endpoints or NAT
#   equivalents:
#     security_hub: [ECS.2]
package stagegate.checks.ecs_service_no_public_ip

import data.stagegate.lib

path := ["NetworkConfiguration", "AwsvpcConfiguration", "AssignPublicIp"]

deny contains lib.finding(path, "Every task gets a public address") if lib.holds(path, {"ENABLED"})

unknown contains lib.unresolved(path)
