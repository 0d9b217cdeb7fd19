# Errors of AWS, by faults of the sandbox. The kind of an error follows from its code; Cloud Control documents all of these for GetResource.

## aws-already-exists
group jobs-dev
serve --fail GetResource=AlreadyExistsException
--output
read_group

## aws-access-denied
group jobs-dev
serve --fail GetResource=AccessDeniedException
--output
read_group

## aws-throttled
group jobs-dev
serve --fail GetResource=ThrottlingException
--output
read_group --timeout 5s

## aws-type-not-found
group jobs-dev
serve --fail GetResource=TypeNotFoundException
--output
read_group

## aws-unsupported
group jobs-dev
serve --fail GetResource=UnsupportedActionException
--output
read_group

## aws-invalid-request
group jobs-dev
serve --fail GetResource=InvalidRequestException
--output
read_group

## aws-not-updatable
group jobs-dev
serve --fail GetResource=NotUpdatableException
--output
read_group

## aws-conflict
group jobs-dev
serve --fail GetResource=ClientTokenConflictException
--output
read_group

## aws-busy
group jobs-dev
serve --fail GetResource=ConcurrentOperationException
--output
read_group --timeout 5s

## aws-limit-exceeded
group jobs-dev
serve --fail GetResource=ServiceLimitExceededException
--output
read_group

## aws-error
group jobs-dev
serve --fail GetResource=GeneralServiceException
--output
read_group

## aws-not-found
group jobs-dev
serve --fail ListTagsForResource=ResourceNotFoundException --fail GetResources=ResourceNotFoundException
--output
stagegate tag-audit --env dev --type AWS::Logs::LogGroup; stagegate drift

## aws-credentials
serve --fail GetCallerIdentity=ExpiredToken
--output
stagegate context --env dev

## aws-no-answer
serve
kill $SERVER
wait $SERVER || true
SERVER=
trap - EXIT
--output
stagegate context --env dev

## aws-circuit-open
group jobs-dev
serve --fail ListResources=InternalFailure
for NAME in SQS::Queue SNS::Topic S3::Bucket KMS::Key Lambda::Function Logs::LogGroup; do
    set -- "$@" --type "AWS::$NAME"
done
stagegate tag-audit --env dev "$@" || true
--output
read_group

## aws-malformed-answer
serve
proxy '*' '{}'
--output
stagegate context --env dev
