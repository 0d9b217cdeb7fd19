# METADATA
# title: Subnets give no public addresses by themselves
# custom:
#   id: subnet-no-auto-public-ip
#   severity: medium
#   category: network
#   types: [AWS::EC2::Subnet]
#   absent: pass
#   fix: Set MapPublicIpOnLaunch to false
#   equivalents:
#     security_hub: [EC2.15]
#     guard_registry: [SUBNET_AUTO_ASSIGN_PUBLIC_IP_DISABLED]
#     trivy: [AWS-0164]
package stagegate.checks.subnet_no_auto_public_ip

import data.stagegate.lib

path := ["MapPublicIpOnLaunch"]

deny contains lib.finding(path, "Everything that starts in the subnet gets a public address") if lib.on(path)

unknown contains lib.unresolved(path)
