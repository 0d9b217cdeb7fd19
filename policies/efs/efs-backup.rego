# METADATA
# title: File systems are backed up
# custom:
#   id: efs-backup
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::EFS::FileSystem]
#   absent: fail
#   fix: Set BackupPolicy.Status to ENABLED
#   equivalents:
#     security_hub: [EFS.2]
#     guard_registry: [EFS_RESOURCES_PROTECTED_BY_BACKUP_PLAN]
package stagegate.checks.efs_backup

import data.stagegate.lib

path := ["BackupPolicy", "Status"]

deny contains lib.finding(path, "Files that are deleted or changed by mistake are lost") if lib.broken(path, {"ENABLED"})

unknown contains lib.unresolved(path)
