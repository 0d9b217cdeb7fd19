# METADATA
# title: IAM names follow the project's pattern
# custom:
#   id: iam-name-pattern
#   severity: low
#   category: naming
#   types: [AWS::IAM::Role, AWS::IAM::ManagedPolicy, AWS::IAM::Policy, AWS::IAM::User]
#   absent: pass
#   fix: Name it as naming.iam_policy in stagegate.yaml says
package stagegate.checks.iam_name_pattern

import data.stagegate.lib

path := {
	"AWS::IAM::Role": ["RoleName"],
	"AWS::IAM::ManagedPolicy": ["ManagedPolicyName"],
	"AWS::IAM::Policy": ["PolicyName"],
	"AWS::IAM::User": ["UserName"],
}[input.resource.type] if is_object(input.project.iam_name)

deny contains lib.finding(path, sprintf("The name does not follow `%s`", [input.project.iam_name.pattern])) if {
	name := lib.value(path)
	is_string(name)
	not regex.match(input.project.iam_name.regex, name)
}

unknown contains lib.unresolved(path)
