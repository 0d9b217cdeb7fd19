# METADATA
# title: Image repositories remove old images
# custom:
#   id: ecr-lifecycle
#   severity: low
#   category: cost
#   pack: cost
#   types: [AWS::ECR::Repository]
#   absent: fail
#   fix: Set LifecyclePolicy.LifecyclePolicyText
#   equivalents:
#     security_hub: [ECR.3]
package stagegate.checks.ecr_lifecycle

import data.stagegate.lib

path := ["LifecyclePolicy", "LifecyclePolicyText"]

deny contains lib.finding(path, "Every image that was ever pushed is kept and paid for") if lib.missing(path)

unknown contains lib.hidden(path)
