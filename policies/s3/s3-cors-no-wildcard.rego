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
	some origin in lib.list(lib.value(path))
	is_any(origin)
	some method in lib.list(lib.value(array.concat(rule, ["AllowedMethods"])))
	writes(method)
}

unknown contains lib.unresolved(rules)

unknown contains entry if {
	some rule in lib.elements(rules)
	origins := array.concat(rule, ["AllowedOrigins"])
	methods := array.concat(rule, ["AllowedMethods"])
	some path in [origins, methods]
	some entry in unresolved_items(path)
	may_be_any(origins)
	may_write(methods)
}

is_any(origin) if origin in {"*", "http://*", "https://*"}

writes(method) if {
	is_string(method)
	not method in {"GET", "HEAD"}
}

may_be_any(path) if {
	some origin in lib.list(lib.value(path))
	is_any(origin)
}

may_be_any(path) if count(unresolved_items(path)) > 0

may_write(path) if {
	some method in lib.list(lib.value(path))
	writes(method)
}

may_write(path) if count(unresolved_items(path)) > 0

# The list, or members of it, that are not known. What a sibling yields is no wildcard.
unresolved_items(path) := [entry |
	some place in array.concat([path], lib.elements(path))
	entry := lib.unresolved(place)
	not is_fixed(place)
]

is_fixed(place) if lib.refers_to_sibling(lib.value(place))

is_fixed(place) if regex.match(`[A-Za-z0-9]`, trim_prefix(lib.text(place), "https://"))
