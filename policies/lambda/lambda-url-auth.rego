# METADATA
# title: Lambda function URLs ask for a signature
# custom:
#   id: lambda-url-auth
#   severity: high
#   category: public-access
#   types: [AWS::Lambda::Url]
#   absent: fail
#   fix: Set AuthType to AWS_IAM
#   equivalents:
#     checkov: [CKV_AWS_258]
package stagegate.checks.lambda_url_auth

import data.stagegate.lib

path := ["AuthType"]

deny contains lib.finding(path, "Anybody can call the function") if lib.broken(path, {"AWS_IAM"})

unknown contains lib.unresolved(path)
