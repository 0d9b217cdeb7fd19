"""What the conformance scripts share. Every answer goes through botocore's parser; `Checked` also holds
it against the service model, which botocore itself does not do for answers."""

import datetime
import json
import os
import pathlib
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

DEV, PROD = "111111111111", "222222222222"
ONCE = Config(retries={"max_attempts": 0, "mode": "standard"}, parameter_validation=False)

KINDS = {
    "string": str, "integer": int, "long": int, "float": (int, float), "double": (int, float), "boolean": bool,
    "timestamp": datetime.datetime, "structure": dict, "list": list, "map": dict, "blob": bytes,
}


def client(service, account=DEV, region="us-east-1", token=None, endpoint=None):
    """A client whose answers are checked against the service model."""
    session = boto3.Session(account, "any", token, region_name=region)
    made = session.client(service, config=ONCE, endpoint_url=endpoint)
    model = made.meta.service_model

    def check(parsed, model, http_response, **_):
        if http_response.status_code < 300 and model.output_shape is not None:
            fits(parsed, model.output_shape, model.name, top=True)

    made.meta.events.register("after-call.*", check)
    made.meta.model_of = model
    return made


def fits(value, shape, place, top=False):
    """Insists that a parsed answer has the shape that the service model gives it."""
    if getattr(shape, "is_document_type", False):
        return  # Any JSON value.
    kind = KINDS[shape.type_name]
    if shape.type_name == "string" and isinstance(value, (dict, datetime.datetime)):
        return  # IAM's policy documents, which botocore has decoded.
    assert isinstance(value, kind) and not (kind is int and isinstance(value, bool)), (place, shape.name, value)
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members) - ({"ResponseMetadata"} if top else set())
        assert not unknown, f"{place}: {unknown} is not in {shape.name}"
        missing = [name for name in shape.required_members if name not in value]
        assert not missing, f"{place}: {missing} is missing in {shape.name}"
        for name, member in shape.members.items():
            if name in value:
                fits(value[name], member, f"{place}.{name}")
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            fits(item, shape.member, f"{place}[{index}]")
    elif shape.type_name == "map":
        for key, item in value.items():
            fits(item, shape.value, f"{place}[{key}]")
    elif getattr(shape, "enum", None) and shape.name not in LOOSE:
        assert value in shape.enum, (place, value, shape.enum)


# The simulator answers "IAM Policy" where its model lists other words.
LOOSE = {"PolicySourceType"}


def refused(code, call, **arguments):
    """Insists on an error that the client knows by this code, and returns its message."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (code, error)
        assert error.response["Error"]["Message"], error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return error.response["Error"]["Message"]
    raise AssertionError(f"expected {code}, got {answer}")


def wait(milliseconds):
    """Lets the sandbox's time pass: moves its clock, where it stands in a file, else really."""
    clock = os.environ.get("STAGEGATE_TEST_SANDBOX_CLOCK")
    if clock is None:
        time.sleep(milliseconds / 1000)
        return
    file = pathlib.Path(clock)
    moved = file.with_suffix(".new")
    moved.write_text(str(int(file.read_text()) + milliseconds))
    moved.replace(file)


def today():
    """The day that it is in the sandbox, in UTC."""
    clock = os.environ.get("STAGEGATE_TEST_SANDBOX_CLOCK")
    utc = datetime.timezone.utc
    if clock is None:
        return datetime.datetime.now(utc).date()
    return datetime.datetime.fromtimestamp(int(pathlib.Path(clock).read_text()) / 1000, utc).date()


def settled(cloud, answer):
    """Waits for a request and returns its last event."""
    event, polls = answer["ProgressEvent"], 0
    while event["OperationStatus"] in ("PENDING", "IN_PROGRESS", "CANCEL_IN_PROGRESS"):
        assert polls < 5000, event
        assert event["OperationStatus"] == "CANCEL_IN_PROGRESS" or "RetryAfter" in event, event
        wait(4)
        event = cloud.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
        polls += 1
    return event


def create(cloud, type_name, desired, status="SUCCESS", **more):
    event = settled(cloud, cloud.create_resource(TypeName=type_name, DesiredState=json.dumps(desired), **more))
    assert event["OperationStatus"] == status, (type_name, event)
    return event


def update(cloud, type_name, identifier, patch, status="SUCCESS"):
    asked = cloud.update_resource(TypeName=type_name, Identifier=identifier, PatchDocument=json.dumps(patch))
    event = settled(cloud, asked)
    assert event["OperationStatus"] == status, (type_name, event)
    return event


def delete(cloud, type_name, identifier, status="SUCCESS"):
    event = settled(cloud, cloud.delete_resource(TypeName=type_name, Identifier=identifier))
    assert event["OperationStatus"] == status, (type_name, event)
    return event


def read(cloud, type_name, identifier):
    found = cloud.get_resource(TypeName=type_name, Identifier=identifier)
    assert found["TypeName"] == type_name, found
    return json.loads(found["ResourceDescription"]["Properties"])


def statement(effect, action, resource="*", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}
