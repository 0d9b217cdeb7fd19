# METADATA
# title: No secret is written down
# custom:
#   id: generic-no-plaintext-secret
#   severity: high
#   category: secrets
#   types: ['*']
#   absent: pass
#   fix: Use a dynamic reference to Secrets Manager, or let the service manage the secret
#   equivalents:
#     guard_registry: [CFN_AUTHENTICATION_RULE]
package stagegate.checks.generic_no_plaintext_secret

import data.stagegate.lib
import data.stagegate.secrets

# Properties that the service never gives back and whose name says secret. Types with a check of
# their own are left to it.
deny contains lib.finding(path, "A secret is written in the template") if {
	some path in secret_paths
	secrets.is_literal(lib.value(path))
}

unknown contains entry if {
	some path in secret_paths
	some entry in secrets.undecided(path)
}

secret_paths := [path |
	not has_own_check
	some path in input.schema.write_only
	says_secret(path[count(path) - 1])
	not "*" in path
]

has_own_check if {
	input.resource.type in {
		"AWS::IAM::User", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
		"AWS::SecretsManager::Secret", "AWS::ElasticLoadBalancingV2::ListenerRule",
	}
}

says_secret(name) if strings.any_suffix_match(name, ["Password", "PrivateKey", "Token"])

says_secret(name) if {
	contains(name, "Secret")
	not strings.any_suffix_match(name, ["Arn", "Id", "Name", "Version", "Stage", "Region"])
}
