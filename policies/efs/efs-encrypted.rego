# METADATA
# title: EFS file systems are encrypted
# custom:
#   id: efs-encrypted
#   severity: high
#   category: encryption
#   types: [AWS::EFS::FileSystem]
#   absent: fail
#   fix: Set Encrypted to true; an existing file system must be replaced
#   equivalents:
#     checkov: [CKV_AWS_42]
#     security_hub: [EFS.1]
#     guard_registry: [EFS_ENCRYPTED_CHECK]
#     trivy: [AWS-0037]
#     cis_aws_5_0: ['2.3.1']
package stagegate.checks.efs_encrypted

import data.stagegate.lib

path := ["Encrypted"]

deny contains lib.finding(path, "Files are stored without encryption") if lib.off(path)

unknown contains lib.unresolved(path)
