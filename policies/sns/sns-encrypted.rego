# METADATA
# title: SNS topics are encrypted
# custom:
#   id: sns-encrypted
#   severity: medium
#   category: encryption
#   pack: encryption
#   types: [AWS::SNS::Topic]
#   absent: fail
#   fix: Set KmsMasterKeyId, for instance to alias/aws/sns
#   equivalents:
#     checkov: [CKV_AWS_26]
#     security_hub: [SNS.1]
#     guard_registry: [SNS_ENCRYPTED_KMS]
#     trivy: [AWS-0095]
package stagegate.checks.sns_encrypted

import data.stagegate.lib

path := ["KmsMasterKeyId"]

deny contains lib.finding(path, message) if lib.missing(path)

# An empty name is no key.
deny contains lib.finding(path, message) if lib.value(path) == ""

unknown contains lib.hidden(path)

message := "Messages are stored without encryption"
