# METADATA
# title: KMS keys are rotated
# custom:
#   id: kms-rotation
#   severity: medium
#   category: encryption
#   types: [AWS::KMS::Key]
#   absent: fail
#   fix: Set EnableKeyRotation to true
#   equivalents:
#     checkov: [CKV_AWS_7]
#     security_hub: [KMS.4]
#     guard_registry: [CMK_BACKING_KEY_ROTATION_ENABLED]
#     cis_aws_5_0: ['3.6']
package stagegate.checks.kms_rotation

import data.stagegate.lib

path := ["EnableKeyRotation"]

deny contains lib.finding(path, "The key material stays the same for ever") if {
	rotates_by_itself
	lib.off(path)
}

unknown contains lib.unresolved(path) if rotates_by_itself

unknown contains entry if {
	not lib.on(path)
	some name in ["KeySpec", "KeyUsage", "Origin"]
	entry := lib.unresolved([name])
}

# KMS rotates symmetric encryption keys with material of its own, and no others.
rotates_by_itself if {
	object.get(input.resource.properties, "KeySpec", "SYMMETRIC_DEFAULT") == "SYMMETRIC_DEFAULT"
	object.get(input.resource.properties, "KeyUsage", "ENCRYPT_DECRYPT") == "ENCRYPT_DECRYPT"
	object.get(input.resource.properties, "Origin", "AWS_KMS") == "AWS_KMS"
}
