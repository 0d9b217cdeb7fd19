# METADATA
# title: Traffic to targets is encrypted
# custom:
#   id: tg-protocol
#   severity: low
#   category: transport
#   pack: encryption
#   types: [AWS::ElasticLoadBalancingV2::TargetGroup]
#   absent: pass
#   fix: Set Protocol to HTTPS, where encryption up to the target is asked for
package stagegate.checks.tg_protocol

import data.stagegate.lib

path := ["Protocol"]

deny contains lib.finding(path, "Behind the load balancer requests travel in plain text") if lib.holds(path, {"HTTP"})

unknown contains lib.unresolved(path)
