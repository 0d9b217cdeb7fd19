"""The life of one resource of each type in types/*.yaml: created, read, listed, updated, tagged, refused
where AWS refuses, deleted.

A file has, by type, what is asked for (`desired`), the form of the identifier (`identifier`) and what AWS
is known to add or to spell in its own way (`live`), in the forms of forms.py. All of it is of an imaginary
shop; what AWS adds is from its documentation and its resource schemas, and where these leave it open,
nothing is expected. What `live` does not speak of must come back as it was asked for.
"""

import concurrent.futures
import copy
import json

from common import client, create, delete, read, refused, update
from forms import at, literal, merged, must_notice, problems, types

cloud, registry, tagging = client("cloudcontrol"), client("cloudformation"), client("resourcegroupstaggingapi")
TAG = ("Conformance", "yes")
# The Tagging API does not know them.
UNSEEN = {"AWS::IAM::Role", "AWS::IAM::User"}


def schema_of(type_name):
    return json.loads(registry.describe_type(Type="RESOURCE", TypeName=type_name)["Schema"])


def names(pointers):
    """Top-level property names among a schema's pointers."""
    return {pointer.split("/")[2] for pointer in pointers if pointer.count("/") == 2}


def without(value, pointer):
    """Takes what a schema's pointer leads to out of a value; `*` is every item."""
    head, _, rest = pointer.partition("/")
    for item in value if isinstance(value, list) and head == "*" else []:
        without(item, rest)
    if isinstance(value, dict) and rest:
        without(value.get(head), rest)
    elif isinstance(value, dict):
        value.pop(head, None)


def live(type_name, expected, schema, identifier):
    model = read(cloud, type_name, identifier)
    unknown = set(expected["live"]) - set(schema["properties"])
    assert not unknown, f"{type_name} has no {unknown}"
    # What was asked for is there, as it was asked for, unless `live` says how the service spells it.
    asked = copy.deepcopy(expected["desired"])
    for pointer in schema.get("writeOnlyProperties", []):
        without(asked, pointer.removeprefix("/properties/"))
    for form, value in ((expected["identifier"], identifier), (merged(literal(asked), expected["live"]), model)):
        wrong = problems(form, value, model)
        assert not wrong, (type_name, wrong, value)
        must_notice(form, value, model)
    parts = [at(model, pointer.removeprefix("/properties/")) for pointer in schema["primaryIdentifier"]]
    assert "|".join(parts) == identifier, (type_name, parts, identifier)
    for name in names(schema.get("writeOnlyProperties", [])):
        assert name not in model, f"{type_name}: write-only {name} is returned"
    return model


def listed(type_name, desired, schema, model, identifier):
    handler = schema["handlers"].get("list")
    if handler is None:
        refused("UnsupportedActionException", cloud.list_resources, TypeName=type_name)
        return
    needed = handler.get("handlerSchema", {}).get("required", [])
    more = {}
    if needed:
        message = refused("InvalidRequestException", cloud.list_resources, TypeName=type_name)
        assert needed[0] in message, message
        known = {**desired, **model}
        more = {"ResourceModel": json.dumps({name: known[name] for name in needed})}
    found = cloud.list_resources(TypeName=type_name, **more)["ResourceDescriptions"]
    assert identifier in [one["Identifier"] for one in found], (type_name, identifier, found)
    for one in found:
        json.loads(one["Properties"])


def updated(type_name, schema, model, identifier):
    create_only = names(schema.get("createOnlyProperties", []))
    if "update" not in schema["handlers"]:
        patch = json.dumps([{"op": "add", "path": "/Nothing", "value": 1}])
        refused("UnsupportedActionException", cloud.update_resource, TypeName=type_name, Identifier=identifier, PatchDocument=patch)
        return
    fixed = next((name for name in sorted(create_only) if isinstance(model.get(name), str)), None)
    if fixed:
        patch = json.dumps([{"op": "replace", "path": f"/{fixed}", "value": model[fixed] + "x"}])
        refused("NotUpdatableException", cloud.update_resource, TypeName=type_name, Identifier=identifier, PatchDocument=patch)
    block = schema["tagging"]
    place = block.get("tagProperty", "").replace("/properties", "")
    if not place or not block["tagUpdatable"]:
        return
    shape = schema["properties"][place[1:]]
    shape = schema["definitions"][shape["$ref"].rsplit("/", 1)[1]] if "$ref" in shape else shape
    if "object" in shape.get("type", ""):
        value, has = dict([TAG]), lambda tags: tags == dict([TAG])
    elif "PropagateAtLaunch" in json.dumps(schema):
        return
    else:
        value, has = [{"Key": TAG[0], "Value": TAG[1]}], lambda tags: [(tag["Key"], tag["Value"]) for tag in tags] == [TAG]
    event = update(cloud, type_name, identifier, [{"op": "add", "path": place, "value": value}])
    assert event["Identifier"] == identifier and event["Operation"] == "UPDATE", event
    after = read(cloud, type_name, identifier)
    assert has(at(after, place[1:])), (type_name, after)
    for name in names(schema.get("readOnlyProperties", [])):
        assert after.get(name) == model.get(name) or "ime" in name or "Date" in name, (type_name, name)
    return place


def life(type_name, expected):
    schema = schema_of(type_name)
    desired = expected["desired"]
    wrong = {**desired, "NoSuchProperty": 1}
    message = refused("ValidationException", cloud.create_resource, TypeName=type_name, DesiredState=json.dumps(wrong))
    assert "NoSuchProperty" in message, message
    read_only = sorted(names(schema.get("readOnlyProperties", [])))
    if read_only:
        wrong = {**desired, read_only[0]: "x"}
        refused("ValidationException", cloud.create_resource, TypeName=type_name, DesiredState=json.dumps(wrong))
    for name in schema.get("required", []):
        less = {key: value for key, value in desired.items() if key != name}
        refused("ValidationException", cloud.create_resource, TypeName=type_name, DesiredState=json.dumps(less))

    event = create(cloud, type_name, desired)
    identifier = event["Identifier"]
    assert event["TypeName"] == type_name and event["Operation"] == "CREATE", event
    model = live(type_name, expected, schema, identifier)
    listed(type_name, desired, schema, model, identifier)
    place = updated(type_name, schema, model, identifier)
    if place:
        seen = tagging.get_resources(TagFilters=[{"Key": TAG[0]}])["ResourceTagMappingList"]
        assert all({"Key": TAG[0], "Value": TAG[1]} in one["Tags"] for one in seen), (type_name, seen)
        arn = model.get("Arn", "").removesuffix(":*")
        assert not arn or arn in [one["ResourceARN"] for one in seen] or type_name in UNSEEN, (type_name, seen)
    # A name that the user chose cannot be taken twice.
    own = [pointer.split("/")[2] for pointer in schema["primaryIdentifier"]]
    if all(name in desired and name not in read_only for name in own):
        event = create(cloud, type_name, desired, status="FAILED")
        assert event["ErrorCode"] == "AlreadyExists" and event["StatusMessage"], event
    event = delete(cloud, type_name, identifier)
    assert event["Operation"] == "DELETE" and event["Identifier"] == identifier, event
    refused("ResourceNotFoundException", cloud.get_resource, TypeName=type_name, Identifier=identifier)
    event = delete(cloud, type_name, identifier, status="FAILED")
    assert event["ErrorCode"] == "NotFound", event
    return bool(place)


if __name__ == "__main__":
    failed, expectations = [], types()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        lives = {pool.submit(life, type_name, expected): type_name for type_name, expected in expectations.items()}
        for done in concurrent.futures.as_completed(lives):
            if done.exception():
                failed.append(f"{lives[done]}: {type(done.exception()).__name__} {done.exception()}")
    assert not failed, "\n".join(sorted(failed))
    assert len(expectations) >= 100, len(expectations)
    print(f"{len(expectations)} types")
