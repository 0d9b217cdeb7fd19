# METADATA
# title: S3 buckets remove what is no longer needed
# custom:
#   id: s3-lifecycle
#   severity: low
#   category: cost
#   pack: cost
#   types: [AWS::S3::Bucket]
#   absent: fail
#   fix: Add an enabled rule to LifecycleConfiguration, at least for old versions and unfinished uploads
#   equivalents:
#     security_hub: [S3.13, S3.10]
package stagegate.checks.s3_lifecycle

import data.stagegate.lib

rules := ["LifecycleConfiguration", "Rules"]

deny contains lib.finding(rules, "Objects, old versions and unfinished uploads are kept, and paid for, for ever") if {
	not enabled
	count(undecided) == 0
}

unknown contains entry if {
	not enabled
	some entry in undecided
}

enabled if {
	some rule in lib.elements(rules)
	lib.holds(array.concat(rule, ["Status"]), {"Enabled"})
}

undecided := [entry |
	some place in array.concat([rules], lib.elements(rules))
	entry := lib.unresolved(array.concat(place, ["Status"]))
]
