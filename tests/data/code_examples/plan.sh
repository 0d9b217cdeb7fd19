# Plans, approvals and saved plans.

## already-exists
serve
cloud dev CreateResource AWS::SQS::Queue '{"QueueName": "jobs-dev"}'

## needs-replacement
printf 'Type: AWS::DynamoDB::Table\nProperties:\n  TableName: orders-dev\n  BillingMode: PAY_PER_REQUEST\n  AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n  KeySchema: [{AttributeName: id, KeyType: HASH}]\n' >table.yaml
approved create -f table.yaml
approved promote AWS::DynamoDB::Table orders-dev
--output
stagegate update AWS::DynamoDB::Table orders-prod --env prod --set 'KeySchema=[{AttributeName: key, KeyType: HASH}]' --set 'AttributeDefinitions=[{AttributeName: key, AttributeType: S}]'

## not-approved
printf 'Type: AWS::ElasticLoadBalancingV2::LoadBalancer\nProperties: {Name: web-dev, Scheme: internal, Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]}\n' >balancer.yaml
--output
at_terminal '[["wait", "Proceed? (y/n)"], ["send", "n\r"]]' stagegate create -f balancer.yaml

## findings-to-fix
printf 'Type: AWS::S3::Bucket\nProperties: {BucketName: files-dev}\n' >bucket.yaml
--output
at_terminal '[["wait", "Type `proceed`"], ["send", "fix\r"]]' stagegate create -f bucket.yaml

## findings-not-approved
printf 'Type: AWS::IAM::Role\nProperties:\n  RoleName: admin-dev\n  AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}\n  Policies: [{PolicyName: all, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]\n' >role.yaml
approved create -f role.yaml
planned promote AWS::IAM::Role admin-dev

## digest-expired digest-from-future
REST=$(printf '%064d' 0)

## plan-changed
group jobs-dev
planned update AWS::Logs::LogGroup jobs-dev --env dev --set RetentionInDays=90

## approval-by-planner
group jobs-dev
cat >stagegate.yaml <<'END'
version: 1
project: sandbox
environments:
  dev: {account: "111111111111", region: us-east-1, sandbox: true}
  prod: {account: "222222222222", region: us-east-1, protected: true, sandbox: true}
tags: {values: {CostCenter: Engineering}}
approvals: {prod: {not_by_planner: true}}
END
planned promote AWS::Logs::LogGroup jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev --approve "$DIGEST"

## approval-used
group jobs-dev
approved update AWS::Logs::LogGroup jobs-dev --env dev --set RetentionInDays=90
USED=$DIGEST
approved update AWS::Logs::LogGroup jobs-dev --env dev --set RetentionInDays=30
DIGEST=$USED

## invalid-approval
group_template jobs-dev
stagegate create -f group.yaml --plan-out plan.json

## invalid-saved-plan
group_template jobs-dev
stagegate create -f group.yaml --plan-out plan.json
sed -i 's/jobs-dev/other-dev/' plan.json
--output
stagegate apply plan.json

## template-edited
group_template jobs-dev
stagegate create -f group.yaml --plan-out plan.json
group_template other-dev
--output
stagegate apply plan.json

## missing-value
cat >secret.yaml <<'END'
Parameters: {Value: {Type: String, NoEcho: true}}
Resources:
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Name: orders-dev, SecretString: !Ref Value}}
END
stagegate create -f secret.yaml --param Value=s3cret-s3cret --plan-out plan.json

## plan-not-saved
printf 'Type: AWS::IAM::Role\nProperties:\n  RoleName: api-dev\n  AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}\n' >role.yaml
approved create -f role.yaml
planned update AWS::IAM::Role api-dev --env dev --set Path=/b/
rm -rf "$XDG_STATE_HOME/stagegate/plans"
: >"$XDG_STATE_HOME/stagegate/plans"
--output
stagegate update AWS::IAM::Role api-dev --env dev --set Path=/b/ --approve "$DIGEST"

## ambiguous-resource
serve
tagged dev a-dev StackResource=web/Logs , dev b-dev StackResource=web/Logs
printf 'Resources:\n  Logs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}\n' >web.yaml
--output
stagegate create -f web.yaml

## dropped-resource
printf 'Resources:\n  Queue: {Type: AWS::SQS::Queue}\n' >web.yaml
cp web.yaml new.yaml
printf '  Jobs: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 30}}\n' >>web.yaml
approved create -f web.yaml
mv new.yaml web.yaml
--output
stagegate create -f web.yaml

## live-change-kept
serve
group jobs-dev
cloud dev UpdateResource AWS::Logs::LogGroup '[{"op": "replace", "path": "/RetentionInDays", "value": 60}]' jobs-dev
--output
stagegate create -f jobs-dev.yaml --keep-live

## bad-stack-name
--output
stagegate create -f queue.yaml --stack-name 'my stack!'

## bad-patch
group jobs-dev
echo '[{"op": "remove", "path": "/KmsKeyId"}]' >patch.json
--output
stagegate update AWS::Logs::LogGroup jobs-dev --env dev --patch patch.json

## service-owned
serve
cloud dev CreateResource AWS::IAM::Role '{"RoleName": "AWSServiceRoleForECS", "Path": "/aws-service-role/ecs.amazonaws.com/", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}'
--output
stagegate delete AWS::IAM::Role AWSServiceRoleForECS --env dev

## deletion-protected
printf 'Type: AWS::DynamoDB::Table\nProperties:\n  TableName: orders-dev\n  BillingMode: PAY_PER_REQUEST\n  DeletionProtectionEnabled: true\n  AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n  KeySchema: [{AttributeName: id, KeyType: HASH}]\n' >table.yaml
approved create -f table.yaml
--output
stagegate delete AWS::DynamoDB::Table orders-dev --env dev

## has-dependents
cat >api.yaml <<'END'
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: api-dev
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Api:
    Type: AWS::Lambda::Function
    Properties: {FunctionName: api-dev, Role: !GetAtt Role.Arn, Runtime: python3.13, Handler: index.main, Code: {ZipFile: "def main(event, context): pass"}}
END
approved create -f api.yaml
--output
stagegate delete AWS::IAM::Role api-dev --env dev

## has-counterpart
pair
--output
stagegate delete AWS::Logs::LogGroup jobs-dev --env dev

## counterpart-unknown
pair
serve --fail 222222222222/GetCallerIdentity=ExpiredToken
--output
stagegate delete AWS::Logs::LogGroup jobs-dev --env dev

## cost
printf 'Type: AWS::ElasticLoadBalancingV2::LoadBalancer\nProperties: {Name: web-dev, Scheme: internal, Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]}\n' >balancer.yaml
--output
stagegate create -f balancer.yaml

## protected
group jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev

## replacement
printf 'Type: AWS::DynamoDB::Table\nProperties:\n  TableName: orders-dev\n  BillingMode: PAY_PER_REQUEST\n  AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n  KeySchema: [{AttributeName: id, KeyType: HASH}]\n' >table.yaml
approved create -f table.yaml
sed -i 's/: id/: key/g' table.yaml
--output
stagegate create -f table.yaml

## delete
group jobs-dev
--output
stagegate delete AWS::Logs::LogGroup jobs-dev --env dev

## overwrites_live_change
serve
group jobs-dev
cloud dev UpdateResource AWS::Logs::LogGroup '[{"op": "replace", "path": "/RetentionInDays", "value": 60}]' jobs-dev
--output
stagegate create -f jobs-dev.yaml

## findings
printf 'Type: AWS::S3::Bucket\nProperties: {BucketName: files-dev}\n' >bucket.yaml
--output
stagegate create -f bucket.yaml

## critical_findings
printf 'Type: AWS::IAM::Role\nProperties:\n  RoleName: admin-dev\n  AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}\n  Policies: [{PolicyName: all, PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}]\n' >role.yaml
approved create -f role.yaml
--output
stagegate promote AWS::IAM::Role admin-dev
