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
	schedule.properties.SecretId.Ref == input.resource.logical_id
}

rotated if {
	some schedule in lib.members(input.referrers["AWS::SecretsManager::RotationSchedule"])
	is_string(schedule.properties.SecretId)
	schedule.properties.SecretId in [input.resource.identifier, lib.value(["Name"])]
}

undecided := [{"pointer": "", "reason": "the secret of a rotation schedule is not known before apply"} |
	some schedule in lib.members(input.siblings["AWS::SecretsManager::RotationSchedule"])
	lib.is_unknown(schedule.properties.SecretId)
	not lib.refers_to_sibling(schedule.properties.SecretId)
]
