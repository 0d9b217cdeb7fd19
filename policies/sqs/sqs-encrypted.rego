# METADATA
# title: SQS queues are encrypted
# custom:
#   id: sqs-encrypted
#   severity: medium
#   category: encryption
#   pack: encryption
#   types: [AWS::SQS::Queue]
#   absent: default-secure
#   fix: Set SqsManagedSseEnabled to true, or name a KMS key
#   equivalents:
#     checkov: [CKV_AWS_27]
#     security_hub: [SQS.1]
#     guard_registry: [SQS_QUEUE_KMS_MASTER_KEY_ID_RULE]
#     trivy: [AWS-0096]
package stagegate.checks.sqs_encrypted

import data.stagegate.lib

path := ["SqsManagedSseEnabled"]

deny contains lib.finding(path, message) if {
	no_key
	lib.off(path)
}

unknown contains lib.unresolved(path) if no_key

unknown contains lib.hidden(key) if not lib.on(path)

key := ["KmsMasterKeyId"]

no_key if lib.missing(key)

# An empty name is no key.
no_key if lib.value(key) == ""

message := "Messages are stored without encryption" if not lib.absent(path)

message := "The template does not say how messages are encrypted; SQS uses its own keys" if lib.absent(path)
