"""IAM, STS and the policy simulator."""

import json
import sys

from common import DEV, PROD, client, create, delete, policy, read, refused, statement, update

cloud, iam, sts = client("cloudcontrol"), client("iam"), client("sts")

TRUST = policy({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{DEV}:root"}, "Action": "sts:AssumeRole"})
READS = policy(statement("Allow", "s3:Get*", "arn:aws:s3:::data/*"))
BOUND = policy(statement("Allow", ["s3:*", "sqs:*", "cloudformation:*"]))


def estate():
    create(cloud, "AWS::IAM::ManagedPolicy", {"ManagedPolicyName": "bound", "PolicyDocument": BOUND})
    create(cloud, "AWS::IAM::Role", {
        "RoleName": "App", "Path": "/svc/", "AssumeRolePolicyDocument": TRUST, "MaxSessionDuration": 3600,
        "PermissionsBoundary": f"arn:aws:iam::{DEV}:policy/bound",
        "Policies": [{"PolicyName": "reads", "PolicyDocument": READS}],
        "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonSQSFullAccess"], "Tags": [{"Key": "Team", "Value": "one"}],
    })
    create(cloud, "AWS::IAM::RolePolicy", {
        "RoleName": "App", "PolicyName": "denies", "PolicyDocument": policy(statement("Deny", "sqs:DeleteQueue")),
    })
    create(cloud, "AWS::IAM::ManagedPolicy", {
        "ManagedPolicyName": "extra", "PolicyDocument": policy(statement("Allow", "dynamodb:*")), "Roles": ["App"],
    })
    create(cloud, "AWS::IAM::Group", {"GroupName": "devs", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
    create(cloud, "AWS::IAM::User", {"UserName": "ann", "Groups": ["devs"], "Policies": [
        {"PolicyName": "own", "PolicyDocument": policy(statement("Allow", "s3:*", "arn:aws:s3:::home/${aws:username}/*"))},
    ]})


def reads():
    role = iam.get_role(RoleName="App")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{DEV}:role/svc/App" and role["AssumeRolePolicyDocument"] == TRUST, role
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/bound"), role
    assert [one["RoleName"] for one in iam.list_roles(PathPrefix="/svc/")["Roles"]] == ["App"]
    assert iam.list_role_policies(RoleName="App")["PolicyNames"] == ["denies", "reads"]
    assert iam.get_role_policy(RoleName="App", PolicyName="reads")["PolicyDocument"] == READS
    attached = [one["PolicyName"] for one in iam.list_attached_role_policies(RoleName="App")["AttachedPolicies"]]
    assert attached == ["extra", "AmazonSQSFullAccess"], attached
    own = iam.get_policy(PolicyArn=f"arn:aws:iam::{DEV}:policy/bound")["Policy"]
    version = iam.get_policy_version(PolicyArn=own["Arn"], VersionId=own["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"] == BOUND and version["IsDefaultVersion"], version
    assert iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")["Policy"]["PolicyName"] == "AdministratorAccess"
    assert len(iam.list_policy_versions(PolicyArn=own["Arn"])["Versions"]) == 1
    assert len(iam.list_policies(Scope="Local")["Policies"]) == 2
    assert iam.get_user()["User"]["UserName"] == "sandbox"
    assert iam.get_user(UserName="ann")["User"]["UserId"].startswith("AIDA")
    assert [one["UserName"] for one in iam.list_users()["Users"]] == ["ann"]
    assert [one["GroupName"] for one in iam.list_groups()["Groups"]] == ["devs"]
    assert [one["GroupName"] for one in iam.list_groups_for_user(UserName="ann")["Groups"]] == ["devs"]
    assert iam.list_user_policies(UserName="ann")["PolicyNames"] == ["own"]
    assert iam.get_user_policy(UserName="ann", PolicyName="own")["PolicyName"] == "own"
    assert iam.list_attached_user_policies(UserName="ann")["AttachedPolicies"] == []
    assert iam.list_group_policies(GroupName="devs")["PolicyNames"] == []
    assert len(iam.list_attached_group_policies(GroupName="devs")["AttachedPolicies"]) == 1
    first = iam.list_role_policies(RoleName="App", MaxItems=1)
    assert first["IsTruncated"] and first["PolicyNames"] == ["denies"], first
    assert iam.list_role_policies(RoleName="App", MaxItems=1, Marker=first["Marker"])["PolicyNames"] == ["reads"]


def tags():
    arn = f"arn:aws:iam::{DEV}:policy/bound"
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "Team", "Value": "one"}, {"Key": "Cost", "Value": "x"}])
    iam.untag_policy(PolicyArn=arn, TagKeys=["Cost"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "Team", "Value": "one"}]
    iam.tag_role(RoleName="App", Tags=[{"Key": "Stage", "Value": "dev"}])
    iam.untag_role(RoleName="App", TagKeys=["Team"])
    assert iam.list_role_tags(RoleName="App")["Tags"] == [{"Key": "Stage", "Value": "dev"}]
    assert read(cloud, "AWS::IAM::Role", "App")["Tags"] == [{"Key": "Stage", "Value": "dev"}]
    iam.tag_user(UserName="ann", Tags=[{"Key": "Stage", "Value": "dev"}])
    assert iam.list_user_tags(UserName="ann")["Tags"] == [{"Key": "Stage", "Value": "dev"}]
    iam.untag_user(UserName="ann", TagKeys=["Stage"])
    refused("InvalidInput", iam.tag_policy, PolicyArn=arn, Tags=[{"Key": "aws:x", "Value": "y"}])
    refused("NoSuchEntity", iam.tag_policy, PolicyArn=arn + "x", Tags=[{"Key": "x", "Value": "y"}])


def errors():
    refused("NoSuchEntity", iam.get_role, RoleName="None")
    refused("NoSuchEntity", iam.get_user, UserName="None")
    refused("NoSuchEntity", iam.get_role_policy, RoleName="App", PolicyName="none")
    refused("NoSuchEntity", iam.get_policy, PolicyArn=f"arn:aws:iam::{DEV}:policy/none")
    refused("NoSuchEntity", iam.get_policy_version, PolicyArn=f"arn:aws:iam::{DEV}:policy/bound", VersionId="v9")
    refused("InvalidInput", iam.get_policy, PolicyArn="bound")
    refused("ValidationError", iam.get_role)
    refused("ValidationError", iam.list_roles, MaxItems=5000)
    refused("InvalidAction", iam.create_role, RoleName="x", AssumeRolePolicyDocument="{}")


def decisions(answer):
    assert not answer["IsTruncated"]
    return [(one["EvalActionName"], one["EvalResourceName"], one["EvalDecision"]) for one in answer["EvaluationResults"]]


def simulate_custom():
    ask = iam.simulate_custom_policy
    allow, deny = json.dumps(policy(statement("Allow", "s3:*"))), json.dumps(policy(statement("Deny", "s3:Delete*", "arn:aws:s3:::keep/*")))
    got = decisions(ask(PolicyInputList=[allow, deny], ActionNames=["s3:GetObject", "s3:DeleteObject", "sqs:SendMessage"],
                        ResourceArns=["arn:aws:s3:::keep/x", "arn:aws:s3:::other/x"]))
    assert [one[2] for one in got] == ["allowed", "allowed", "explicitDeny", "allowed", "implicitDeny", "implicitDeny"], got
    mfa = json.dumps(policy(statement("Allow", "iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})))
    blind = ask(PolicyInputList=[mfa], ActionNames=["iam:GetRole"])["EvaluationResults"][0]
    assert blind["EvalDecision"] == "implicitDeny" and blind["MissingContextValues"] == ["aws:MultiFactorAuthPresent"], blind
    entry = {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}
    seen = ask(PolicyInputList=[mfa], ActionNames=["iam:GetRole"], ContextEntries=[entry])["EvaluationResults"][0]
    assert seen["EvalDecision"] == "allowed" and seen["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1", seen
    bounded = ask(PolicyInputList=[allow], ActionNames=["s3:GetObject"],
                  PermissionsBoundaryPolicyInputList=[json.dumps(policy(statement("Allow", "sqs:*")))])["EvaluationResults"][0]
    assert bounded["EvalDecision"] == "implicitDeny", bounded
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}, bounded
    page = ask(PolicyInputList=[allow], ActionNames=["s3:GetObject", "s3:PutObject"], MaxItems=1)
    assert page["IsTruncated"] and len(page["EvaluationResults"]) == 1, page
    refused("InvalidInput", ask, PolicyInputList=["{"], ActionNames=["s3:GetObject"])
    refused("InvalidInput", ask, PolicyInputList=[allow], ActionNames=["GetObject"])
    refused("InvalidInput", ask, PolicyInputList=[], ActionNames=["s3:GetObject"])


def simulate_principal():
    ask, role = iam.simulate_principal_policy, f"arn:aws:iam::{DEV}:role/svc/App"
    actions = ["s3:GetObject", "sqs:SendMessage", "sqs:DeleteQueue", "dynamodb:GetItem"]
    got = decisions(ask(PolicySourceArn=role, ActionNames=actions, ResourceArns=["arn:aws:s3:::data/x"]))
    # DynamoDB is allowed by a policy and not by the boundary.
    assert [one[2] for one in got] == ["allowed", "allowed", "explicitDeny", "implicitDeny"], got
    user = f"arn:aws:iam::{DEV}:user/ann"
    got = decisions(ask(PolicySourceArn=user, ActionNames=["s3:PutObject"], ResourceArns=["arn:aws:s3:::home/ann/x", "arn:aws:s3:::home/bob/x"]))
    assert [one[2] for one in got] == ["allowed", "implicitDeny"], got
    assert decisions(ask(PolicySourceArn=user, ActionNames=["sqs:ListQueues"]))[0][2] == "allowed"
    refused("NoSuchEntity", ask, PolicySourceArn=role + "x", ActionNames=["s3:GetObject"])
    refused("InvalidInput", ask, PolicySourceArn="App", ActionNames=["s3:GetObject"])


def roles_are_assumed():
    role = f"arn:aws:iam::{DEV}:role/svc/App"
    got = sts.assume_role(RoleArn=role, RoleSessionName="run")
    assert got["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{DEV}:assumed-role/App/run", got
    refused("ValidationError", sts.assume_role, RoleArn=role, RoleSessionName="run", DurationSeconds=7200)
    # The trust policy lets dev in and nobody else; a role with another path does not exist.
    refused("AccessDenied", client("sts", PROD).assume_role, RoleArn=role, RoleSessionName="run")
    refused("AccessDenied", sts.assume_role, RoleArn=f"arn:aws:iam::{DEV}:role/App", RoleSessionName="run")
    refused("AccessDenied", sts.assume_role, RoleArn="arn:aws:iam::333333333333:role/x", RoleSessionName="run")
    guarded = policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"sts:ExternalId": "k"}}})
    update(cloud, "AWS::IAM::Role", "App", [{"op": "replace", "path": "/AssumeRolePolicyDocument", "value": guarded}])
    refused("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="run")
    assert sts.assume_role(RoleArn=role, RoleSessionName="run", ExternalId="k")
    refused("ValidationError", sts.assume_role, RoleArn="role", RoleSessionName="run")
    refused("InvalidClientTokenId", client("sts", "999999999999").get_caller_identity)
    assert sts.get_caller_identity()["Account"] == DEV


def enforced():
    """Against a server with --enforce-permissions, after the rest."""
    update(cloud, "AWS::IAM::Role", "App", [{"op": "replace", "path": "/AssumeRolePolicyDocument", "value": TRUST}])
    role = sts.assume_role(RoleArn=f"arn:aws:iam::{DEV}:role/svc/App", RoleSessionName="run")["Credentials"]
    session = lambda service: client(service, role["AccessKeyId"], token=role["SessionToken"])
    control = session("cloudcontrol")
    refused("AccessDeniedException", control.create_resource, TypeName="AWS::SQS::Queue", DesiredState="{}")
    create(cloud, "AWS::IAM::RolePolicy", {
        "RoleName": "App", "PolicyName": "control", "PolicyDocument": policy(statement("Allow", "cloudformation:*")),
    })
    queue = create(control, "AWS::SQS::Queue", {"QueueName": "mine"})["Identifier"]
    assert read(control, "AWS::SQS::Queue", queue)["QueueName"] == "mine"
    # The role may not delete queues, nor make topics: the handler says so.
    for event in (
        create(control, "AWS::SNS::Topic", {"TopicName": "x"}, status="FAILED"),
        control_delete(control, queue),
    ):
        assert event["ErrorCode"] == "AccessDenied" and "not authorized to perform" in event["StatusMessage"], event
    refused("AccessDeniedException", control.list_resources, TypeName="AWS::SNS::Topic")
    refused("AccessDeniedException", session("resourcegroupstaggingapi").get_resources)
    refused("AccessDenied", session("iam").get_role, RoleName="App")
    assert session("sts").get_caller_identity()["Arn"].endswith("assumed-role/App/run")
    refused("AccessDenied", sts.assume_role, RoleArn=f"arn:aws:iam::{DEV}:role/NotThere", RoleSessionName="run")


def details():
    """GetAccountAuthorizationDetails has every role and user with its tags and policies."""
    everything = iam.get_account_authorization_details()
    roles = {one["RoleName"]: one for one in everything["RoleDetailList"]}
    app = roles["App"]
    assert {tag["Key"]: tag["Value"] for tag in app["Tags"]}["Team"] == "one", app
    assert {one["PolicyName"] for one in app["RolePolicyList"]} == {"reads", "denies"}, app["RolePolicyList"]
    assert app["PermissionsBoundary"]["PermissionsBoundaryArn"] == f"arn:aws:iam::{DEV}:policy/bound", app
    assert "AmazonSQSFullAccess" in [one["PolicyName"] for one in app["AttachedManagedPolicies"]], app
    assert {one["UserName"] for one in everything["UserDetailList"]} == {one["UserName"] for one in iam.list_users()["Users"]}
    assert [one["PolicyVersionList"][0]["VersionId"] for one in everything["Policies"]] == ["v1"] * len(everything["Policies"])
    only = iam.get_account_authorization_details(Filter=["Role"])
    assert only["RoleDetailList"] == everything["RoleDetailList"] and only["UserDetailList"] == only["Policies"] == []
    pages = iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2})
    assert [one["Arn"] for page in pages for one in page["RoleDetailList"]] == [one["Arn"] for one in everything["RoleDetailList"]]
    refused("ValidationError", iam.get_account_authorization_details, MaxItems=1001)


def inline_policies():
    """A role and the resources of its inline policies show one list."""
    shown = lambda: [one["PolicyName"] for one in read(cloud, "AWS::IAM::Role", "Lists").get("Policies", [])]
    own = {"PolicyName": "own", "PolicyDocument": READS}
    create(cloud, "AWS::IAM::Role", {"RoleName": "Lists", "AssumeRolePolicyDocument": TRUST, "Policies": [own]})
    assert read(cloud, "AWS::IAM::RolePolicy", "own|Lists")["PolicyDocument"] == READS
    separate = {"RoleName": "Lists", "PolicyName": "separate", "PolicyDocument": READS}
    create(cloud, "AWS::IAM::RolePolicy", separate)
    assert shown() == ["own", "separate"]
    update(cloud, "AWS::IAM::RolePolicy", "separate|Lists", [{"op": "replace", "path": "/PolicyDocument", "value": BOUND}])
    assert read(cloud, "AWS::IAM::Role", "Lists")["Policies"][1]["PolicyDocument"] == BOUND
    update(cloud, "AWS::IAM::Role", "Lists", [{"op": "replace", "path": "/Policies", "value": [own]}])
    refused("ResourceNotFoundException", cloud.get_resource, TypeName="AWS::IAM::RolePolicy", Identifier="separate|Lists")
    create(cloud, "AWS::IAM::RolePolicy", separate)
    delete(cloud, "AWS::IAM::RolePolicy", "separate|Lists")
    assert shown() == ["own"]
    create(cloud, "AWS::IAM::RolePolicy", separate)
    delete(cloud, "AWS::IAM::Role", "Lists")
    refused("ResourceNotFoundException", cloud.get_resource, TypeName="AWS::IAM::RolePolicy", Identifier="separate|Lists")


def control_delete(control, queue):
    return delete(control, "AWS::SQS::Queue", queue, status="FAILED")


if __name__ == "__main__":
    if sys.argv[1:] == ["enforced"]:
        enforced()
    else:
        for step in (estate, details, reads, inline_policies, tags, errors, simulate_custom, simulate_principal, roles_are_assumed):
            step()
