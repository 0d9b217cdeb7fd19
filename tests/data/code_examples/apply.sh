# What happens while a plan is applied.

## step-failed
group_template jobs-dev
serve --fail CreateResource=FAILED:InvalidRequest
--output
stagegate create -f group.yaml

## no-answer
group_template jobs-dev
serve
proxy CreateResource close
--output
STAGEGATE_TEST_RETRY_MILLIS=200 stagegate create -f group.yaml

## no-identifier
group_template
serve
proxy CreateResource '{"ProgressEvent": {"TypeName": "AWS::Logs::LogGroup", "Operation": "CREATE", "OperationStatus": "SUCCESS", "RequestToken": "a"}}'
--output
stagegate create -f group.yaml

## still-exists
group jobs-dev
serve
proxy DeleteResource '{"ProgressEvent": {"TypeName": "AWS::Logs::LogGroup", "Operation": "DELETE", "OperationStatus": "SUCCESS", "RequestToken": "a", "Identifier": "jobs-dev"}}'
planned delete AWS::Logs::LogGroup jobs-dev --env dev
--output
stagegate delete AWS::Logs::LogGroup jobs-dev --env dev --approve "$DIGEST"

## not-as-sent
group_template jobs-dev
serve
proxy GetResource 's/RetentionInDays\":30/RetentionInDays\":60/'
--output
stagegate create -f group.yaml

## lease-kept
group jobs-dev
serve --fail 111111111111/UntagResources=AccessDeniedException
planned promote AWS::Logs::LogGroup jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev --approve "$DIGEST"

## promotion-leased
serve
tagged dev jobs-dev "PromotionLease=aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ) alice"
planned promote AWS::Logs::LogGroup jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev --approve "$DIGEST"

## not-readable
group_template
serve --fail GetResource=ResourceNotFoundException
--output
stagegate create -f group.yaml

## in-progress
group_template
serve --fail GetResourceRequestStatus=AccessDeniedException
--output
stagegate create -f group.yaml

## in_progress
group_template
serve --fail GetResourceRequestStatus=AccessDeniedException

## not-in-tagging-api
group_template jobs-dev
serve --not-in-tagging-api AWS::Logs::LogGroup
--output
stagegate create -f group.yaml

## service-not-running
cat >stack.yaml <<'END'
Resources:
  Cluster:
    Type: AWS::ECS::Cluster
    Properties: {ClusterName: shop-dev, ClusterSettings: [{Name: containerInsights, Value: enabled}]}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Family: web-dev
      ContainerDefinitions: [{Name: web, Image: "public.ecr.aws/nginx/nginx:1", Memory: 128, ReadonlyRootFilesystem: true}]
  Web:
    Type: AWS::ECS::Service
    Properties: {ServiceName: web-dev, Cluster: !Ref Cluster, TaskDefinition: !Ref Task, DesiredCount: 2, LaunchType: EC2}
END
planned create -f stack.yaml
echo '{"web-dev": {"runningCount": 1, "rolloutState": "FAILED", "rolloutStateReason": "no such image"}}' >"$HOME/sandbox/tasks.json"
--output
stagegate create -f stack.yaml --approve "$DIGEST"

