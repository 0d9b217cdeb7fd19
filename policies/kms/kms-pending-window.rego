# METADATA
# title: Keys can be saved for two weeks
# custom:
#   id: kms-pending-window
#   severity: low
#   category: resilience
#   pack: resilience
#   types: [AWS::KMS::Key]
#   absent: pass
#   fix: Set PendingWindowInDays to 14 or more; the default is 30
package stagegate.checks.kms_pending_window

import data.stagegate.lib

path := ["PendingWindowInDays"]

deny contains lib.finding(path, "A key that was deleted by mistake, and all that it encrypts, is lost within days") if lib.number(path) < 14

unknown contains lib.unresolved(path)
