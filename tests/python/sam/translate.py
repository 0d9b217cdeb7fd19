"""Translates tests/sam/templates.yaml by AWS's own translator into tests/sam/translated.jsonl.

Needs aws-sam-translator and PyYAML (tests/requirements-sam.txt). Run it from the root of the repository:

    python tests/python/sam/translate.py
"""

import copy
import json
import os
import sys
from pathlib import Path

os.environ["AWS_DEFAULT_REGION"] = "us-east-1"

import yaml  # noqa: E402
from samtranslator.parser.parser import Parser  # noqa: E402
from samtranslator.translator.translator import Translator  # noqa: E402


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def function(loader, suffix, node):
    """The long form of a short one."""
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", function)


def main():
    here = Path("tests/sam")
    lines = []
    for document in yaml.load_all((here / "templates.yaml").read_text(), Loader):
        case = document.pop("Case")
        template = {"Transform": "AWS::Serverless-2016-10-31", **document}
        try:
            output = Translator({}, Parser()).translate(copy.deepcopy(template), {})
        except Exception as error:  # noqa: BLE001
            causes = getattr(error, "causes", [])
            sys.exit(f"{case}: {error} {[cause.message for cause in causes]}")
        output.pop("Transform", None)
        for resource in output["Resources"].values():
            if isinstance(resource.get("DependsOn"), list):
                resource["DependsOn"].sort()
        entry = {"case": case, "template": template, "output": output}
        lines.append(json.dumps(entry, separators=(",", ":"), default=dict))
    (here / "translated.jsonl").write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} templates", file=sys.stderr)


main()
