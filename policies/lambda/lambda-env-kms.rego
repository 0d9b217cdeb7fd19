# METADATA
# title: Environment variables are encrypted with a KMS key
# custom:
#   id: lambda-env-kms
#   severity: low
#   category: encryption
#   pack: encryption
#   types: [AWS::Lambda::Function]
#   absent: pass
#   fix: Set KmsKeyArn
#   equivalents:
#     checkov: [CKV_AWS_173]
package stagegate.checks.lambda_env_kms

import data.stagegate.lib

variables := ["Environment", "Variables"]

deny contains lib.violation(["KmsKeyArn"], "The variables are encrypted with a key that every administrator may use") if {
	lib.missing(["KmsKeyArn"])
	count(lib.elements(variables)) > 0
}

unknown contains lib.unresolved(variables) if lib.missing(["KmsKeyArn"])
