# METADATA
# title: S3 buckets let no foreign website write
# custom:
#   id: s3-cors-no-wildcard
#   severity: medium
#   category: public-access
#   pack: exposure
#   types: [AWS::S3::Bucket]
#   absent: pass
#   fix: Name the websites in AllowedOrigins, or allow GET and HEAD only
package stagegate.checks.s3_cors_no_wildcard

import data.stagegate.lib

rules := ["CorsConfiguration", "CorsRules"]

deny contains lib.finding(path, "Scripts of any website may send requests that change objects") if {
	some rule in lib.elements(rules)
	path := array.concat(rule, ["AllowedOrigins"])
	"*" in lib.list(lib.value(path))
	some method in lib.list(lib.value(array.concat(rule, ["AllowedMethods"])))
	is_string(method)
	not method in {"GET", "HEAD"}
}

unknown contains entry if {
	some rule in array.concat([rules], lib.elements(rules))
	entry := lib.unresolved(array.concat(rule, ["AllowedOrigins"]))
}
