"""Writes the data of AWS's translator that the expansion of serverless templates uses:

src/transform/serverless/policy_templates.json and managed_policies.txt. Needs aws-sam-translator
(tests/requirements-sam.txt). Run it from the root of the repository.
"""

import json
from pathlib import Path

import samtranslator

translator = Path(samtranslator.__file__).parent
into = Path("src/transform/serverless")

templates = json.loads((translator / "policy_templates_data/policy_templates.json").read_text())["Templates"]
compact = {
    name: {"Parameters": sorted(one.get("Parameters", {})), "Statement": one["Definition"]["Statement"]}
    for name, one in sorted(templates.items())
}
(into / "policy_templates.json").write_text(json.dumps(compact, separators=(",", ":")))

policies = json.loads((translator / "internal/data/aws_managed_policies.json").read_text())["aws"]
paths = sorted(arn.removeprefix("arn:aws:iam::aws:policy/") for arn in policies.values())
(into / "managed_policies.txt").write_text("".join(f"{path}\n" for path in paths if "/" in path))
