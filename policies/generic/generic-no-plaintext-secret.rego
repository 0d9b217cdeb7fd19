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
	some path in input.schema.secret
	not has_own_check
	secrets.is_literal(lib.value(path))
}

unknown contains entry if {
	some path in input.schema.secret
	not has_own_check
	some entry in secrets.undecided(path)
}

has_own_check if {
	input.resource.type in {
		"AWS::IAM::User", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster",
		"AWS::SecretsManager::Secret", "AWS::ElasticLoadBalancingV2::ListenerRule",
	}
}
