# METADATA
# title: Load balancers that face the internet are known
# custom:
#   id: elb-internet-facing
#   severity: info
#   category: public-access
#   pack: exposure
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   absent: fail
#   fix: Set Scheme to internal where the service is for inside use
#   equivalents:
#     trivy: [AWS-0053]
package stagegate.checks.elb_internet_facing

import data.stagegate.lib

path := ["Scheme"]

deny contains lib.finding(path, "The load balancer can be reached from the internet; without a scheme that is the default") if lib.broken(path, {"internal"})

unknown contains lib.unresolved(path)
