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
printf 'Resources:\n  News: {Type: AWS::SNS::Topic, Properties: {TopicName: news-dev}}\n' >topic.yaml
approved create -f topic.yaml
serve --fail AWS::SNS::Subscription/ListResources=AccessDeniedException
--output
stagegate promote AWS::SNS::Topic arn:aws:sns:us-east-1:111111111111:news-dev

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
group jobs-dev

## name-without-environment
--output
:

## name-too-long
NAME=$(printf '%60s' '' | tr ' ' a)-dev
printf 'Type: AWS::IAM::Role\nProperties:\n  RoleName: %s\n  AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}\n' "$NAME" >role.yaml
approved create -f role.yaml
--output
stagegate promote AWS::IAM::Role "$NAME"

## name-left-out
printf 'Type: AWS::S3::Bucket\nProperties: {BucketName: appstack-files-1x2y3z}\n' >bucket.yaml
approved create -f bucket.yaml

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
printf 'Type: AWS::SSM::Parameter\nProperties: {Name: wiki-dev, Type: String, Value: "see https://wiki.example.com/dev/jobs"}\n' >wiki.yaml
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
serve
tagged dev jobs-dev , prod other-prod
serve_again --fail 222222222222/GetResource=AccessDeniedException
--output
stagegate promote AWS::Logs::LogGroup jobs-dev

## identifier-too-long
NAME=$(printf '%300s' '' | tr ' ' a)-dev
group "$NAME" 30
--output
stagegate promote AWS::Logs::LogGroup "$NAME"
