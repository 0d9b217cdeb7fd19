# METADATA
# title: MemoryDB encrypts connections
# custom:
#   id: memorydb-in-transit
#   severity: high
#   category: encryption
#   types: [AWS::MemoryDB::Cluster]
#   absent: pass
#   fix: Set TLSEnabled to true, which needs a new cluster, or leave it out
#   equivalents:
#     checkov: [CKV_AWS_202]
package stagegate.checks.memorydb_in_transit

import data.stagegate.lib

path := ["TLSEnabled"]

deny contains lib.finding(path, "Connections are not encrypted") if lib.off(path)

unknown contains lib.unresolved(path)
