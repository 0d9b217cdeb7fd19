# METADATA
# title: SES delivers over TLS only
# custom:
#   id: ses-tls-required
#   severity: medium
#   category: transport
#   types: [AWS::SES::ConfigurationSet]
#   absent: fail
#   fix: Set DeliveryOptions.TlsPolicy to REQUIRE
package stagegate.checks.ses_tls_required

import data.stagegate.lib

path := ["DeliveryOptions", "TlsPolicy"]

deny contains lib.finding(path, "Mail may be delivered without encryption") if lib.broken(path, {"REQUIRE"})

unknown contains lib.unresolved(path)
