# Promotions.

## type-not-in-region
group jobs-dev
serve --fail 222222222222/DescribeType=TypeNotFoundException
--output
stagegate promote AWS::Logs::LogGroup jobs-dev

## unknown-input
group jobs-dev
echo 'def main(event, context): pass' >handler.py

## input-not-write-only
group jobs-dev

## input-needed
api_template
approved create -f api.yaml

## left-behind
cat >topic.yaml <<'END'
Resources:
  News: {Type: AWS::SNS::Topic, Properties: {TopicName: news-dev}}
  Mail: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref News, Protocol: email, Endpoint: ops@example.com}}
END
approved create -f topic.yaml
serve --fail AWS::SNS::Subscription/ListResources=AccessDeniedException
--output
stagegate promote --all

## children-not-listed
printf 'Type: AWS::Cognito::UserPool\nProperties: {UserPoolName: users-dev}\n' >pool.yaml
approved create -f pool.yaml
--output
stagegate promote --all

## version-not-promoted
serve
api_template
approved create -f api.yaml
cloud dev CreateResource AWS::Lambda::Version '{"FunctionName": "api-dev"}'
--output
stagegate promote AWS::Lambda::Function api-dev --with-dependencies

## left-out
printf 'Type: AWS::SQS::Queue\nProperties: {QueueName: jobs-dev}\n' >queue.yaml
approved create -f queue.yaml
serve --fail AWS::SQS::Queue/GetResource=AccessDeniedException
--output
stagegate promote --all

## auto-refused
stagegate create -f queue.yaml --tag CostCenter=Engineering

## name-too-long
NAME=$(printf '%60s' '' | tr ' ' a)-dev
printf 'Type: AWS::IAM::Role\nProperties:\n  RoleName: %s\n  AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}\n' "$NAME" >role.yaml
approved create -f role.yaml
--output
stagegate promote AWS::IAM::Role "$NAME"

## name-left-out
printf 'Type: AWS::S3::Bucket\n' >bucket.yaml
approved create -f bucket.yaml
--output
stagegate promote --all

## ambiguous-name
group dev-tools-dev

## name-taken
serve
group jobs-dev
cloud prod CreateResource AWS::Logs::LogGroup '{"LogGroupName": "jobs-prod"}'

## counterpart-claimed-twice
serve
tagged dev jobs-dev , \
    prod a-prod PromotionStatus=synced DevCounterpart=jobs-dev , \
    prod b-prod PromotionStatus=synced DevCounterpart=jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev

## counterpart-tag-lost
serve
tagged dev jobs-dev PromotionStatus=synced ProdCounterpart=jobs-prod , prod jobs-prod PromotionStatus=synced
--output
stagegate promote AWS::Logs::LogGroup jobs-dev

## not-marked
pair

## counterpart-unproven
serve
tagged dev jobs-dev , prod pay-prod PromotionStatus=synced DevCounterpart=jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev

## name-collision
serve
tagged dev orders-dev , dev orders-prod
--output
stagegate promote --all

## unmapped-reference
api_template
approved create -f api.yaml
--output
stagegate promote AWS::Lambda::Function api-dev --input 'AWS::Lambda::Function/api-dev#/Code/ZipFile=x'

## carried-over
printf 'Type: AWS::SSM::Parameter\nProperties: {Name: wiki-dev, Type: String, Value: "{\\"comment\\": \\"writes to the dev table\\"}"}\n' >wiki.yaml
approved create -f wiki.yaml
--output
stagegate promote AWS::SSM::Parameter wiki-dev

## unreadable-reference
api_template
approved create -f api.yaml
serve --fail AWS::IAM::Role/GetResource=AccessDeniedException
--output
stagegate promote AWS::Lambda::Function api-dev --input 'AWS::Lambda::Function/api-dev#/Code/ZipFile=x'

## unreadable-target
KEY='Type: AWS::KMS::Key
Properties:
  EnableKeyRotation: true
  KeyPolicy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "kms:*", Resource: "*"}]}'
echo "$KEY" | tee one.yaml >two.yaml
approved create -f one.yaml
approved promote --all
approved create -f two.yaml
serve --fail 222222222222/AWS::KMS::Key/GetResource=AccessDeniedException
--output
stagegate promote --all

## identifier-too-long
NAME=$(printf '%300s' '' | tr ' ' a)-dev
group_template "$NAME"
approved create -f group.yaml
--output
stagegate promote AWS::Logs::LogGroup "$NAME"

## drops_values
cat >cache.yaml <<'END'
Type: AWS::ElastiCache::ReplicationGroup
Properties:
  ReplicationGroupId: cache-dev
  ReplicationGroupDescription: a cache
  CacheNodeType: cache.t4g.micro
  Engine: redis
  EngineVersion: "7.1"
  NumNodeGroups: 1
  SecurityGroupIds: [sg-0123456789abcdef0]
END
approved create -f cache.yaml
--output
stagegate promote AWS::ElastiCache::ReplicationGroup cache-dev --input 'AWS::ElastiCache::ReplicationGroup/cache-dev#/SecurityGroupIds=[sg-0fedcba9876543210]'

## version-not-published
serve
api_template
approved create -f api.yaml
approved promote AWS::Lambda::Function api-dev --with-dependencies --input 'AWS::Lambda::Function/api-dev#/Code/ZipFile=x'
cloud dev CreateResource AWS::Lambda::Version '{"FunctionName": "api-dev"}'
cloud dev UpdateResource AWS::Lambda::Function '[{"op": "add", "path": "/Description", "value": "new"}]' api-dev
cloud dev CreateResource AWS::Lambda::Version '{"FunctionName": "api-dev"}'
cloud dev CreateResource AWS::Lambda::Alias '{"FunctionName": "api-dev", "Name": "old", "FunctionVersion": "1"}'
cloud dev CreateResource AWS::Lambda::Alias '{"FunctionName": "api-dev", "Name": "new", "FunctionVersion": "2"}'
--output
stagegate promote --all --input 'AWS::Lambda::Function/api-dev#/Code/ZipFile=x'
