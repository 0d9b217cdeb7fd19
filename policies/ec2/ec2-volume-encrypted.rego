# METADATA
# title: EBS volumes are encrypted
# custom:
#   id: ec2-volume-encrypted
#   severity: high
#   category: encryption
#   types: [AWS::EC2::Volume]
#   absent: fail
#   fix: Set Encrypted to true; an existing volume must be copied
#   equivalents:
#     checkov: [CKV_AWS_3]
#     security_hub: [EC2.3]
#     guard_registry: [ENCRYPTED_VOLUMES, EBS_VOLUME_ENCRYPTION_KEY_RULE]
#     trivy: [AWS-0026]
#     cis_aws_5_0: ['5.1.1']
package stagegate.checks.ec2_volume_encrypted

import data.stagegate.lib

path := ["Encrypted"]

deny contains lib.finding(path, "The volume is not encrypted") if lib.off(path)

unknown contains lib.unresolved(path)
