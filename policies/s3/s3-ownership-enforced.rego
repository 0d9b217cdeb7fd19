# METADATA
# title: S3 buckets know no ACLs
# custom:
#   id: s3-ownership-enforced
#   severity: low
#   category: public-access
#   pack: exposure
#   types: [AWS::S3::Bucket]
#   absent: default-secure
#   fix: Set OwnershipControls.Rules to one rule with ObjectOwnership BucketOwnerEnforced
#   equivalents:
#     security_hub: [S3.12]
package stagegate.checks.s3_ownership_enforced

import data.stagegate.lib

rules := ["OwnershipControls", "Rules"]

deny contains lib.finding(rules, "The template does not say who owns objects; new buckets know no ACLs") if lib.missing(rules)

deny contains lib.finding(path, "ACLs can open single objects to others") if {
	some rule in lib.elements(rules)
	path := array.concat(rule, ["ObjectOwnership"])
	lib.broken(path, {"BucketOwnerEnforced"})
}

unknown contains entry if {
	some rule in array.concat([rules], lib.elements(rules))
	entry := lib.unresolved(array.concat(rule, ["ObjectOwnership"]))
}
