# METADATA
# title: Instances report every minute
# custom:
#   id: ec2-detailed-monitoring
#   severity: info
#   category: logging
#   pack: logging
#   types: [AWS::EC2::Instance]
#   absent: fail
#   fix: Set Monitoring to true
#   equivalents:
#     guard_registry: [EC2_INSTANCE_DETAILED_MONITORING_ENABLED]
package stagegate.checks.ec2_detailed_monitoring

import data.stagegate.lib

path := ["Monitoring"]

deny contains lib.finding(path, "Figures come every five minutes only") if lib.off(path)

unknown contains lib.unresolved(path)
