# METADATA
# title: RDS databases are not reachable from the internet
# custom:
#   id: rds-not-public
#   severity: critical
#   category: public-access
#   types:
#     - AWS::RDS::DBInstance
#     - AWS::RDS::DBCluster
#   absent: pass
#   fix: Set PubliclyAccessible to false and connect through the VPC
#   equivalents:
#     checkov: [CKV_AWS_17]
#     security_hub: [RDS.2]
#     guard_registry: [RDS_INSTANCE_PUBLIC_ACCESS_CHECK]
#     trivy: [AWS-0180]
#     cis_aws_5_0: ['2.2.3']
package stagegate.checks.rds_not_public

import data.stagegate.lib

path := ["PubliclyAccessible"]

deny contains lib.finding(path, "The database has a public address") if lib.on(path)

unknown contains lib.unresolved(path)
