# Templates, the types of their resources, and input files.

## duplicate-logical-id
printf 'Resources:\n  Queue: {Type: AWS::SQS::Queue}\n' | tee a.yaml >b.yaml

## separate-stacks
printf 'Resources:\n  Role: {Type: AWS::SNS::Topic}\n' | tee network.yaml >service.yaml

## template-faults
printf 'Resources:\n  Queue: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: soon}}\n' >service.yaml

## passed-over
printf 'services: {web: {image: nginx}}\n' >compose.yaml

## empty-template
: >empty.yaml

## unseen-type
--input
stagegate scan -f template.yaml

## local-artifact
--input
stagegate scan -f template.yaml

## unsupported-serverless
--input
stagegate scan -f template.yaml

## translator-failed
printf 'Transform: AWS::Serverless-2016-10-31\nResources:\n  Queue: {Type: AWS::SQS::Queue}\n' >template.yaml
mkdir empty
command -v stagegate python3
# A python3 without the package.
printf '#!/bin/sh\nexit 1\n' >empty/python3
chmod +x empty/python3
PATH=$PWD/empty:$PATH

## invalid-set
printf 'Resources:\n  Queue: {Type: AWS::SQS::Queue}\n  Topic: {Type: AWS::SNS::Topic}\n' >app.yaml

## type-not-described
printf 'Type: AWS::StagegateTest::Gizmo\n' >gizmo.yaml
--output
stagegate create -f gizmo.yaml

## file-exists
: >bucket.yaml

## file-too-large
head -c 20971520 /dev/zero >backup.tar

## not-utf8
printf '\377\376R\000e\000s\000' >template.yaml

## stdin-twice
--input
example <queue.yaml

## no-templates
mkdir docs
: >docs/readme.txt

## not-from-aws
serve --fail DescribeType=AccessDeniedException

