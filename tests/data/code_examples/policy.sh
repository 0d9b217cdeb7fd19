# Policies, waivers and suppressions.

## no-policies
printf 'Type: AWS::S3::Bucket\n' >bucket.yaml
mkdir polices

## unreadable-policies
printf 'Type: AWS::S3::Bucket\n' >bucket.yaml
mkdir policies
printf '\377\376p\000' >policies/own.rego

## scan-engine-failed
printf 'Type: AWS::S3::Bucket\n' >bucket.yaml

## policy-test-failed
mkdir policies
cat >policies/names.rego <<'END'
# METADATA
# title: Queues have names
# custom:
#   id: names
#   severity: low
#   types: [AWS::SQS::Queue]
package names
import rego.v1
deny contains {"pointer": "/QueueName", "message": "no name"} if {
  not input.resource.properties.QueueName
}
END
printf 'passing:\n  - {name: no name, type: AWS::SQS::Queue, properties: {}}\nfailing: []\n' >policies/names.test.yaml

## no-cases
mkdir policies
cat >policies/names.rego <<'END'
# METADATA
# title: Queues have names
# custom:
#   id: names
#   severity: low
#   types: [AWS::SQS::Queue]
package names
import rego.v1
deny contains {"pointer": "/QueueName", "message": "no name"} if {
  not input.resource.properties.QueueName
}
END

## suppression-unknown suppression-unused suppression-partial suppression-without-reason
--input
stagegate scan -f template.yaml

## waiver-expired waiver-unused
printf 'Resources:\n  Audit: {Type: AWS::Logs::LogGroup}\n' >template.yaml

## waiver-partial
cat >template.yaml <<'END'
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "sts:AssumeRole"}]}}
END
