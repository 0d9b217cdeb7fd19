# METADATA
# title: EFS mount targets are in private subnets
# custom:
#   id: efs-mount-target-private
#   severity: medium
#   category: public-access
#   pack: exposure
#   types: [AWS::EFS::MountTarget]
#   absent: pass
#   fix: Use subnets in which instances get no public address
#   equivalents:
#     security_hub: [EFS.6]
package stagegate.checks.efs_mount_target_private

import data.stagegate.lib

path := ["SubnetId"]

deny contains lib.finding(path, sprintf("The subnet %s gives its instances public addresses", [lib.label(subnet)])) if {
	some subnet in lib.members(input.siblings["AWS::EC2::Subnet"])
	is_used(subnet)
	subnet.properties.MapPublicIpOnLaunch in {true, "true"}
}

is_used(subnet) if lib.referent(lib.value(path), "SubnetId") == {"Ref": subnet.logical_id}

is_used(subnet) if lib.value(path) == subnet.identifier

unknown contains entry if {
	entry := lib.unresolved(path)
	not lib.refers_to_sibling(lib.value(path))
}
