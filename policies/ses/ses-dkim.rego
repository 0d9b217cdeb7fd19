# METADATA
# title: Mails are signed with a strong key
# custom:
#   id: ses-dkim
#   severity: medium
#   category: authentication
#   pack: hardening
#   types: [AWS::SES::EmailIdentity]
#   absent: pass
#   fix: Set SigningEnabled to true, and NextSigningKeyLength to RSA_2048_BIT
package stagegate.checks.ses_dkim

import data.stagegate.lib

switch := ["DkimAttributes", "SigningEnabled"]

length := ["DkimSigningAttributes", "NextSigningKeyLength"]

deny contains lib.finding(switch, "Receivers cannot tell your mails from forged ones") if lib.off(switch)

deny contains lib.finding(length, "A signing key of 1,024 bits can be broken") if lib.holds(length, {"RSA_1024_BIT"})

unknown contains entry if {
	some path in [switch, length]
	entry := lib.unresolved(path)
}
