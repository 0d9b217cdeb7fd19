"""Tags of IAM policies and instance profiles through boto3.

    iam_tags.py list KIND NAME
    iam_tags.py tag KIND NAME KEY VALUE
    iam_tags.py untag KIND NAME KEY
    iam_tags.py all
    iam_tags.py conformance

KIND is `policy` or `instance-profile`. `list` prints a JSON object, `all` those of all own policies and profiles by kind
and name; `conformance` compares the responses with those of AWS.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError

client = boto3.client("iam")
KINDS = {"policy": ("policy", "PolicyArn"), "instance-profile": ("instance_profile", "InstanceProfileName")}


def call(verb, kind, name, **rest):
    noun, member = KINDS[kind]
    operation = f"list_{noun}_tags" if verb == "list" else f"{verb}_{noun}"
    return getattr(client, operation)(**{member: name}, **rest)


def tags(kind, name):
    """All tags, from pages with one tag each."""
    found, marker = {}, {}
    while True:
        page = call("list", kind, name, MaxItems=1, **marker)
        assert len(page["Tags"]) <= 1, page
        found.update({tag["Key"]: tag["Value"] for tag in page["Tags"]})
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def everything():
    control, found = boto3.client("cloudcontrol"), {}
    for kind, type_name in (("policy", "AWS::IAM::ManagedPolicy"), ("instance-profile", "AWS::IAM::InstanceProfile")):
        names = [one["Identifier"] for one in control.list_resources(TypeName=type_name)["ResourceDescriptions"]]
        found[kind] = {name: tags(kind, name) for name in names if not name.startswith("arn:aws:iam::aws:")}
    return found


def refused(code, action):
    try:
        action()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return
    raise SystemExit(f"{code} is missing")


def conformance():
    control = boto3.client("cloudcontrol")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    policy = create(control, "AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "read", "PolicyDocument": document})
    create(control, "AWS::IAM::Role", {"RoleName": "web", "AssumeRolePolicyDocument": trust})
    profile = create(control, "AWS::IAM::InstanceProfile", {"InstanceProfileName": "web", "Path": "/team/", "Roles": ["web"]})
    for kind, name in (("policy", policy), ("instance-profile", profile)):
        assert tags(kind, name) == {}
        call("tag", kind, name, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}, {"Key": "c", "Value": "3"}])
        call("tag", kind, name, Tags=[{"Key": "c", "Value": "4"}])
        call("untag", kind, name, TagKeys=["a", "absent"])
        assert tags(kind, name) == {"b": "", "c": "4"}, tags(kind, name)
        refused("InvalidInput", lambda: call("tag", kind, name, Tags=[{"Key": "price", "Value": "$1"}]))
    refused("NoSuchEntity", lambda: tags("policy", policy + "-other"))
    refused("NoSuchEntity", lambda: call("tag", "instance-profile", "other", Tags=[{"Key": "a", "Value": "1"}]))
    # Cloud Control neither returns nor accepts them, and the tagging API returns them.
    for name, identifier in (("AWS::IAM::ManagedPolicy", policy), ("AWS::IAM::InstanceProfile", profile)):
        live = json.loads(control.get_resource(TypeName=name, Identifier=identifier)["ResourceDescription"]["Properties"])
        assert "Tags" not in live, live
        patch = [{"op": "add", "path": "/Tags", "value": [{"Key": "a", "Value": "1"}]}]
        try:
            event = control.update_resource(TypeName=name, Identifier=identifier, PatchDocument=json.dumps(patch))
            assert wait(control, event["ProgressEvent"])["OperationStatus"] == "FAILED", event
        except ClientError as error:
            assert error.response["Error"]["Code"] in ("ValidationException", "InvalidRequestException"), error
    found = boto3.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "c", "Values": ["4"]}])
    arns = sorted(one["ResourceARN"].split(":", 5)[5] for one in found["ResourceTagMappingList"])
    assert arns == ["instance-profile/team/web", "policy/read"], arns
    assert client.get_policy(PolicyArn=policy)["Policy"]["Tags"] == [{"Key": "b", "Value": ""}, {"Key": "c", "Value": "4"}]


def wait(control, event):
    while event["OperationStatus"] in ("PENDING", "IN_PROGRESS"):
        event = control.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    return event


def create(control, type_name, desired):
    event = wait(control, control.create_resource(TypeName=type_name, DesiredState=json.dumps(desired))["ProgressEvent"])
    assert event["OperationStatus"] == "SUCCESS", event
    return event["Identifier"]


def main(operation, *rest):
    if operation == "list":
        print(json.dumps(tags(*rest)))
    elif operation == "all":
        print(json.dumps(everything()))
    elif operation == "tag":
        call("tag", *rest[:2], Tags=[{"Key": rest[2], "Value": rest[3]}])
    elif operation == "untag":
        call("untag", *rest[:2], TagKeys=[rest[2]])
    else:
        conformance()


if __name__ == "__main__":
    main(*sys.argv[1:])
