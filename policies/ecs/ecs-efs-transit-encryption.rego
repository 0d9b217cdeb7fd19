# METADATA
# title: Traffic to file systems is encrypted
# custom:
#   id: ecs-efs-transit-encryption
#   severity: high
#   category: transport
#   pack: encryption
#   types: [AWS::ECS::TaskDefinition]
#   absent: fail
#   fix: Set EFSVolumeConfiguration.TransitEncryption to ENABLED
#   equivalents:
#     checkov: [CKV_AWS_97]
#     trivy: [AWS-0035]
package stagegate.checks.ecs_efs_transit_encryption

import data.stagegate.lib

volumes := ["Volumes"]

deny contains lib.finding(path, "Files travel to the container in plain text") if {
	some volume in lib.elements(volumes)
	not lib.absent(array.concat(volume, ["EFSVolumeConfiguration"]))
	path := array.concat(volume, ["EFSVolumeConfiguration", "TransitEncryption"])
	lib.broken(path, {"ENABLED"})
}

unknown contains entry if {
	some volume in array.concat([volumes], lib.elements(volumes))
	entry := lib.unresolved(array.concat(volume, ["EFSVolumeConfiguration", "TransitEncryption"]))
}
