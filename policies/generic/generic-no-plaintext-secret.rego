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

# Values whose name says secret, whether or not the service gives them back. Those with a check of their
# own are left to it.
deny contains lib.finding(path, "A secret is written in the template") if {
	some path in input.resource.secrets
	not has_own_check(path)
	is_typed(lib.value(path))
	not secrets.is_given(path)
}

unknown contains entry if {
	some path in input.resource.secrets
	not has_own_check(path)
	some entry in secrets.undecided(path)
}

# A switch whose name says secret is none.
is_typed(x) if {
	secrets.is_literal(x)
	not lower(x) in {"true", "false"}
}

has_own_check(path) if path[count(path) - 1] == own_checks[input.resource.type]

own_checks := {
	"AWS::ElasticLoadBalancingV2::ListenerRule": "ClientSecret",
	"AWS::IAM::User": "Password",
	"AWS::RDS::DBCluster": "MasterUserPassword",
	"AWS::RDS::DBInstance": "MasterUserPassword",
	"AWS::Redshift::Cluster": "MasterUserPassword",
	"AWS::SecretsManager::Secret": "SecretString",
}
