"""What a live model is expected to hold: literal values, with `<…>` where AWS makes something up.

A text is compared as it stands, except for its placeholders:

    <account> <region>            where the tests work
    <uuid> <time> <ipv4> <base64> <digits> <letter> <label> <nameserver>
    <hex:17> <lower:6-10> …       so many characters of an alphabet
    <UserPoolId> <Endpoint/Port>  what the model itself holds there

An object may hold more than is expected of it, a list may not; `null` is what must not be there.
Numbers, flags and texts are never taken for each other: AWS is consistent about that.
"""

import pathlib
import re

import yaml

from common import DEV

REGION = "us-east-1"
PLACES = {"account": DEV, "region": REGION}
HEX = "[0-9a-f]"
MADE_UP = {
    "uuid": f"{HEX}{{8}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{4}}-{HEX}{{12}}",
    "time": r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?(Z|\+00:00)",
    # A DynamoDB stream's label: a time without its zone.
    "label": r"20\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d+)?",
    "ipv4": r"(\d{1,3}\.){3}\d{1,3}",
    "base64": "[0-9A-Za-z+/]+={0,2}",
    "digits": "[0-9]+",
    "letter": "[a-z]",
    "nameserver": r"ns-\d{1,4}\.awsdns-\d\d\.(com|net|org|co\.uk)",
}
ALPHABETS = {
    "hex": HEX, "hexupper": "[0-9A-F]", "lower": "[0-9a-z]", "upper": "[0-9A-Z]", "mixed": "[0-9A-Za-z]",
    "digits": "[0-9]", "base64": "[0-9A-Za-z+/=]",
}
PLACEHOLDER = re.compile(r"<([A-Za-z][A-Za-z0-9/]*)(?::(\d+)(?:-(\d+))?)?>")


def at(model, path):
    for name in path.split("/"):
        model = model.get(name) if isinstance(model, dict) else None
    return model


def placed(value):
    """A value with account and region written in: what is asked for has no other placeholders."""
    if isinstance(value, dict):
        return {name: placed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [placed(item) for item in value]
    if isinstance(value, str):
        for name, text in PLACES.items():
            value = value.replace(f"<{name}>", text)
    return value


def types():
    """What the files expect, by type."""
    found = {}
    for file in sorted((pathlib.Path(__file__).parent / "types").glob("*.yaml")):
        for type_name, expected in yaml.safe_load(file.read_text()).items():
            assert type_name not in found, f"{file.name}: {type_name} is in another file, too"
            unknown = set(expected) - {"desired", "identifier", "live"}
            assert not unknown, f"{file.name}: {type_name} has {unknown}"
            found[type_name] = {"live": {}, **expected, "desired": placed(expected["desired"])}
    return found


def pattern(form, model):
    """The regular expression of a text with placeholders."""
    written, end = "", 0
    for found in PLACEHOLDER.finditer(form):
        kind, least, most = found.groups()
        written += re.escape(form[end:found.start()])
        end = found.end()
        if least:
            written += f"{ALPHABETS[kind]}{{{least},{most or least}}}"
        elif kind in PLACES:
            written += re.escape(PLACES[kind])
        elif kind in MADE_UP:
            written += f"(?:{MADE_UP[kind]})"
        else:
            value = at(model, kind)
            assert isinstance(value, str), f"{form}: the model has no text {kind}"
            written += re.escape(value)
    return written + re.escape(form[end:])


def literal(value):
    """A form that is this value and nothing else, whatever it contains."""
    if isinstance(value, dict):
        return {name: literal(item) for name, item in value.items()}
    if isinstance(value, list):
        return [literal(item) for item in value]
    return Literal(value) if isinstance(value, str) else value


class Literal(str):
    """A text without placeholders."""


def merged(form, over):
    """A form with another one over it, which wins where both say something."""
    if isinstance(form, dict) and isinstance(over, dict):
        return {**form, **{name: merged(form.get(name), item) for name, item in over.items()}}
    if isinstance(form, list) and isinstance(over, list) and len(form) == len(over):
        return [merged(*pair) for pair in zip(form, over, strict=True)]
    return over


def problems(form, value, model, path=""):
    """What is wrong with a value, each with its place; empty when it has the form."""
    if form is None:
        return [] if value is None else [f"{path}: {value!r} is there"]
    if value is None:
        return [f"{path}: missing, expected {form!r}"]
    if isinstance(form, dict) and isinstance(value, dict):
        return [one for name in form for one in problems(form[name], value.get(name), model, f"{path}/{name}")]
    if isinstance(form, list) and isinstance(value, list) and len(form) == len(value):
        pairs = enumerate(zip(form, value, strict=True))
        return [one for index, (item, found) in pairs for one in problems(item, found, model, f"{path}/{index}")]
    if isinstance(form, str) and isinstance(value, str):
        right = value == form if isinstance(form, Literal) else re.fullmatch(pattern(form, model), value)
    elif isinstance(form, bool) or isinstance(value, bool):
        right = value is form
    else:
        right = isinstance(form, (int, float)) and isinstance(value, (int, float)) and value == form
    return [] if right else [f"{path}: {value!r}, expected {form!r}"]


def spoilt(form, value):
    """Copies of a value, each wrong at one place that the form speaks of."""
    if form is None:
        yield "there"
        return
    yield from (None, [value], f"{value}~")
    if isinstance(form, dict) and isinstance(value, dict):
        for name in form:
            for wrong in spoilt(form[name], value.get(name)):
                yield {**value, name: wrong}
    elif isinstance(form, list) and isinstance(value, list):
        yield [*value, "one more"]
        for index, item in enumerate(form):
            for wrong in spoilt(item, value[index]):
                yield [*value[:index], wrong, *value[index + 1:]]
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield value + 1


def must_notice(form, value, model):
    """Insists that an expectation which a value meets would not be met by the value gone wrong."""
    for wrong in spoilt(form, value):
        assert problems(form, wrong, model), f"{form!r} does not notice {wrong!r}"


if __name__ == "__main__":
    held = {"Id": "vpc-0123456789abcdef0", "Port": "5432", "Size": 3, "On": True, "Names": ["a"], "Arn": "arn:x/vpc-0123456789abcdef0"}
    for form in (
        {"Id": "vpc-<hex:17>"}, {"Arn": "arn:x/<Id>"}, {"Port": "<digits>"}, {"Size": 3}, {"On": True}, {"Names": ["<lower:1-2>"]},
        {"Gone": None}, {},
    ):
        assert not problems(form, held, held), form
        must_notice(form, held, held)
    for form in (
        {"Id": "vpc-<hex:16>"}, {"Id": "VPC-<hex:17>"}, {"Id": "vpc-<digits:17>"}, {"Id": ".*"}, {"Arn": "arn:x/<Port>"}, {"Port": 5432},
        {"Size": "3"}, {"Size": 4}, {"Size": True}, {"On": 1}, {"On": "true"}, {"Names": []}, {"Names": ["a", "b"]}, {"Names": "a"},
        {"Gone": "<digits>"}, {"Id": None}, {"Port": {"Number": "5432"}},
    ):
        assert problems(form, held, held), form
    assert merged({"A": [{"B": 1, "C": 2}], "D": 3}, {"A": [{"C": "<digits>"}], "E": None}) == {"A": [{"B": 1, "C": "<digits>"}], "D": 3, "E": None}
    assert problems(literal({"Id": "vpc-<hex:17>"}), held, held)
    for form in ("<nothing>", "<hexes:3>"):
        try:
            pattern(form, held)
        except (AssertionError, KeyError):
            continue
        raise AssertionError(f"{form} is taken for a placeholder")
