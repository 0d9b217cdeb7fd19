# METADATA
# title: VPCs record their traffic
# custom:
#   id: vpc-flow-logs
#   severity: medium
#   category: logging
#   pack: logging
#   types: [AWS::EC2::VPC]
#   absent: fail
#   fix: Add an AWS::EC2::FlowLog with the VPC as ResourceId
#   equivalents:
#     security_hub: [EC2.6]
#     cis_aws_5_0: ['3.7']
package stagegate.checks.vpc_flow_logs

import data.stagegate.lib

deny contains lib.violation([], "Nobody can tell who talked to whom") if {
	not recorded
	count(undecided) == 0
}

unknown contains entry if {
	not recorded
	some entry in undecided
}

recorded if {
	some log in lib.members(input.referrers["AWS::EC2::FlowLog"])
	log.properties.ResourceId.Ref == input.resource.logical_id
}

recorded if {
	some log in lib.members(input.referrers["AWS::EC2::FlowLog"])
	log.properties.ResourceId["Fn::GetAtt"][0] == input.resource.logical_id
}

recorded if {
	some log in lib.members(input.referrers["AWS::EC2::FlowLog"])
	is_string(log.properties.ResourceId)
	log.properties.ResourceId == input.resource.identifier
}

undecided := [{"pointer": "", "reason": "the resource of a flow log is not known before apply"} |
	some log in lib.members(input.siblings["AWS::EC2::FlowLog"])
	lib.is_unknown(log.properties.ResourceId)
	not lib.refers_to_sibling(log.properties.ResourceId)
]
