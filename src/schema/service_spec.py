"""What aws-service-spec knows of types beyond their schemas; a part of generate.py.

`Facts` holds, by type name: ARN templates, which properties hold an attribute of which other type, what
CloudFormation's `Ref` returns, which types hold data, and what changes to review.
"""

import gzip
import json
from pathlib import Path

# aws-service-spec's kinds of scrutiny (`ResourceScrutinyType`, `PropertyScrutinyType`); all others are about IAM.
NETWORK_SCRUTINY = {"IngressRuleResource", "EgressRuleResource", "IngressRules", "EgressRules"}


class Facts:
    def __init__(self, folder, overlay):
        schema = json.load(gzip.open(Path(folder) / "db.json.gz"))["schema"]
        self.resources = {r["cloudFormationType"]: r for r in schema["resource"]["entities"]}
        self.definitions = {d["$id"]: d["properties"] for d in schema["typeDefinition"]["entities"]}
        self.overlay = overlay

    def arn_template(self, name):
        return self.resources.get(name, {}).get("arnTemplate")

    def stateful(self, name):
        return int(bool(self.resources.get(name, {}).get("isStateful")))

    def ref_parts(self, name, identifiers):
        """The properties whose values `Ref` returns, joined by `|`; none where that is the primary identifier."""
        entry = self.overlay["ref"].get(name, {})
        parts = entry.get("parts") or self.resources.get(name, {}).get("cfnRefIdentifier") or []
        if parts == identifiers:
            return []
        defaults = entry.get("defaults", {})
        return [[part, defaults[part]] if part in defaults else part for part in parts]

    def references(self, name, declared):
        """Property path -> sorted `Type.Attribute`s that the property may hold; `declared` has those of the schema."""
        found = {}
        ours = [
            (path, ref["cloudFormationType"], ref["propertyName"])
            for path, prop in self.leaves(name) for ref in prop.get("relationshipRefs", [])
        ]
        for path, target, attribute in [*ours, *declared]:
            attribute = self.overlay["reference_attributes"].get(target, {}).get(attribute, attribute)
            if attribute is not None:
                found.setdefault(path, set()).add(f"{target}.{attribute}")
        return {path: sorted(targets) for path, targets in sorted(found.items())}

    def review(self, name):
        """What changes to review: {"i": paths about IAM, "n": paths about the network}; "" is the whole resource."""
        if (entry := self.overlay["review"].get(name)) is not None:
            found = {"i": entry.get("iam", []), "n": entry.get("network", [])}
        else:
            found = {"i": set(), "n": set()}
            marks = [("", self.resources.get(name, {}))] + list(self.properties(name))
            for path, marked in marks:
                if (kind := marked.get("scrutinizable", "None")) != "None":
                    found["n" if kind in NETWORK_SCRUTINY else "i"].add(path)
        return {k: sorted(v) for k, v in found.items() if v}

    def properties(self, name):
        """Every property with its path, nested ones included; `*` is an element of a list or map."""
        for path, prop, _ in self.walk(self.resources.get(name, {}).get("properties", {}), [], frozenset()):
            yield path, prop

    def leaves(self, name):
        """The places that hold a value which is no object, list or map, each with its property."""
        for _, prop, places in self.walk(self.resources.get(name, {}).get("properties", {}), [], frozenset()):
            for place in places:
                yield place, prop

    def walk(self, properties, parents, stack):
        for name, prop in properties.items():
            path = parents + [name]
            places, nested = [], []
            self.places(prop["type"], path, places, nested)
            yield "/".join(path), prop, ["/".join(place) for place in places]
            for below, definition in nested:
                if definition not in stack:  # A recursive definition: its first level is enough.
                    yield from self.walk(self.definitions[definition], below, stack | {definition})

    def places(self, kind, path, places, nested):
        match kind["type"]:
            case "ref":
                nested.append((path, kind["reference"]["$ref"]))
            case "array" | "map":
                self.places(kind["element"], path + ["*"], places, nested)
            case "union":
                for one in kind["types"]:
                    self.places(one, path, places, nested)
            case _:
                places.append(path)
