# METADATA
# title: Kinesis streams are encrypted
# custom:
#   id: kinesis-encrypted
#   severity: medium
#   category: encryption
#   types: [AWS::Kinesis::Stream]
#   absent: fail
#   fix: Set StreamEncryption with EncryptionType KMS and a KeyId
#   equivalents:
#     checkov: [CKV_AWS_43]
#     security_hub: [Kinesis.1]
#     guard_registry: [KINESIS_STREAM_ENCRYPTION_RULE]
#     trivy: [AWS-0064]
package stagegate.checks.kinesis_encrypted

import data.stagegate.lib

path := ["StreamEncryption", "EncryptionType"]

deny contains lib.finding(path, "Records are stored without encryption") if lib.broken(path, {"KMS"})

unknown contains lib.unresolved(path)
