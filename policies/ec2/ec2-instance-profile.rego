# METADATA
# title: Instances have a role
# custom:
#   id: ec2-instance-profile
#   severity: low
#   category: least-privilege
#   pack: access
#   types: [AWS::EC2::Instance]
#   absent: fail
#   fix: Set IamInstanceProfile
#   equivalents:
#     guard_registry: [EC2_INSTANCE_PROFILE_ATTACHED]
#     cis_aws_5_0: ['1.17']
package stagegate.checks.ec2_instance_profile

import data.stagegate.lib

path := ["IamInstanceProfile"]

deny contains lib.finding(path, "Programs on the instance need keys that somebody must keep") if lib.missing(path)
