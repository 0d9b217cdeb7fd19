"""Cloud Control through boto3: a client that is not stagegate's own.

    cloudcontrol.py get TYPE IDENTIFIER
    cloudcontrol.py list TYPE [MODEL]
    cloudcontrol.py create TYPE PROPERTIES
    cloudcontrol.py update TYPE IDENTIFIER PATCH
    cloudcontrol.py delete TYPE IDENTIFIER

Prints JSON: the properties, a list of identifiers, or the final progress event.
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


def main(operation, type_name, *rest):
    if operation == "get":
        return json.loads(client.get_resource(TypeName=type_name, Identifier=rest[0])["ResourceDescription"]["Properties"])
    if operation == "list":
        pages = client.get_paginator("list_resources").paginate(TypeName=type_name, **({"ResourceModel": rest[0]} if rest else {}))
        return [found["Identifier"] for page in pages for found in page["ResourceDescriptions"]]
    if operation == "create":
        return finished(client.create_resource(TypeName=type_name, DesiredState=rest[0])["ProgressEvent"])
    if operation == "update":
        return finished(client.update_resource(TypeName=type_name, Identifier=rest[0], PatchDocument=rest[1])["ProgressEvent"])
    if operation == "delete":
        return finished(client.delete_resource(TypeName=type_name, Identifier=rest[0])["ProgressEvent"])
    raise SystemExit(f"unknown operation {operation}")


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:]), default=str))
