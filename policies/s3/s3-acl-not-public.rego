# METADATA
# title: S3 bucket ACLs let nobody in
# custom:
#   id: s3-acl-not-public
#   severity: critical
#   category: public-access
#   types: [AWS::S3::Bucket]
#   absent: pass
#   fix: Remove AccessControl, and share objects through a bucket policy or CloudFront
#   equivalents:
#     checkov: [CKV_AWS_20, CKV_AWS_57]
#     security_hub: [S3.2, S3.3, S3.12]
#     guard_registry:
#       - S3_BUCKET_PUBLIC_READ_ACL
#       - S3_BUCKET_NO_PUBLIC_RW_ACL
#       - S3_BUCKET_PUBLIC_READ_PROHIBITED
#       - S3_BUCKET_PUBLIC_WRITE_PROHIBITED
#     trivy: [AWS-0092]
package stagegate.checks.s3_acl_not_public

import data.stagegate.lib

path := ["AccessControl"]

deny contains lib.known_as(lib.finding(path, "The canned ACL lets others in"), "checkov", ids) if {
	some acl, ids in {"PublicRead": ["CKV_AWS_20"], "PublicReadWrite": ["CKV_AWS_57"], "AuthenticatedRead": []}
	lib.holds(path, {acl})
}

unknown contains lib.unresolved(path)
