# METADATA
# title: ECR scans images when they arrive
# custom:
#   id: ecr-scan-on-push
#   severity: medium
#   category: supply-chain
#   types: [AWS::ECR::Repository]
#   absent: fail
#   fix: Set ImageScanningConfiguration.ScanOnPush to true
#   equivalents:
#     checkov: [CKV_AWS_163]
#     security_hub: [ECR.1]
#     guard_registry: [ECR_REPO_SCAN_ON_PUSH]
#     trivy: [AWS-0030]
package stagegate.checks.ecr_scan_on_push

import data.stagegate.lib

path := ["ImageScanningConfiguration", "ScanOnPush"]

deny contains lib.finding(path, "Images are not scanned") if lib.off(path)

unknown contains lib.unresolved(path)
