# METADATA
# title: ECR image tags cannot be moved
# custom:
#   id: ecr-immutable-tags
#   severity: medium
#   category: supply-chain
#   types: [AWS::ECR::Repository]
#   absent: fail
#   fix: Set ImageTagMutability to IMMUTABLE
#   equivalents:
#     checkov: [CKV_AWS_51]
#     security_hub: [ECR.2]
#     trivy: [AWS-0031]
package stagegate.checks.ecr_immutable_tags

import data.stagegate.lib

path := ["ImageTagMutability"]

deny contains lib.finding(path, "A tag can be moved to another image") if lib.broken(path, {"IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION"})

unknown contains lib.unresolved(path)
