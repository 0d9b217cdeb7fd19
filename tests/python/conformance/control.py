"""Cloud Control's and the Tagging API's operations, and every error that they can give.

    control.py operations     against a plain server
    control.py injected       against one with --fail rules: see RULES
    control.py requests       against one whose clock stands in a file
    control.py throttled      against such a one with --throttle 5/s
    control.py late           against such a one with --tag-delay 2s
"""

import concurrent.futures
import json
import sys

from common import DEV, PROD, client, create, delete, read, refused, settled, update, wait
from forms import types

cloud, prod, tagging = client("cloudcontrol"), client("cloudcontrol", PROD), client("resourcegroupstaggingapi")
QUEUE, BUCKET = "AWS::SQS::Queue", "AWS::S3::Bucket"

# What a service may answer on top of what the sandbox's own rules lead to.
EXCEPTIONS = [
    "AlreadyExistsException", "ClientTokenConflictException", "ConcurrentModificationException", "ConcurrentOperationException",
    "GeneralServiceException", "HandlerFailureException", "HandlerInternalFailureException", "InvalidCredentialsException",
    "InvalidRequestException", "NetworkFailureException", "NotStabilizedException", "NotUpdatableException",
    "PrivateTypeException", "RequestTokenNotFoundException", "ResourceConflictException", "ResourceNotFoundException",
    "ServiceInternalErrorException", "ServiceLimitExceededException", "ThrottlingException", "TypeNotFoundException",
    "UnsupportedActionException", "AccessDeniedException", "ServiceTimeoutException",
]
HANDLER_CODES = [
    "NotUpdatable", "InvalidRequest", "AccessDenied", "UnauthorizedTaggingOperation", "InvalidCredentials", "AlreadyExists",
    "NotFound", "ResourceConflict", "Throttling", "ServiceLimitExceeded", "NotStabilized", "GeneralServiceException",
    "ServiceInternalError", "ServiceTimeout", "NetworkFailure", "InternalFailure",
]


def failing():
    """A type for each error."""
    found = sorted(types())
    assert len(found) >= max(len(EXCEPTIONS), len(HANDLER_CODES)), len(found)
    return found


def rules():
    """The rules that `injected` needs, one a line. The first one that fits a call decides, so each
    operation that is to fail has a type, or nothing else, of its own."""
    for code, type_name in zip(EXCEPTIONS, failing(), strict=False):
        yield f"{type_name}/GetResource={code}*1"
    for code, type_name in zip(HANDLER_CODES, failing(), strict=False):
        yield f"{type_name}/DeleteResource=FAILED:{code}*1"
    yield f"{QUEUE}/CreateResource=lost*1"
    yield "GetTagKeys=InternalServiceException*1"
    yield "GetTagValues=ThrottledException*1"


def injected():
    for code, type_name in zip(EXCEPTIONS, failing(), strict=False):
        refused(code, cloud.get_resource, TypeName=type_name, Identifier="x")
        refused("ResourceNotFoundException", cloud.get_resource, TypeName=type_name, Identifier="x")
    for code, type_name in zip(HANDLER_CODES, failing(), strict=False):
        event = delete(cloud, type_name, "x", status="FAILED")
        assert event["ErrorCode"] == code and event["StatusMessage"], (event, code)
    # The answer is lost, the queue is not; the same token finds it.
    desired = json.dumps({"QueueName": "lost"})
    refused("InternalFailure", cloud.create_resource, TypeName=QUEUE, DesiredState=desired, ClientToken="lost-1")
    event = settled(cloud, cloud.create_resource(TypeName=QUEUE, DesiredState=desired, ClientToken="lost-1"))
    assert event["OperationStatus"] == "SUCCESS", event
    refused("InternalServiceException", tagging.get_tag_keys)
    refused("ThrottledException", tagging.get_tag_values, Key="x")


def throttled():
    for _ in range(5):
        cloud.list_resource_requests()
    assert "Rate exceeded" in refused("ThrottlingException", cloud.list_resource_requests)
    wait(1000)
    cloud.list_resource_requests()


def late():
    tagged = {"TopicName": "late", "Tags": [{"Key": "Team", "Value": "one"}]}
    topic = create(cloud, "AWS::SNS::Topic", tagged)["Identifier"]
    assert read(cloud, "AWS::SNS::Topic", topic)["Tags"] == tagged["Tags"]
    wait(1900)
    assert tagging.get_resources()["ResourceTagMappingList"] == []
    wait(100)
    assert len(tagging.get_resources()["ResourceTagMappingList"]) == 1


def requests():
    desired = json.dumps({"QueueName": "req", "Tags": [{"Key": "Team", "Value": "one"}]})
    asked = cloud.create_resource(TypeName=QUEUE, DesiredState=desired, ClientToken="token-1")["ProgressEvent"]
    assert asked["OperationStatus"] == "PENDING" and asked["RetryAfter"], asked
    under_way = cloud.get_resource_request_status(RequestToken=asked["RequestToken"])["ProgressEvent"]
    assert under_way["OperationStatus"] == "IN_PROGRESS", under_way
    alias = {"AliasName": "alias/twice", "TargetKeyId": "0b7f3c1e-6a50-4e57-9a0e-2c8f3a9d1e42"}
    twice = {"TypeName": "AWS::KMS::Alias", "DesiredState": json.dumps(alias)}
    cloud.create_resource(**twice)
    refused("ConcurrentOperationException", cloud.create_resource, **twice)
    # The same token is the same request, another content with it is a conflict, another account's is its own.
    again = cloud.create_resource(TypeName=QUEUE, DesiredState=desired, ClientToken="token-1")["ProgressEvent"]
    assert again["RequestToken"] == asked["RequestToken"], again
    refused("ClientTokenConflictException", cloud.create_resource, TypeName=QUEUE, DesiredState="{}", ClientToken="token-1")
    refused("ClientTokenConflictException", cloud.delete_resource, TypeName=QUEUE, Identifier="x", ClientToken="token-1")
    other = prod.create_resource(TypeName=QUEUE, DesiredState=desired, ClientToken="token-1")["ProgressEvent"]
    assert other["RequestToken"] != asked["RequestToken"]
    event = settled(cloud, {"ProgressEvent": asked})
    assert event["OperationStatus"] == "SUCCESS" and "RetryAfter" not in event, event
    assert settled(prod, {"ProgressEvent": other})["Identifier"].endswith(f"/{PROD}/req")
    url = event["Identifier"]
    assert url == f"https://sqs.us-east-1.amazonaws.com/{DEV}/req", url

    refused("RequestTokenNotFoundException", cloud.get_resource_request_status, RequestToken="none")
    refused("RequestTokenNotFoundException", cloud.cancel_resource_request, RequestToken="none")
    refused("RequestTokenNotFoundException", prod.get_resource_request_status, RequestToken=asked["RequestToken"])
    refused("ValidationException", cloud.cancel_resource_request, RequestToken=asked["RequestToken"])
    refused("ValidationException", cloud.get_resource_request_status)

    shown = cloud.list_resource_requests(ResourceRequestStatusFilter={"Operations": ["CREATE"], "OperationStatuses": ["SUCCESS"]})
    tokens = [one["RequestToken"] for one in shown["ResourceRequestStatusSummaries"]]
    assert asked["RequestToken"] in tokens, shown
    none = cloud.list_resource_requests(ResourceRequestStatusFilter={"Operations": ["DELETE"]})
    assert none["ResourceRequestStatusSummaries"] == [], none
    page = cloud.list_resource_requests(MaxResults=1)
    assert len(page["ResourceRequestStatusSummaries"]) == 1 and page["NextToken"], page
    rest = cloud.list_resource_requests(MaxResults=100, NextToken=page["NextToken"])["ResourceRequestStatusSummaries"]
    assert page["ResourceRequestStatusSummaries"][0]["RequestToken"] not in [one["RequestToken"] for one in rest]
    refused("ValidationException", cloud.list_resource_requests, NextToken="what")
    refused("ValidationException", cloud.list_resource_requests, MaxResults=101)

    # A request that is still under way can be stopped, and then changes nothing.
    stopped = cloud.create_resource(TypeName=QUEUE, DesiredState=json.dumps({"QueueName": "stopped"}))["ProgressEvent"]
    stopping = cloud.cancel_resource_request(RequestToken=stopped["RequestToken"])["ProgressEvent"]
    assert stopping["OperationStatus"] == "CANCEL_IN_PROGRESS", stopping
    assert settled(cloud, {"ProgressEvent": stopping})["OperationStatus"] == "CANCEL_COMPLETE"
    wait(60)
    refused("ResourceNotFoundException", cloud.get_resource, TypeName=QUEUE, Identifier=url.replace("req", "stopped"))


def patches():
    table = create(cloud, "AWS::SSM::Parameter", {"Name": "/patch/me", "Type": "String", "Value": "1", "Tags": {"a": "1", "b": "2"}})["Identifier"]
    bucket = create(cloud, BUCKET, {"BucketName": "patched-bucket", "Tags": [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]})["Identifier"]
    update(cloud, BUCKET, bucket, [
        {"op": "test", "path": "/Tags/0/Key", "value": "a"},
        {"op": "replace", "path": "/Tags/0/Value", "value": "one"},
        {"op": "remove", "path": "/Tags/2"},
        {"op": "add", "path": "/Tags/-", "value": {"Key": "d", "Value": "4"}},
        {"op": "add", "path": "/Tags/0", "value": {"Key": "first", "Value": "0"}},
        {"op": "copy", "from": "/Tags/1/Value", "path": "/Tags/2/Value"},
        {"op": "move", "from": "/Tags/3", "path": "/Tags/0"},
    ])
    tags = [(tag["Key"], tag["Value"]) for tag in read(cloud, BUCKET, bucket)["Tags"]]
    assert tags == [("d", "4"), ("first", "0"), ("a", "one"), ("b", "one")], tags
    update(cloud, "AWS::SSM::Parameter", table, [{"op": "remove", "path": "/Tags/a"}, {"op": "add", "path": "/Tags/c~1d", "value": "3"}])
    assert read(cloud, "AWS::SSM::Parameter", table)["Tags"] == {"b": "2", "c/d": "3"}

    def patch(code, *operations):
        document = operations[0] if isinstance(operations[0], str) else json.dumps(operations)
        return refused(code, cloud.update_resource, TypeName=BUCKET, Identifier=bucket, PatchDocument=document)

    patch("ValidationException", {"op": "test", "path": "/Tags/0/Key", "value": "other"})
    patch("ValidationException", {"op": "replace", "path": "/Tags/9/Value", "value": "x"})
    patch("ValidationException", {"op": "remove", "path": "/Tags/Team"})
    patch("ValidationException", {"op": "add", "path": "/Nothing", "value": 1})
    patch("InvalidRequestException", "{")
    patch("InvalidRequestException", {"op": "swap", "path": "/Tags"})
    patch("NotUpdatableException", {"op": "replace", "path": "/BucketName", "value": "another-bucket"})
    patch("ValidationException", {"op": "replace", "path": "/Arn", "value": "arn:aws:s3:::x"})
    refused("ResourceNotFoundException", cloud.update_resource, TypeName=BUCKET, Identifier="none-here", PatchDocument="[]")
    # Write-only values are added again or stay away; they are never read.
    secret = create(cloud, "AWS::SecretsManager::Secret", {"Name": "patched", "SecretString": "one-two-three"})["Identifier"]
    update(cloud, "AWS::SecretsManager::Secret", secret, [{"op": "add", "path": "/SecretString", "value": "four-five-six"}])
    assert "SecretString" not in read(cloud, "AWS::SecretsManager::Secret", secret)


def refusals():
    ask = cloud.create_resource
    refused("TypeNotFoundException", ask, TypeName="AWS::No::Such", DesiredState="{}")
    refused("UnsupportedActionException", ask, TypeName="AWS::Budgets::Budget", DesiredState="{}")
    refused("ValidationException", ask, TypeName="Bucket", DesiredState="{}")
    refused("ValidationException", ask, TypeName=BUCKET)
    refused("ValidationException", ask, TypeName=BUCKET, DesiredState="")
    refused("InvalidRequestException", ask, TypeName=BUCKET, DesiredState="{")
    refused("InvalidRequestException", ask, TypeName=BUCKET, DesiredState="[]")
    refused("ValidationException", ask, TypeName=BUCKET, DesiredState='{"BucketName": 7}')
    refused("ValidationException", ask, TypeName=BUCKET, DesiredState='{"BucketName": {"Ref": "Name"}}')
    refused("ValidationException", ask, TypeName=BUCKET, DesiredState="{}", ClientToken="no spaces")
    refused("ValidationException", cloud.get_resource, TypeName=BUCKET)
    refused("InvalidRequestException", cloud.list_resources, TypeName="AWS::ApiGatewayV2::Route")
    refused("InvalidRequestException", cloud.list_resources, TypeName=BUCKET, NextToken="what")
    refused("InvalidRequestException", cloud.list_resources, TypeName="AWS::ApiGatewayV2::Route", ResourceModel="[")
    refused("UnrecognizedClientException", client("cloudcontrol", "999999999999").list_resources, TypeName=BUCKET)
    # What only the handler can refuse is a failed request.
    event = create(cloud, BUCKET, {"BucketName": "patched-bucket"}, status="FAILED")
    assert event["ErrorCode"] == "AlreadyExists", event
    event = settled(prod, prod.create_resource(TypeName=BUCKET, DesiredState='{"BucketName": "patched-bucket"}'))
    assert event["ErrorCode"] == "AlreadyExists" and "shared by all" in event["StatusMessage"], event
    event = create(cloud, QUEUE, {"QueueName": "q.fifo"}, status="FAILED")
    assert event["ErrorCode"] == "InvalidRequest", event
    event = create(cloud, "AWS::Lambda::Function", {"FunctionName": "t", "Runtime": "python3.13", "Handler": "index.handler", "Role": "arn:aws:iam::111111111111:role/x", "Code": {"ZipFile": "x"}, "Tags": [{"Key": "price", "Value": "$5"}]}, status="FAILED")
    assert event["ErrorCode"] == "InvalidRequest", event


def identifiers():
    service = create(cloud, "AWS::ECS::Service", {"ServiceName": "web", "Cluster": "main", "TaskDefinition": "web:1"})["Identifier"]
    assert service == f"arn:aws:ecs:us-east-1:{DEV}:service/main/web|main", service
    by_name = json.dumps({"ServiceArn": service.split("|")[0], "Cluster": "main"})
    assert cloud.get_resource(TypeName="AWS::ECS::Service", Identifier=by_name)["ResourceDescription"]["Identifier"] == service
    refused("ValidationException", cloud.get_resource, TypeName="AWS::ECS::Service", Identifier='{"Nothing": "x"}')
    # Lists of many types hold identifiers alone; what is asked for is read one by one.
    partial = cloud.list_resources(TypeName=BUCKET)["ResourceDescriptions"]
    assert all(set(json.loads(one["Properties"])) == {"BucketName"} for one in partial), partial
    # Another region holds nothing of this one's, but buckets are listed wherever one asks.
    far = client("cloudcontrol", region="eu-west-1")
    assert far.list_resources(TypeName=QUEUE)["ResourceDescriptions"] == []
    assert len(far.list_resources(TypeName=BUCKET)["ResourceDescriptions"]) == len(partial)


def pages():
    def one(number):
        create(cloud, "AWS::SNS::Topic", {"TopicName": f"page-{number:03}", "Tags": [{"Key": "Page", "Value": str(number)}]})

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(105)))
    first = cloud.list_resources(TypeName="AWS::SNS::Topic")
    assert len(first["ResourceDescriptions"]) == 100 and first["NextToken"], len(first["ResourceDescriptions"])
    rest = cloud.list_resources(TypeName="AWS::SNS::Topic", NextToken=first["NextToken"])
    arns = [one["Identifier"] for one in first["ResourceDescriptions"] + rest["ResourceDescriptions"]]
    assert len(set(arns)) == 105 and "NextToken" not in rest
    few = cloud.list_resources(TypeName="AWS::SNS::Topic", MaxResults=3)
    assert len(few["ResourceDescriptions"]) == 3
    seen, token = [], ""
    while True:
        page = tagging.get_resources(TagFilters=[{"Key": "Page"}], ResourcesPerPage=50, PaginationToken=token)
        seen += [one["ResourceARN"] for one in page["ResourceTagMappingList"]]
        token = page["PaginationToken"]
        if not token:
            break
    assert sorted(seen) == sorted(arns)
    keys, values = tagging.get_tag_keys()["TagKeys"], tagging.get_tag_values(Key="Page")["TagValues"]
    assert "Page" in keys and len(values) == 105


def tags():
    topic = f"arn:aws:sns:us-east-1:{DEV}:page-000"
    assert tagging.tag_resources(ResourceARNList=[topic], Tags={"Team": "one", "Env": "dev"})["FailedResourcesMap"] == {}
    missing = topic.replace("page-000", "none")
    failed = tagging.untag_resources(ResourceARNList=[topic, missing], TagKeys=["Page"])["FailedResourcesMap"]
    assert list(failed) == [missing] and failed[missing]["StatusCode"] == 400, failed
    model = read(cloud, "AWS::SNS::Topic", topic)
    assert {tag["Key"]: tag["Value"] for tag in model["Tags"]} == {"Team": "one", "Env": "dev"}, model
    both = tagging.get_resources(TagFilters=[{"Key": "Team", "Values": ["one", "two"]}, {"Key": "Env", "Values": ["dev"]}], ResourceTypeFilters=["sns:topic"])
    assert [one["ResourceARN"] for one in both["ResourceTagMappingList"]] == [topic], both
    by_arn = tagging.get_resources(ResourceARNList=[topic])["ResourceTagMappingList"]
    assert [one["ResourceARN"] for one in by_arn] == [topic]
    refused("InvalidParameterException", tagging.tag_resources, ResourceARNList=[topic], Tags={"aws:x": "y"})
    refused("InvalidParameterException", tagging.tag_resources, ResourceARNList=[], Tags={"x": "y"})
    refused("InvalidParameterException", tagging.untag_resources, ResourceARNList=[topic], TagKeys=[])
    refused("InvalidParameterException", tagging.get_resources, PaginationToken="what")
    # Never tagged, never seen; roles are not this API's at all.
    create(cloud, QUEUE, {"QueueName": "bare"})
    role = {"RoleName": "tagged", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "Tags": [{"Key": "Team", "Value": "one"}]}
    create(cloud, "AWS::IAM::Role", role)
    every = [one["ResourceARN"] for one in tagging.get_resources()["ResourceTagMappingList"]]
    assert not [arn for arn in every if ":bare" in arn or ":role/" in arn], every


if __name__ == "__main__":
    match sys.argv[1]:
        case "rules":
            print("\n".join(rules()))
        case "injected":
            injected()
        case "throttled":
            throttled()
        case "late":
            late()
        case "requests":
            requests()
        case _:
            for step in (patches, refusals, identifiers, pages, tags):
                step()
