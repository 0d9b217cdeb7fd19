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

deny contains lib.finding(path, "Messages are stored without encryption") if {
	lib.absent(["KmsMasterKeyId"])
	lib.off(path)
}

unknown contains lib.unresolved(path) if lib.absent(["KmsMasterKeyId"])
