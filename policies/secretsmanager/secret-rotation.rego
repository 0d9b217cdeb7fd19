# METADATA
# title: Secrets are rotated
# custom:
#   id: secret-rotation
#   severity: medium
#   category: secrets
#   pack: hardening
#   types: [AWS::SecretsManager::Secret]
#   absent: fail
#   fix: Add an AWS::SecretsManager::RotationSchedule with the secret as SecretId
#   equivalents:
#     security_hub: [SecretsManager.1, SecretsManager.4]
#     guard_registry: [SECRETSMANAGER_ROTATION_ENABLED_CHECK]
package stagegate.checks.secret_rotation

import data.stagegate.lib

deny contains lib.violation([], "The secret stays the same for ever") if {
	not rotated
	count(undecided) == 0
}

unknown contains entry if {
	not rotated
	some entry in undecided
}

rotated if {
	some schedule in lib.members(input.referrers["AWS::SecretsManager::RotationSchedule"])
	names(schedule.properties.SecretId)
}

# By what ties the secret to its database and stands for it.
rotated if {
	some attachment in lib.members(input.referrers[attachments])
	names(attachment.properties.SecretId)
	some schedule in lib.members(input.siblings["AWS::SecretsManager::RotationSchedule"])
	schedule.properties.SecretId.Ref == attachment.logical_id
}

# No literal below: a live schedule names its secret, and attachments need not be read.
attachments := "AWS::SecretsManager::SecretTargetAttachment"

names(target) if target.Ref == input.resource.logical_id

names(target) if {
	target["Fn::GetAtt"][0] == input.resource.logical_id
	target["Fn::GetAtt"][1] == "Id"
}

names(target) if {
	is_string(target)
	target in [input.resource.identifier, lib.value(["Name"])]
}

undecided := [{"pointer": "", "reason": "the secret of a rotation schedule is not known before apply"} |
	some schedule in lib.members(input.siblings["AWS::SecretsManager::RotationSchedule"])
	lib.is_unknown(schedule.properties.SecretId)
	not lib.refers_to_sibling(schedule.properties.SecretId)
]
