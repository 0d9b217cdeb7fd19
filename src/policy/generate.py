#!/usr/bin/env python3
"""Writes `data/actions.txt`: the IAM actions of each service, those that take no resource apart from those that do.

Run by a maintainer, never by the build:

    python3 -m venv /tmp/v && /tmp/v/bin/pip install cfn-lint
    /tmp/v/bin/python src/policy/generate.py

Source: the service authorization reference as cfn-lint (MIT-0) packages it. The data was last made from cfn-lint 1.58.0.
Each line: the service's prefix, the actions without a resource, the actions with one; separated by `|`, in lower case.
"""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def source():
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    import cfnlint

    return Path(cfnlint.__file__).parent / "data/AdditionalSpecs/Policies.json"


def main():
    services = json.loads(source().read_text())
    lines = []
    for service, facts in sorted(services.items()):
        actions = facts["Actions"]
        without = sorted(name for name, action in actions.items() if not action.get("Resources"))
        others = sorted(name for name, action in actions.items() if action.get("Resources"))
        lines.append("|".join([service.lower(), " ".join(without), " ".join(others)]).lower())
    (HERE / "data/actions.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
