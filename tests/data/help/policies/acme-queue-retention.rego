# METADATA
# title: Queues keep messages for two weeks
# custom:
#   id: acme-queue-retention
#   severity: high
#   types: [AWS::SQS::Queue]
#   fix: Set MessageRetentionPeriod to 1209600
package acme.queue_retention

import data.stagegate.lib

path := ["MessageRetentionPeriod"]

deny contains lib.violation(path, "Messages are deleted after four days") if lib.missing(path)

deny contains lib.finding(path, "Messages are deleted too early") if lib.number(path) < 1209600

unknown contains lib.unresolved(path)
