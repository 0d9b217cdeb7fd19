"""The stock `aws` CLI and boto3 against the sandbox: what they parse is AWS's wire format.

AWS_ENDPOINT_URL names the sandbox. Fails with an assertion that says what was expected.
"""

import json
import os
import subprocess
import sys
import tempfile

import boto3
from botocore.exceptions import ClientError

from cloudcontrol import finished

DEV, PROD = "111111111111", "222222222222"
AWS = os.path.join(os.path.dirname(sys.executable), "aws")

# A queue's identifier is a URL: version 1 of the CLI would fetch it and take what it finds there.
CONFIG = tempfile.NamedTemporaryFile("w", suffix="-aws-config")
CONFIG.write("[default]\ncli_follow_urlparam = false\n")
CONFIG.flush()


def aws(*arguments, account=DEV, fails_with=None):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": account, "AWS_CONFIG_FILE": CONFIG.name}
    run = subprocess.run([AWS, *arguments, "--output", "json"], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if fails_with is not None:
        assert run.returncode != 0 and f"({fails_with})" in run.stderr, (arguments, run.stdout, run.stderr)
        return None
    assert run.returncode == 0, (arguments, run.stderr)
    return json.loads(run.stdout or "null")


def wait(event):
    return finished(event["ProgressEvent"])


def bucket_with_boto3():
    cloud = boto3.client("cloudcontrol")
    kind = {"TypeName": "AWS::S3::Bucket"}
    desired = {"BucketName": "stock-dev", "Tags": [{"Key": "Team", "Value": "one"}]}
    created = wait(cloud.create_resource(**kind, DesiredState=json.dumps(desired), ClientToken="stock-1"))
    assert created["Identifier"] == "stock-dev", created
    # The same token is the same request; the token with another content is refused.
    again = cloud.create_resource(**kind, DesiredState=json.dumps(desired), ClientToken="stock-1")["ProgressEvent"]
    assert again["RequestToken"] == created["RequestToken"], (again, created)
    refused(cloud.create_resource, "ClientTokenConflictException", **kind, DesiredState='{"BucketName": "other-dev"}', ClientToken="stock-1")

    live = read(cloud, "AWS::S3::Bucket", "stock-dev")
    assert live["Arn"] == "arn:aws:s3:::stock-dev", live

    # Array indices work, a key of a list of tags is no path.
    patch = [{"op": "test", "path": "/Tags/0/Key", "value": "Team"}, {"op": "replace", "path": "/Tags/0/Value", "value": "two"}]
    wait(cloud.update_resource(**kind, Identifier="stock-dev", PatchDocument=json.dumps(patch)))
    assert tags_of(read(cloud, "AWS::S3::Bucket", "stock-dev"))["Team"] == "two"
    wrong = [{"op": "replace", "path": "/Tags/Team", "value": "three"}]
    refused(cloud.update_resource, "ValidationException", **kind, Identifier="stock-dev", PatchDocument=json.dumps(wrong))

    seen = boto3.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Team", "Values": ["two"]}])
    assert [one["ResourceARN"] for one in seen["ResourceTagMappingList"]] == ["arn:aws:s3:::stock-dev"], seen

    # Bucket names are one namespace for all accounts.
    prod = as_account(PROD).client("cloudcontrol")
    refused(prod.get_resource, "ResourceNotFoundException", **kind, Identifier="stock-dev")
    taken = prod.create_resource(**kind, DesiredState=json.dumps(desired))["ProgressEvent"]
    while taken["OperationStatus"] in ("PENDING", "IN_PROGRESS"):
        taken = prod.get_resource_request_status(RequestToken=taken["RequestToken"])["ProgressEvent"]
    assert (taken["OperationStatus"], taken["ErrorCode"]) == ("FAILED", "AlreadyExists"), taken

    wait(cloud.delete_resource(**kind, Identifier="stock-dev"))
    refused(cloud.get_resource, "ResourceNotFoundException", **kind, Identifier="stock-dev")
    refused(cloud.get_resource, "TypeNotFoundException", TypeName="AWS::No::Such", Identifier="x")


def queue_with_aws_cli():
    kind = ("--type-name", "AWS::SQS::Queue")
    asked = aws("cloudcontrol", "create-resource", *kind, "--desired-state", json.dumps({"QueueName": "stock-dev", "VisibilityTimeout": 30}))
    token = asked["ProgressEvent"]["RequestToken"]
    aws("cloudcontrol", "wait", "resource-request-success", "--request-token", token)
    url = aws("cloudcontrol", "get-resource-request-status", "--request-token", token)["ProgressEvent"]["Identifier"]
    assert url.startswith("https://sqs.us-east-1.amazonaws.com/") and url.endswith(f"/{DEV}/stock-dev"), url

    patch = json.dumps([{"op": "replace", "path": "/VisibilityTimeout", "value": 45}])
    token = aws("cloudcontrol", "update-resource", *kind, "--identifier", url, "--patch-document", patch)["ProgressEvent"]["RequestToken"]
    aws("cloudcontrol", "wait", "resource-request-success", "--request-token", token)
    found = aws("cloudcontrol", "get-resource", *kind, "--identifier", url)["ResourceDescription"]
    assert json.loads(found["Properties"])["VisibilityTimeout"] == 45, found

    arn = f"arn:aws:sqs:us-east-1:{DEV}:stock-dev"
    failed = aws("resourcegroupstaggingapi", "tag-resources", "--resource-arn-list", arn, "--tags", "Team=three")
    assert failed["FailedResourcesMap"] == {}, failed
    seen = aws("resourcegroupstaggingapi", "get-resources", "--tag-filters", "Key=Team,Values=three")["ResourceTagMappingList"]
    assert seen == [{"ResourceARN": arn, "Tags": [{"Key": "Team", "Value": "three"}]}], seen

    # A whole request from a file, as the CLI's own skeletons are filled in.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as asked:
        json.dump({"TypeName": "AWS::SNS::Topic", "DesiredState": json.dumps({"TopicName": "stock-dev"}), "ClientToken": "stock-2"}, asked)
        asked.flush()
        token = aws("cloudcontrol", "create-resource", "--cli-input-json", f"file://{asked.name}")["ProgressEvent"]["RequestToken"]
    aws("cloudcontrol", "wait", "resource-request-success", "--request-token", token)
    found = aws("cloudcontrol", "get-resource", "--cli-input-json", json.dumps({"TypeName": "AWS::SNS::Topic", "Identifier": f"arn:aws:sns:us-east-1:{DEV}:stock-dev"}))
    assert json.loads(found["ResourceDescription"]["Properties"])["TopicName"] == "stock-dev", found
    assert aws("resourcegroupstaggingapi", "get-tag-values", "--key", "Team")["TagValues"] == ["three"]

    assert [one["Identifier"] for one in aws("cloudcontrol", "list-resources", *kind)["ResourceDescriptions"]] == [url]
    assert aws("cloudcontrol", "list-resources", *kind, account=PROD)["ResourceDescriptions"] == []
    token = aws("cloudcontrol", "delete-resource", *kind, "--identifier", url)["ProgressEvent"]["RequestToken"]
    aws("cloudcontrol", "wait", "resource-request-success", "--request-token", token)
    aws("cloudcontrol", "get-resource", *kind, "--identifier", url, fails_with="ResourceNotFoundException")


def accounts():
    for account in (DEV, PROD):
        with_cli = aws("sts", "get-caller-identity", account=account)
        with_boto3 = as_account(account).client("sts").get_caller_identity()
        assert with_cli["Account"] == with_boto3["Account"] == account, (with_cli, with_boto3)
    role = boto3.client("sts").assume_role(RoleArn=f"arn:aws:iam::{PROD}:role/Deployer", RoleSessionName="tests")["Credentials"]
    session = boto3.Session(role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"])
    assert session.client("sts").get_caller_identity()["Account"] == PROD


def services():
    """ListBuckets, ListAccounts and DescribeServices, which inventories and changes of services call."""
    cloud = boto3.client("cloudcontrol")
    for name in ("stock-a", "stock-b"):
        wait(cloud.create_resource(TypeName="AWS::S3::Bucket", DesiredState=json.dumps({"BucketName": name})))
    s3 = boto3.client("s3")
    assert [one["Name"] for one in s3.list_buckets()["Buckets"]] == ["stock-a", "stock-b"]
    assert "BucketRegion" not in s3.list_buckets()["Buckets"][0]
    first = s3.list_buckets(MaxBuckets=1)
    assert [(one["Name"], one["BucketRegion"]) for one in first["Buckets"]] == [("stock-a", "us-east-1")], first
    rest = s3.list_buckets(MaxBuckets=1, ContinuationToken=first["ContinuationToken"])
    assert [one["Name"] for one in rest["Buckets"]] == ["stock-b"] and "ContinuationToken" not in rest, rest
    assert s3.list_buckets(BucketRegion="eu-west-1")["Buckets"] == []
    assert len(aws("s3api", "list-buckets", "--prefix", "stock-")["Buckets"]) == 2

    refused(boto3.client("organizations").list_accounts, "AWSOrganizationsNotInUseException")

    ecs = boto3.client("ecs")
    wait(cloud.create_resource(TypeName="AWS::ECS::Cluster", DesiredState=json.dumps({"ClusterName": "stock"})))
    task = {"Family": "web", "ContainerDefinitions": [{"Name": "web", "Image": "x", "Memory": 128}]}
    task = wait(cloud.create_resource(TypeName="AWS::ECS::TaskDefinition", DesiredState=json.dumps(task)))["Identifier"]
    desired = {"ServiceName": "web", "Cluster": "stock", "TaskDefinition": task, "DesiredCount": 2}
    wait(cloud.create_resource(TypeName="AWS::ECS::Service", DesiredState=json.dumps(desired)))
    found = ecs.describe_services(cluster="stock", services=["web", "other"])
    assert [(one["desiredCount"], one["runningCount"]) for one in found["services"]] == [(2, 2)], found
    assert [one["reason"] for one in found["failures"]] == ["MISSING"], found


def as_account(account):
    return boto3.Session(aws_access_key_id=account, aws_secret_access_key="any")


def read(cloud, type_name, identifier):
    return json.loads(cloud.get_resource(TypeName=type_name, Identifier=identifier)["ResourceDescription"]["Properties"])


def tags_of(properties):
    return {tag["Key"]: tag["Value"] for tag in properties["Tags"]}


def refused(call, code, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
    else:
        raise AssertionError(f"expected {code}, got {answer}")


if __name__ == "__main__":
    {"bucket": bucket_with_boto3, "queue": queue_with_aws_cli, "accounts": accounts, "services": services}[sys.argv[1]]()
