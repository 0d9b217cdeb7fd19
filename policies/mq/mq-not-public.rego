# METADATA
# title: Message brokers are not reachable from the internet
# custom:
#   id: mq-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::AmazonMQ::Broker]
#   absent: pass
#   fix: Set PubliclyAccessible to false and connect through the VPC
#   equivalents:
#     checkov: [CKV_AWS_69]
#     security_hub: [MQ.1]
package stagegate.checks.mq_not_public

import data.stagegate.lib

path := ["PubliclyAccessible"]

deny contains lib.finding(path, "The broker has a public address") if lib.on(path)

unknown contains lib.unresolved(path)
