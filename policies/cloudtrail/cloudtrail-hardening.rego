# METADATA
# title: Trails record everything and can be trusted
# custom:
#   id: cloudtrail-hardening
#   severity: high
#   category: logging
#   pack: logging
#   types: [AWS::CloudTrail::Trail]
#   absent: fail
#   fix: Set IsLogging, IsMultiRegionTrail and EnableLogFileValidation to true, and KMSKeyId
#   equivalents:
#     checkov: [CKV_AWS_35, CKV_AWS_36, CKV_AWS_67]
#     security_hub: [CloudTrail.1, CloudTrail.2, CloudTrail.4]
#     guard_registry: [CLOUD_TRAIL_ENCRYPTION_ENABLED, CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED]
#     trivy: [AWS-0014, AWS-0015, AWS-0016]
#     cis_aws_5_0: ['3.1', '3.2', '3.5']
package stagegate.checks.cloudtrail_hardening

import data.stagegate.lib

# With the check that each has elsewhere.
switches := {
	"IsLogging": {"message": "The trail records nothing", "ids": []},
	"IsMultiRegionTrail": {"message": "Calls in other regions are not recorded", "ids": ["CKV_AWS_67"]},
	"EnableLogFileValidation": {"message": "Nobody can tell whether the record was changed", "ids": ["CKV_AWS_36"]},
}

deny contains lib.known_as(lib.finding([switch], about.message), "checkov", about.ids) if {
	some switch, about in switches
	lib.off([switch])
}

deny contains lib.known_as(lib.finding(["KMSKeyId"], "The record is not encrypted with a key of your own"), "checkov", ["CKV_AWS_35"]) if {
	lib.missing(["KMSKeyId"])
}

unknown contains entry if {
	some switch, _ in switches
	entry := lib.unresolved([switch])
}
