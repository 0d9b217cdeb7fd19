# METADATA
# title: API caches are encrypted
# custom:
#   id: apigw-cache-encrypted
#   severity: medium
#   category: encryption
#   pack: encryption
#   types: [AWS::ApiGateway::Stage]
#   absent: pass
#   fix: Set CacheDataEncrypted to true in the method settings
#   equivalents:
#     security_hub: [APIGateway.5]
#     guard_registry: [API_GW_CACHE_ENABLED_AND_ENCRYPTED]
package stagegate.checks.apigw_cache_encrypted

import data.stagegate.lib

settings := ["MethodSettings"]

deny contains lib.violation(path, "Answers are cached in plain text") if {
	some setting in lib.elements(settings)
	lib.on(array.concat(setting, ["CachingEnabled"]))
	path := array.concat(setting, ["CacheDataEncrypted"])
	lib.off(path)
}

unknown contains entry if {
	some setting in array.concat([settings], lib.elements(settings))
	not lib.holds(array.concat(setting, ["CachingEnabled"]), {false, "false"})
	some name in ["CachingEnabled", "CacheDataEncrypted"]
	entry := lib.unresolved(array.concat(setting, [name]))
}
