"""The checks of policies of IAM Access Analyzer."""

import json

from common import client, policy, refused, statement

analyzer = client("accessanalyzer")
IDENTITY = {"policyType": "IDENTITY_POLICY"}
READ = policy(statement("Allow", ["s3:GetObject", "s3:ListBucket"], ["arn:aws:s3:::data", "arn:aws:s3:::data/*"]))


def validate(document, **more):
    text = document if isinstance(document, str) else json.dumps(document)
    return analyzer.validate_policy(policyDocument=text, **IDENTITY, **more)


def findings():
    assert validate(READ)["findings"] == []
    (found,) = validate('{\n  "Version": "2012-10-17",\n}')["findings"]
    assert (found["findingType"], found["issueCode"]) == ("ERROR", "JSON_SYNTAX_ERROR"), found
    assert found["locations"][0]["span"]["start"]["line"] == 3, found
    (found,) = validate({"Statement": READ["Statement"]})["findings"]
    assert (found["findingType"], found["issueCode"]) == ("WARNING", "MISSING_VERSION"), found
    passes = policy(READ["Statement"][0], statement("Allow", "iam:PassRole", ["arn:aws:iam::111111111111:role/app", "*"]))
    (found,) = validate(passes)["findings"]
    assert (found["findingType"], found["issueCode"]) == ("SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE"), found
    path = [{"value": "Statement"}, {"index": 1}, {"value": "Resource"}, {"index": 1}]
    assert found["locations"][0]["path"] == path, found
    span = found["locations"][0]["span"]
    assert json.dumps(passes)[span["start"]["offset"]:span["end"]["offset"]] == '"*"', span
    limited = statement("Allow", "iam:PassRole", "*", Condition={"StringEquals": {"iam:PassedToService": "ecs.amazonaws.com"}})
    assert validate(policy(limited, statement("Deny", "iam:PassRole", "*")))["findings"] == []

    many = policy(*[statement("Allow", "iam:PassRole", f"arn:aws:iam::111111111111:role/a{at}*") for at in range(5)])
    pages = analyzer.get_paginator("validate_policy").paginate(
        policyDocument=json.dumps(many), **IDENTITY, PaginationConfig={"PageSize": 2})
    assert [len(page["findings"]) for page in pages] == [2, 2, 1]
    refused("ValidationException", analyzer.validate_policy, policyDocument="{}", policyType="OTHER")
    refused("ValidationException", analyzer.validate_policy, **IDENTITY)


def check(new, existing):
    return analyzer.check_no_new_access(
        newPolicyDocument=json.dumps(new), existingPolicyDocument=json.dumps(existing), **IDENTITY)


def new_access():
    less = policy(statement("Allow", "s3:GetObject", "arn:aws:s3:::data/*"))
    assert check(less, READ)["result"] == "PASS"
    more = policy(less["Statement"][0], statement("Allow", "s3:PutObject", "arn:aws:s3:::data/*", Sid="Put"))
    found = check(more, READ)
    assert found["result"] == "FAIL" and found["message"], found
    assert [(one["statementIndex"], one["statementId"]) for one in found["reasons"]] == [(1, "Put")], found
    call = analyzer.check_no_new_access
    documents = {"newPolicyDocument": json.dumps(more), "existingPolicyDocument": json.dumps(policy(statement("Allow", "s3:*")))}
    refused("UnprocessableEntityException", call, **documents, **IDENTITY)
    refused("InvalidParameterException", call, **documents | {"newPolicyDocument": "{"}, **IDENTITY)
    refused("ValidationException", call, **documents, policyType="SERVICE_CONTROL_POLICY")


findings()
new_access()
