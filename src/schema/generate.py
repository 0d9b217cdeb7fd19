#!/usr/bin/env python3
"""Builds the embedded type registry in `data/` from public schema packages.

Run by a maintainer, never by the build:

    python3 -m venv /tmp/v && /tmp/v/bin/pip install cfn-lint zstandard
    (cd /tmp && npm install @aws-cdk/aws-service-spec)
    /tmp/v/bin/python src/schema/generate.py \
        --service-spec /tmp/node_modules/@aws-cdk/aws-service-spec --handlers handlers.jsonl

Sources: cfn-lint (MIT-0; found where it is installed) ships every type's schema; aws-service-spec
(Apache-2.0; see service_spec.py) adds ARN templates, references between types, what `Ref` returns, which types
hold data and what changes to review; `handlers.jsonl` says, per line, which handlers a type really has in Cloud Control:
{"type", "handlers": [..], "list_input": {"req": [..]}, "permissions": {handler: [..]}, "timeout_minutes": {"c": 1}}.
`data/overlay.json` holds hand-made corrections and facts, each with its reason.
The data was last made from cfn-lint 1.58.0 and aws-service-spec 0.1.216; from these it comes out byte for byte.

Writes: data/types.jsonl  one digest a line, sorted by type name, which begins at byte 6 of each line
        data/facts.json   facts that are not about one type (see general.rs)
        data/arns.tsv     type, ARN template, identifier template (see arn.rs)
        data/schemas.bin  zstd dictionary, then one zstd frame per type (see store.rs)
        data/digest.txt   a short hash of the four
"""

import argparse
import hashlib
import json
import re
import struct
import sys
from pathlib import Path

import cfnlint
import zstandard

sys.dont_write_bytecode = True
import service_spec  # noqa: E402

HERE = Path(__file__).resolve().parent
HANDLERS = ["create", "read", "update", "delete", "list"]
# Not resource types of an account: template macros, the CDK's marker, other companies' and internal names.
SKIPPED = re.compile(r"^AWS::Serverless::|^AWS::CDK::|^AWS::GammaDilithium::|^(?!AWS::)")
# Schema keywords that carry no constraint, or only for other tools.
DROPPED = {
    "$comment", "$id", "$schema", "arrayType", "description", "documentationUrl", "enumCaseInsensitive", "examples",
    "insertionOrder", "title", "uniqueKeys",
}
ROOT_KEYS = {
    "type", "properties", "definitions", "required", "additionalProperties", "patternProperties", "oneOf", "anyOf",
    "allOf", "not", "if", "then", "else", "dependencies", "dependentRequired", "requiredXor", "requiredOr",
    "dependentExcluded", "minProperties", "maxProperties",
}
MAPS_OF_SCHEMAS = {"properties", "definitions", "patternProperties"}
SCHEMAS = {"items", "additionalProperties", "not", "if", "then", "else", "oneOf", "anyOf", "allOf", "contains"}
DICTIONARY_SIZE = 112 * 1024


def load_schemas():
    """Type name -> schema; us-east-1's version of a type wins, other commercial regions fill the gaps."""
    root = Path(cfnlint.__file__).parent / "data" / "schemas"
    providers = sorted(p for p in (root / "providers").glob("*-*.json") if not re.match(r"us-(gov|iso)|eusc|eu-iso", p.name))
    providers.sort(key=lambda p: p.stem != "us-east-1")
    chosen = {}
    for provider in providers:
        for name, digest in json.loads(provider.read_text()).items():
            if not SKIPPED.search(name):
                chosen.setdefault(name, digest)
    return {n: json.loads((root / "resources" / f"{d}.json").read_text()) for n, d in sorted(chosen.items())}


# --- the validation schema -------------------------------------------------------------------


def rewrite_pattern(pattern, overlay):
    """An ECMA-like pattern in the dialect of Rust's regex crates, or None to drop it."""
    for old, new in ((r"\Z", "$"), (r"\z", "$"), (r"\A", "^"), ("(?s).", r"[\s\S]"), ("(?s)", "")):
        pattern = pattern.replace(old, new)
    # Java's way to say "any character outside the basic plane".
    pattern = re.sub(r"\\uD800\\u(DBFF-\\uDC00|DC00-\\uDBFF)\\uDFFF", "\U00010000-\U0010FFFF", pattern)
    pattern = re.sub(r"\[((?:\\.|[^\]\\])*)\]", lambda m: "[" + escape_hyphens(m.group(1)) + "]", pattern)
    return None if pattern in overlay["dropped_patterns"] else pattern


def escape_hyphens(body):
    r"""`\w-.` in a character class means a literal hyphen to ECMA and an invalid range to Rust."""
    return re.sub(r"(\\[wWdDsS])-(?=.)", r"\1\\-", body)


def strip(node, overlay, counts):
    """The schema without what validation does not use; cfn-lint's own keywords as standard ones."""
    if not isinstance(node, dict):
        return node
    out, extra = {}, []
    for key, value in node.items():
        if key in DROPPED:
            continue
        if key in MAPS_OF_SCHEMAS and isinstance(value, dict):
            if key == "patternProperties":
                value = {rewrite_pattern(k, overlay) or ".*": v for k, v in value.items()}
            out[key] = {k: strip(v, overlay, counts) for k, v in value.items()}
        elif key in SCHEMAS:
            out[key] = [strip(v, overlay, counts) for v in value] if isinstance(value, list) else strip(value, overlay, counts)
        elif key == "pattern":
            pattern = rewrite_pattern(value, overlay)
            counts["patterns"] += 1
            counts["rewritten"] += pattern not in (None, value)
            if pattern is None:
                counts["dropped"] += 1
            else:
                out[key] = pattern
        elif key == "requiredXor":
            extra.append({"oneOf": [{"required": [name]} for name in value]})
        elif key == "requiredOr":
            extra.append({"anyOf": [{"required": [name]} for name in value]})
        elif key == "dependentExcluded":
            for name, others in value.items():
                extra += [{"not": {"required": sorted((name, other))}} for other in others]
        elif key == "dependentRequired":
            out.setdefault("dependencies", {}).update(value)
        elif key == "dependencies":
            wrapped = {k: v if isinstance(v, list) else strip(v, overlay, counts) for k, v in value.items()}
            out.setdefault("dependencies", {}).update(wrapped)
        else:
            out[key] = value
    if extra:
        unique = {json.dumps(e, sort_keys=True): e for e in extra}
        out["allOf"] = out.get("allOf", []) + list(unique.values())
    return out


def validation_schema(schema, read_only, overlay, counts):
    root = strip({k: v for k, v in schema.items() if k in ROOT_KEYS}, overlay, counts)
    root.setdefault("type", "object")
    if "required" in root:  # A few schemas require what only the service can set.
        root["required"] = sorted(set(root["required"]) - set(read_only))
    return root


# --- the digest ------------------------------------------------------------------------------


class Walker:
    """Follows property pointers and nested arrays through one schema's `$ref`s."""

    def __init__(self, schema):
        self.root = schema

    def resolve(self, node):
        seen = set()
        while isinstance(node, dict) and "$ref" in node and node["$ref"].startswith("#/") and node["$ref"] not in seen:
            seen.add(node["$ref"])
            target = self.root
            for token in node["$ref"].split("/")[1:]:
                target = target.get(token.replace("~1", "/"), {})
            node = {**target, **{k: v for k, v in node.items() if k != "$ref"}}
        return node if isinstance(node, dict) else {}

    def branches(self, node):
        """The node and the alternatives that it may stand for."""
        node = self.resolve(node)
        yield node
        for key in ("oneOf", "anyOf", "allOf"):
            for option in node.get(key, []):
                yield from self.branches(option)

    def child(self, node, name):
        for branch in self.branches(node):
            if name in branch.get("properties", {}):
                return branch["properties"][name]
        return None

    def items(self, node):
        """The element schema of an array, or the value schema of a map."""
        for branch in self.branches(node):
            if isinstance(branch.get("items"), dict):
                return branch["items"]
            for value in branch.get("patternProperties", {}).values():
                return value
            if isinstance(branch.get("additionalProperties"), dict):
                return branch["additionalProperties"]
        return None

    def path(self, pointer):
        """`/properties/A/items/properties/B`, `/properties/A/*/B` and `/properties/A/B` all as `A/*/B`."""
        node, out = self.root, []
        for token in pointer.lstrip("/").split("/"):
            here = node if node is not None else {}
            found = self.child(here, token)
            if found is None and token == "properties":
                continue
            if found is None and token in ("items", "*"):
                out.append("*")
                node = self.items(here)
                continue
            if found is None and (element := self.items(here)) is not None and self.child(element, token) is not None:
                out.append("*")  # The pointer steps over an array without saying so.
                found = self.child(element, token)
            out.append(token)
            node = found
        return "/".join(out)

    def places(self):
        """Every place below the root as path, node and whether it is an array; a place may come more than once."""

        def walk(node, path, stack, depth):
            ref = node.get("$ref") if isinstance(node, dict) else None
            if depth > 14 or (ref and ref in stack):
                return  # A recursive definition (WAF statements): its first level is enough.
            stack = stack | {ref} if ref else stack
            node = self.resolve(node)
            if path:
                # Some schemas flag objects and scalars as if they were arrays.
                yield path, node, "items" in node or "array" in node.get("type", "")
            for name, child in node.get("properties", {}).items():
                yield from walk(child, path + [name], stack, depth + 1)
            if isinstance(node.get("items"), dict):
                yield from walk(node["items"], path + ["*"], stack, depth + 1)
            for child in node.get("patternProperties", {}).values():
                yield from walk(child, path + ["*"], stack, depth + 1)
            for key in ("oneOf", "anyOf", "allOf"):
                for child in node.get(key, []):
                    yield from walk(child, path, stack, depth)

        yield from walk({k: v for k, v in self.root.items() if k in ROOT_KEYS}, [], frozenset(), 0)

    def unordered(self):
        """Arrays that the service treats as sets: `insertionOrder: false`, or `uniqueItems` unless ordered."""
        found = set()
        for path, node, is_array in self.places():
            order, unique = node.get("insertionOrder"), node.get("uniqueItems")
            if is_array and (order is False or (unique is True and order is not True)):
                found.add("/".join(path))
        return sorted(found)

    def references(self):
        """The references that the schema itself declares: property path, type, attribute."""
        for path, node, is_array in self.places():
            if (ref := node.get("relationshipRef")) is not None:
                attribute = ref["propertyPath"].removeprefix("/properties/").replace("/", ".")
                yield "/".join(path + ["*"] * is_array), ref["typeName"], attribute


def tag_facts(schema, walker, overlay_entry, beside_model):
    """Where a type keeps its tags, and in which shape: L list, M map, A Auto Scaling list, S specifications."""
    if beside_model and "TagSpecifications" in schema["properties"]:
        return {"t": 1, "u": 1, "c": 1, "b": 1, "p": "TagSpecifications", "s": "S"}
    if beside_model and "Tags" in schema["properties"]:
        return {"t": 1, "u": 1, "c": 1, "b": 1, "p": "Tags", "s": "L", "k": 128, "v": 256}
    if beside_model:  # The limits are those of IAM.
        return {"t": 1, "u": 1, "c": 0, "b": 1, "p": "Tags", "s": "L", "n": 50, "k": 128, "v": 256}
    tagging = schema.get("tagging", {})
    taggable = tagging.get("taggable", schema.get("taggable", True))
    name = overlay_entry.get("tag_property") or tagging.get("tagProperty", "/properties/Tags").split("/")[2]
    if name not in schema["properties"] and "TagSpecifications" in schema["properties"]:
        name = "TagSpecifications"
    facts = {"t": int(bool(taggable)), "u": int(tagging.get("tagUpdatable", True)), "c": int(tagging.get("tagOnCreate", True))}
    prop = schema["properties"].get(name)
    if prop is None:
        return {**facts, "t": 0}
    node = walker.resolve(prop)
    element = walker.resolve(walker.items(prop) or {})
    names = set(element.get("properties", {}))
    if "items" in node:
        shape = "A" if "PropagateAtLaunch" in names else "S" if "ResourceType" in names else "L"
    elif node.get("properties"):
        return {**facts, "t": 0}  # A structure of its own; nothing that this tool knows how to write.
    else:
        shape = "M"
    facts.update(p=name, s=shape)
    value = element if shape == "M" else walker.resolve(walker.child(element, "Value") or {})
    key = {} if shape == "M" else walker.resolve(walker.child(element, "Key") or {})
    limits = {"n": node.get("maxItems") or node.get("maxProperties"), "k": key.get("maxLength"), "v": value.get("maxLength")}
    return {**facts, **{k: v for k, v in limits.items() if v}}


def name_property(type_name, schema, identifiers, read_only, entry):
    """The property in which a user names the resource, or None when only a `Name` tag can."""
    if "name_property" in entry:
        return entry["name_property"]
    resource = type_name.split("::")[2]
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", resource)
    tails = ["".join(words[i:]) for i in range(len(words))]
    writable = [p for p in schema["properties"] if p not in read_only]
    wanted = [resource + "Name", "Name"] + [t + "Name" for t in tails[1:]]
    if len(identifiers) == 1 and identifiers[0] in writable:
        stem = re.sub(r"(Identifier|Id|Name)$", "", identifiers[0])
        if stem in tails and stem != identifiers[0] or identifiers[0] == resource:
            wanted.insert(2, identifiers[0])
    return next((name for name in wanted if name in writable), None)


def arn_property(type_name, identifiers, read_only, schema, entry):
    """The property that holds the resource's own ARN."""
    if "arn_property" in entry:
        return entry["arn_property"]
    resource = type_name.split("::")[2]
    last = re.findall(r"[A-Z][a-z0-9]*", resource)[-1:]
    own = [n for n in ("Arn", "ARN", resource + "Arn", resource + "ARN") if n in read_only]
    named = [p for p in identifiers if p.lower().endswith("arn") and p in read_only]
    tail = [last[0] + "Arn"] if last and last[0] + "Arn" in read_only else []
    generic = [n for n in ("ResourceARN", "ResourceArn") if n in read_only]
    return next(iter(own + named + tail + generic), None)


def unordered(name, walker, overlay):
    """The schema's sets, corrected by hand."""
    ordered = overlay["ordered"].get(name, [])
    said = {p for p in walker.unordered() if not any(p == end or p.endswith("/" + end) for end in ordered)}
    return sorted(said | set(overlay["unordered"].get(name, [])))


def list_inputs(facts):
    """What a list call must be given: the required properties, or the first of several alternatives."""
    inputs = facts.get("list_input", {})
    return inputs.get("req") or next(iter(inputs.get("oneOf", inputs.get("anyOf", []))), [])


def own_facts(name, overlay):
    """The hand-made facts about one type, by the digest's keys."""
    needed = overlay["needed_unless"].get(name, {}).get("properties")
    owned = overlay["service_owned"].get(name, {})
    related = {k: v for k, v in overlay["related"].get(name, {}).items() if k != "why"}
    if "is" in related:
        related["is"] = [[rule["property"], rule["pattern"], rule["type"]] for rule in related["is"]]
    return {
        "gn": int(name in overlay["global_names"]) or None,
        "nu": needed, "gw": overlay["goes_with"].get(name, {}).get("properties"),
        "so": {k[0]: owned[k] for k in ("arn", "identifier") if k in owned} or None,
        "in": overlay["instead"].get(name, {}).get("use"), "re": related or None,
    }


def facts_of_all(overlay):
    """The hand-made facts that are not about one type."""
    keys = ("config_types", "likelier", "generated_hosts", "host_types", "managed_resources", "managed_values", "named_after_others", "updated_attributes")
    return {
        **{key: overlay[key] for key in keys},
        **{key: sorted(overlay[key]) for key in ("id_prefixes", "not_in_tagging_api", "placeholder_types", "revisioned")},
    }


def check_names(schemas, digests, overlay):
    """Stops at a name in the overlay or aws-service-spec that no schema knows: it would be a fact about nothing."""
    wrong = []

    def check(where, type_name, path=None):
        node = schemas.get(type_name)
        walker = Walker(node) if node is not None else None
        for token in (path or "").split("/") if path else []:
            node = walker and (walker.items(node) if token == "*" else walker.child(node, token))
        if node is None:
            wrong.append(f"{where}: {type_name} {path or ''}")

    sections = ("reference_attributes", "ref", "review", "global_names", "not_in_tagging_api", "tags_beside_model", "updated_in_place", "updated_attributes", "revisioned", "needed_unless", "goes_with",
                "service_owned", "instead", "related", "types", "ordered", "unordered", "case_insensitive", "arns")
    for section in sections:
        for type_name in overlay[section]:
            check(section, type_name)
    for type_name in [*overlay["likelier"], *filter(None, overlay["id_prefixes"].values()), *overlay["host_types"].values(),
                      *overlay["config_types"].values()]:
        check("overlay", type_name)
    for type_name, line in digests.items():
        for path, targets in line.get("rf", {}).items():
            check("references", type_name, path)
            for target in targets:
                check(f"reference of {type_name}/{path}", *target.split(".", 1))
        parts = [part if isinstance(part, str) else part[0] for part in line.get("ra", [])]
        paths = [*parts, *line.get("nu", {}), *line.get("gw", {}), *sum(line.get("nu", {}).values(), [])]
        paths += [path for key in ("i", "n") for path in line.get("rv", {}).get(key, []) if path]
        for path in paths:
            check("facts", type_name, path)
        for _, _, other in line.get("re", {}).get("is", []):
            check(f"related to {type_name}", other)
    if wrong:
        sys.exit("names that no schema has:\n  " + "\n  ".join(sorted(set(wrong))))


def digest(name, schema, facts, walker, overlay, newer, spec):
    entry = overlay["types"].get(name, {})
    paths = lambda key: sorted({walker.path(p) for p in schema.get(key, [])})
    identifiers = [walker.path(p) for p in schema.get("primaryIdentifier", [])]
    read_only = paths("readOnlyProperties")
    handlers = facts["handlers"] if facts else newer
    lowered = [walker.path(p) for p, t in schema.get("propertyTransform", {}).items() if re.fullmatch(r"\$(lower|upper)case\(\w+\)", t)]
    values = {
        "t": name, "p": identifiers, "a": [[walker.path(p) for p in group] for group in schema.get("additionalIdentifiers", [])],
        "ro": read_only, "co": paths("createOnlyProperties"), "cc": [] if name in overlay["updated_in_place"] else paths("conditionalCreateOnlyProperties"),
        "wo": paths("writeOnlyProperties"), "rq": sorted(set(schema.get("required", [])) - set(read_only)),
        "tg": tag_facts(schema, walker, entry, name in overlay["tags_beside_model"]), "un": unordered(name, walker, overlay),
        "lc": sorted({*lowered, *overlay["case_insensitive"].get(name, [])}),
        "h": "".join(h[0] for h in HANDLERS if h in handlers), "li": list_inputs(facts or {}),
        "tm": (facts or {}).get("timeout_minutes"), "n": name_property(name, schema, identifiers, read_only, entry),
        "ap": arn_property(name, identifiers, read_only, schema, entry), "ps": sorted(schema["properties"]),
        "rf": spec.references(name, walker.references()), "ra": spec.ref_parts(name, identifiers), "st": spec.stateful(name) or None,
        "rv": spec.review(name), **own_facts(name, overlay),
    }
    return {k: v for k, v in values.items() if v not in (None, [], "", {})}


# --- ARNs ------------------------------------------------------------------------------------


def plain(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def identifier_template(name, identifiers, template, overlay):
    """How the primary identifier follows from the ARN's variables; "" when it cannot be said."""
    if name in overlay["identifier_not_in_arn"] or not identifiers:
        return ""
    variables = [v for v in re.findall(r"\$\{(\w+)\}", template) if v not in ("Partition", "Region", "Account")]
    unused, out = list(variables), []
    for part in identifiers:
        if part.lower().endswith("arn"):
            out.append("${Arn}" if not out else None)
            continue
        if part in ("AwsAccountId", "AccountId"):
            out.append("${Account}")
            continue
        match = next((v for v in unused if plain(v) == plain(part)), None)
        if match is None and len(unused) == 1 and len([p for p in identifiers if p not in ("AwsAccountId", "AccountId")]) == 1:
            match = unused[0]
        if match:
            unused.remove(match)
        out.append(f"${{{match}}}" if match else None)
    return "" if None in out else "|".join(out)


def arn_rows(schemas, digests, spec, overlay):
    rows = []
    for name in schemas:
        identifiers = digests[name].get("p", [])
        if name in overlay["arns"]:
            for service, scope, resource, identifier in overlay["arns"][name]:
                region, account = "${Region}" * ("R" in scope), "${Account}" * ("A" in scope)
                rows.append((name, f"arn:${{Partition}}:{service}:{region}:{account}:{resource}", identifier))
        elif (template := spec.arn_template(name)) and name not in overlay["arn_templates_dropped"]:
            rows.append((name, template, identifier_template(name, identifiers, template, overlay)))
    return rows


# --- output ----------------------------------------------------------------------------------


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--service-spec", required=True, help="folder of @aws-cdk/aws-service-spec")
    parser.add_argument("--handlers", required=True, help="handlers.jsonl")
    arguments = parser.parse_args()
    overlay = json.loads((HERE / "data" / "overlay.json").read_text())
    handlers = {f["type"]: f for f in map(json.loads, Path(arguments.handlers).read_text().splitlines())}
    spec = service_spec.Facts(arguments.service_spec, overlay)
    schemas, digests, frames = load_schemas(), {}, {}
    counts = {"patterns": 0, "rewritten": 0, "dropped": 0}
    for name, schema in schemas.items():
        walker, facts = Walker(schema), handlers.get(name)
        newer = schema.get("handlers", {})
        digests[name] = digest(name, schema, facts, walker, overlay, newer, spec)
        permissions = (facts or {}).get("permissions") or {h: newer[h].get("permissions", []) for h in newer}
        body = {
            "schema": validation_schema(schema, digests[name].get("ro", []), overlay, counts),
            "permissions": {h: sorted(set(p)) for h, p in sorted(permissions.items()) if p},
        }
        frames[name] = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
    check_names(schemas, digests, overlay)

    dictionary = zstandard.train_dictionary(DICTIONARY_SIZE, list(frames.values()), dict_id=1, level=19)
    compressor = zstandard.ZstdCompressor(level=19, dict_data=dictionary, write_content_size=True, write_checksum=False)
    blob = bytearray(struct.pack("<I", len(dictionary.as_bytes())) + dictionary.as_bytes())
    for name, body in frames.items():
        frame = compressor.compress(body)
        digests[name]["z"] = [len(blob), len(frame), len(body)]
        blob += frame
    data = HERE / "data"
    (data / "schemas.bin").write_bytes(blob)
    lines = [json.dumps(digests[name], separators=(",", ":")) + "\n" for name in sorted(digests)]
    (data / "types.jsonl").write_text("".join(lines))
    (data / "facts.json").write_text(json.dumps(facts_of_all(overlay), separators=(",", ":"), sort_keys=True) + "\n")
    rows = arn_rows(schemas, digests, spec, overlay)
    (data / "arns.tsv").write_text("".join("\t".join(row) + "\n" for row in rows))
    whole = hashlib.sha256(b"".join((data / name).read_bytes() for name in ("types.jsonl", "facts.json", "schemas.bin", "arns.tsv")))
    (data / "digest.txt").write_text(whole.hexdigest()[:12])
    print(f"{len(schemas)} types, {len(rows)} ARN templates ({sum(1 for r in rows if r[2])} give an identifier), {counts}")
    print({p.name: p.stat().st_size for p in sorted(data.iterdir())})


if __name__ == "__main__":
    main()
