"""Cloud Control through boto3: a client that is not stagegate's own.

    cloudcontrol.py get TYPE IDENTIFIER
    cloudcontrol.py list TYPE
    cloudcontrol.py dump TYPES WITHIN
    cloudcontrol.py create TYPE PROPERTIES
    cloudcontrol.py update TYPE IDENTIFIER PATCH
    cloudcontrol.py delete TYPE IDENTIFIER

Prints JSON: the properties, a list of identifiers, or the final progress event. `dump` prints all resources of types with
their properties: TYPES is a list, WITHIN a list of [type, key, parent type] for types that are listed within a parent; an
empty key stands for a type with the identifier of its parent.
"""

import json
import sys
import time

import boto3

client = boto3.client("cloudcontrol")


def finished(event):
    """Waits for the end of a request; anything but success is an error."""
    deadline = time.monotonic() + 60
    while event["OperationStatus"] in ("PENDING", "IN_PROGRESS"):
        if time.monotonic() > deadline:
            raise SystemExit(f"still running: {event}")
        time.sleep(0.02)
        event = client.get_resource_request_status(RequestToken=event["RequestToken"])["ProgressEvent"]
    if event["OperationStatus"] != "SUCCESS":
        raise SystemExit(f"failed: {event}")
    return event


def get(type_name, identifier):
    return json.loads(client.get_resource(TypeName=type_name, Identifier=identifier)["ResourceDescription"]["Properties"])


def listed(type_name, **model):
    given = {"ResourceModel": json.dumps(model)} if model else {}
    pages = client.get_paginator("list_resources").paginate(TypeName=type_name, **given)
    return [found["Identifier"] for page in pages for found in page["ResourceDescriptions"]]


def existing(type_name, identifier):
    """The identifier, if there is such a resource."""
    try:
        get(type_name, identifier)
    except client.exceptions.ResourceNotFoundException:
        return []
    return [identifier]


def dump(types, within):
    named = {name: listed(name) for name in types}
    for name, key, parent in within:
        parents = named[parent] if parent in named else listed(parent)
        found = [child for one in parents for child in (listed(name, **{key: one}) if key else existing(name, one))]
        named[name] = found
    return {name: {one: get(name, one) for one in found} for name, found in named.items()}


def main(operation, type_name, *rest):
    if operation == "get":
        return get(type_name, rest[0])
    if operation == "dump":
        return dump(json.loads(type_name), json.loads(rest[0]))
    if operation == "list":
        return listed(type_name)
    if operation == "create":
        return finished(client.create_resource(TypeName=type_name, DesiredState=rest[0])["ProgressEvent"])
    if operation == "update":
        return finished(client.update_resource(TypeName=type_name, Identifier=rest[0], PatchDocument=rest[1])["ProgressEvent"])
    if operation == "delete":
        return finished(client.delete_resource(TypeName=type_name, Identifier=rest[0])["ProgressEvent"])
    raise SystemExit(f"unknown operation {operation}")


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
