#!/usr/bin/env python3
"""Writes products.tsv.zst: the Price List's attributes of each price of the embedded snapshot.

    python3 generate.py PRICES_YAML        (needs PyYAML and the zstd program)

PRICES_YAML is the file that src/domain/estimate/generate.py reads; of its records this takes
{id, filters: {attribute: value}, client_match}. One line per price, sorted by id:

    id TAB attribute=value TAB ...
"""
import pathlib
import re
import subprocess
import sys

import yaml

# What usage types of a region begin with, for services that do so.
PREFIXES = {"us-east-1": "", "eu-west-1": "EU-", "us-west-2": "USW2-"}
SUFFIX = re.compile(r"^usagetype ~ (?:\(\^\|-\))?([A-Za-z0-9:.\-]+)\$?$")


def attributes(record):
    found = {name: "Any" if value.startswith("<") else value for name, value in record["filters"].items()}
    match = SUFFIX.match(record.get("client_match") or "")
    if "usagetype" not in found and match:
        base = match[1] + (found.get("instanceType", "") if match[1].endswith(":") else "")
        found["usagetype"] = PREFIXES.get(found.get("regionCode"), "") + base
    return found


records = yaml.safe_load(pathlib.Path(sys.argv[1]).read_text())["records"]
lines = ["\t".join([r["id"], *(f"{k}={v}" for k, v in attributes(r).items())]) for r in sorted(records, key=lambda r: r["id"])]
target = pathlib.Path(__file__).parent / "products.tsv.zst"
subprocess.run(["zstd", "-q", "-f", "-19", "-o", str(target)], input="\n".join(lines).encode() + b"\n", check=True)
