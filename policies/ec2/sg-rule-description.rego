# METADATA
# title: Security group rules say what they are for
# custom:
#   id: sg-rule-description
#   severity: low
#   category: naming
#   pack: hardening
#   types: [AWS::EC2::SecurityGroup, AWS::EC2::SecurityGroupIngress]
#   absent: fail
#   fix: Set Description on every rule
#   equivalents:
#     checkov: [CKV_AWS_23]
#     guard_registry: [SECURITY_GROUP_DESCRIPTION_RULE]
#     trivy: [AWS-0124]
package stagegate.checks.sg_rule_description

import data.stagegate.lib

deny contains lib.finding(path, "Nobody can tell what the rule is for") if {
	some rule in rules
	path := array.concat(rule, ["Description"])
	lib.missing(path)
}

unknown contains entry if {
	some list in ["SecurityGroupIngress", "SecurityGroupEgress"]
	some rule in array.concat([[list]], lib.elements([list]))
	entry := lib.unresolved(rule)
}

rules := [[]] if input.resource.type == "AWS::EC2::SecurityGroupIngress"

rules := array.concat(lib.elements(["SecurityGroupIngress"]), lib.elements(["SecurityGroupEgress"])) if {
	input.resource.type != "AWS::EC2::SecurityGroupIngress"
}
