# METADATA
# title: User pools ask for long, mixed passwords
# custom:
#   id: cognito-password-policy
#   severity: medium
#   category: authentication
#   pack: access
#   types: [AWS::Cognito::UserPool]
#   absent: default-secure
#   fix: Set MinimumLength to 12 or more and require all four classes of characters
package stagegate.checks.cognito_password_policy

import data.stagegate.lib

policy := ["Policies", "PasswordPolicy"]

classes := {"RequireLowercase", "RequireNumbers", "RequireSymbols", "RequireUppercase"}

deny contains lib.finding(policy, "No password policy is set; the service asks for 8 characters") if lib.absent(policy)

deny contains lib.finding(path, "Passwords may be shorter than 12 characters") if {
	not lib.absent(policy)
	path := array.concat(policy, ["MinimumLength"])
	not lib.unresolved(path)
	not long_enough(path)
}

deny contains lib.finding(path, sprintf("%s is not on", [name])) if {
	not lib.absent(policy)
	some name in classes
	path := array.concat(policy, [name])
	lib.holds(path, {false, "false"})
}

long_enough(path) if lib.number(path) >= 12

unknown contains lib.unresolved(array.concat(policy, ["MinimumLength"]))

unknown contains entry if {
	some name in classes
	entry := lib.unresolved(array.concat(policy, [name]))
}
