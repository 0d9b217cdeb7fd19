# METADATA
# title: Instances have no public address
# custom:
#   id: ec2-no-public-ip
#   severity: medium
#   category: public-access
#   pack: exposure
#   types:
#     - AWS::EC2::Instance
#     - AWS::AutoScaling::LaunchConfiguration
#   absent: pass
#   fix: Set AssociatePublicIpAddress to false, and let a load balancer or Session Manager in
#   equivalents:
#     checkov: [CKV_AWS_88]
#     security_hub: [EC2.9, AutoScaling.5]
#     guard_registry: [EC2_INSTANCE_NO_PUBLIC_IP]
#     trivy: [AWS-0009]
package stagegate.checks.ec2_no_public_ip

import data.stagegate.lib

interfaces := ["NetworkInterfaces"]

# A launch configuration says it for all of its instances.
deny contains lib.finding(["AssociatePublicIpAddress"], "The instances can be reached from the internet") if {
	input.resource.type == "AWS::AutoScaling::LaunchConfiguration"
	lib.on(["AssociatePublicIpAddress"])
}

unknown contains lib.unresolved(["AssociatePublicIpAddress"]) if {
	input.resource.type == "AWS::AutoScaling::LaunchConfiguration"
}

deny contains lib.finding(path, "The instance can be reached from the internet") if {
	some interface in lib.elements(interfaces)
	path := array.concat(interface, ["AssociatePublicIpAddress"])
	lib.on(path)
}

unknown contains entry if {
	some interface in array.concat([interfaces], lib.elements(interfaces))
	entry := lib.unresolved(array.concat(interface, ["AssociatePublicIpAddress"]))
}
