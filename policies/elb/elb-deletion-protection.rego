# METADATA
# title: Load balancers cannot be deleted by mistake
# custom:
#   id: elb-deletion-protection
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::ElasticLoadBalancingV2::LoadBalancer]
#   absent: fail
#   fix: Set the attribute deletion_protection.enabled to true
#   equivalents:
#     security_hub: [ELB.6]
#     guard_registry: [ELB_DELETION_PROTECTION_ENABLED]
package stagegate.checks.elb_deletion_protection

import data.stagegate.attributes
import data.stagegate.lib

path := ["LoadBalancerAttributes"]

deny contains lib.finding(path, "One wrong call takes the service off the net") if {
	not attributes.has(path, "Key", "deletion_protection.enabled", {true, "true", "True"})
	count(attributes.undecided(path, "Key", "deletion_protection.enabled")) == 0
}

unknown contains entry if {
	not attributes.has(path, "Key", "deletion_protection.enabled", {true, "true", "True"})
	some entry in attributes.undecided(path, "Key", "deletion_protection.enabled")
}
