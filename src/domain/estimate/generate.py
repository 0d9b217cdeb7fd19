#!/usr/bin/env python3
"""Writes the estimator's embedded data.

    python3 generate.py PRICES_YAML

PRICES_YAML is a list-price file: {as_of, sources: {code: text}, records: [{id: KEY@REGION, service, unit,
price | tiers: [{begin, price}], rate_code, source, confidence}]}. The result is

    data/prices.csv   one line per price, sorted by id, for binary search without parsing the rest
    data/model.tsv    data/model.yaml as one line of JSON per type, sorted by type name

Without PRICES_YAML only model.tsv is written.
"""
import json
import pathlib
import re
import sys
from decimal import Decimal

import yaml

DATA = pathlib.Path(__file__).parent / "data"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def plain(number):
    """The exact decimal of a YAML scalar, without exponent or trailing zeros."""
    text = format(Decimal(number), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_of(record, document):
    """The date in the record's source, else in that source's description, else the file's own."""
    source = record["source"]
    code = source.split(":")[0].split(" ")[0]
    dates = DATE.findall(source) or DATE.findall(document["sources"].get(code, ""))
    return dates[-1] if dates else document["as_of"]


def write_prices(path):
    # BaseLoader keeps every scalar as the text that was written: no price passes through a float.
    document = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    rows = []
    for record in document["records"]:
        tiers = record.get("tiers") or [{"begin": "0", "price": record["price"]}]
        row = [
            record["id"],
            record["service"],
            record["unit"],
            ";".join(f"{plain(tier['begin'])}:{plain(tier['price'])}" for tier in tiers),
            record.get("rate_code", ""),
            record["confidence"],
            as_of(record, document),
        ]
        assert record["id"].endswith("@" + record["region"]), record["id"]
        assert not any("," in cell or "\n" in cell for cell in row), row
        rows.append(row)
    rows.sort(key=lambda row: row[0].encode())
    assert len({row[0] for row in rows}) == len(rows), "an id occurs twice"
    header = "id,service,unit,tiers,rate_code,confidence,as_of"
    (DATA / "prices.csv").write_text("\n".join([header] + [",".join(row) for row in rows]) + "\n")


def write_model():
    document = yaml.safe_load((DATA / "model.yaml").read_text())
    types = dict(document["types"])
    for entry in document["free"]:
        name, note = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
        assert name not in types, name
        types[name] = {"status": "free", **({"assume": [{"text": note}]} if note else {})}
    lines = [f"{name}\t{json.dumps(types[name], separators=(',', ':'))}" for name in sorted(types)]
    (DATA / "model.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        write_prices(pathlib.Path(sys.argv[1]))
    write_model()
