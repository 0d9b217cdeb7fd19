"""Translates template.json by AWS's own SAM translator and writes the result to standard output."""

import json
import sys

try:
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(3)

with open("template.json", encoding="utf-8") as file:
    given = json.load(file)
try:
    result = {"template": Translator({}, Parser()).translate(given["template"], given["parameters"])}
except Exception as error:  # Each kind of refusal is one of the translator's exceptions.
    causes = getattr(error, "causes", None)
    if causes is None:
        raise
    result = {
        "refused": [
            {"resource": getattr(cause, "_logical_id", None), "message": str(getattr(cause, "message", cause))}
            for cause in causes or [error]
        ]
    }
json.dump(result, sys.stdout, default=dict)
