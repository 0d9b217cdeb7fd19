# Permissions of principals.

## unknown-principal
--output
stagegate iam analyze anne

## unknown-action unscoped-access
serve
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann"}'

## evaluated-locally
serve --fail SimulatePrincipalPolicy=AccessDenied
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann"}'
--output
stagegate iam gap ann --action s3:GetObject

## explicitly-denied
serve
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann", "Policies": [{"PolicyName": "no", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:PutObject", "Resource": "*"}]}}]}'
--output
stagegate iam propose ann --action s3:PutObject --resource 'arn:aws:s3:::audit/*'

## policies-not-seen
serve
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann"}'
--output
stagegate iam gap ann --action s3:GetObject

## policy-too-long
serve
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann"}'
for NUMBER in $(seq 150); do
    set -- "$@" --resource "arn:aws:s3:::a-bucket-with-a-long-name-for-the-example-$NUMBER/*"
done
--output
stagegate iam propose ann --action s3:GetObject "$@"

## permission-not-known
printf 'Resources:\n  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}\n' >vpc.yaml
--output
stagegate iam for-plan -f vpc.yaml

## last-use-unread
serve --fail GenerateServiceLastAccessedDetails=AccessDenied
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann"}'
--output
stagegate iam analyze ann

## validated-locally
serve --fail ValidatePolicy=AccessDenied
cloud dev CreateResource AWS::IAM::User '{"UserName": "ann"}'
--output
stagegate iam propose ann --action s3:GetObject --resource 'arn:aws:s3:::files/*' --validate

## policy-flagged
cat >deploy.yaml <<'END'
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: pass-dev
      PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "iam:PassRole", Resource: "*"}]}
  Deploy:
    Type: AWS::IAM::Role
    Properties:
      RoleName: deploy-dev
      ManagedPolicyArns: [!Ref Policy]
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
END
approved create -f deploy.yaml
--output
stagegate iam analyze deploy-dev --validate
