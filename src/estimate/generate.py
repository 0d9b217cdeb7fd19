#!/usr/bin/env python3
"""Writes the estimator's embedded data.

    python3 generate.py PRICES_YAML [EC2_CSV]
    python3 generate.py --books BOOK.json...

PRICES_YAML is a list-price file: {as_of, sources: {code: text}, records: [{id: KEY@REGION, service, unit,
price | tiers: [{begin, price}], rate_code, source, confidence, filters: {attribute: value}, client_match}]}.
EC2_CSV has more instance types of us-east-1, one `instance_type,usd_per_hour` a line, on demand, Linux, shared tenancy;
its first line is a comment with `as of DATE`. A type that PRICES_YAML has too must have the same price. data/additional-prices.yaml,
of the form of PRICES_YAML, has the prices that it lacks. The result is

    data/prices.csv         one line per price, sorted by id, for binary search without parsing the rest
    data/products.tsv.zst   how the Price List calls each price key's product, sorted by key (listing.rs)
    data/model.tsv          data/model.yaml as one line of JSON per type, sorted by type name

With --books, prices.csv is renewed from price books that `stagegate prices update` has stored: the prices of their regions for the keys
that prices.csv has. Without arguments only model.tsv is written. Needs PyYAML and the zstd program.
"""
import json
import pathlib
import re
import subprocess
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
    if "as_of" in record:
        return record["as_of"]
    source = record["source"]
    code = source.split(":")[0].split(" ")[0]
    dates = DATE.findall(source) or DATE.findall(document["sources"].get(code, ""))
    return dates[-1] if dates else document["as_of"]


def load(path, instances):
    # BaseLoader keeps every scalar as the text that was written: no price passes through a float.
    document = yaml.load(path.read_text(), Loader=yaml.BaseLoader)
    more = yaml.load((DATA / "additional-prices.yaml").read_text(), Loader=yaml.BaseLoader)
    known = {record["id"] for record in document["records"]}
    for record in more["records"]:
        assert record["id"] not in known, f"{record['id']} is in both files"
        document["records"].append({**record, "as_of": as_of(record, more)})
    if instances:
        add_instances(document, instances.read_text().splitlines())
    return document


def add_instances(document, lines):
    """Adds the instance types of EC2_CSV, as copies of one that the document has."""
    date = DATE.findall(lines[0])[-1]
    known = {record["id"]: record for record in document["records"]}
    like = known["ec2.t3.micro@us-east-1"]
    for line in lines:
        kind, price = line.split(",")[:2] if line[:1] != "#" else ("instance_type", "")
        if kind == "instance_type":
            continue
        identifier = f"ec2.{kind}@us-east-1"
        if identifier in known:
            assert Decimal(known[identifier]["price"]) == Decimal(price), line
            continue
        filters = {**like["filters"], "instanceType": kind, "usagetype": f"BoxUsage:{kind}"}
        record = {**like, "id": identifier, "price": price, "filters": filters, "source": f"EC2_CSV {date}", "confidence": "medium"}
        known[identifier] = record
        document["records"].append(record)


def write_prices(document):
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


# What usage types begin with in the regions of the file: in us-east-1 some services write nothing.
PREFIX = {
    "us-east-1": re.compile(r"(USE1-|us-east-1-|)(.+)"),
    "eu-west-1": re.compile(r"(EU-|eu-west-1-)(.+)"),
    "us-west-2": re.compile(r"(USW2-|us-west-2-)(.+)"),
}
# A rule for a usage type that is one text after an optional prefix, or the beginning of one.
SUFFIX = re.compile(r"^usagetype ~ (?:\(\^\|-\))?([A-Za-z0-9:.\\-]+?)\$?(?: \(also .*)?$")


def usage_type(record):
    """(prefix, base): how the usage type begins here, and what it is in every region."""
    named, rule = record["filters"].get("usagetype"), SUFFIX.match(record.get("client_match") or "")
    if named:
        return PREFIX[record["region"]].fullmatch(named).groups() if "regionCode" in record["filters"] else ("", named)
    if rule:
        base = rule[1].replace("\\", "")
        return "?", base + "*" if base.endswith(":") else base
    # A rule of another kind: several SKUs make up the price, so that none of them is it.
    return ("!" if record.get("client_match") else ""), ""


def attributes(record):
    found = {}
    for name, value in record["filters"].items():
        if name in ("regionCode", "usagetype", "fromLocation") and "regionCode" in record["filters"]:
            continue  # what names the region is not the same in every region
        if name == "usagetype":
            continue
        if value.startswith("<"):
            # Engines that share one price, each with an SKU of its own: the first stands for all.
            value = "PostgreSQL" if value == "<engine>" else value.strip("<>").split("|")[0]
        found[name] = value
    return found


def write_products(document):
    """KEY TAB scope TAB prefix TAB base TAB attribute=value ...; scope is R where prices differ by region.

    prefix is what the usage type begins with in us-east-1, ? where that is not known, and ! where no one
    product has the price."""
    lines = {}
    for record in document["records"]:
        key, region = record["id"].rsplit("@", 1)
        scope = "R" if "regionCode" in record["filters"] else "-"
        prefix, base = usage_type(record)
        if not re.fullmatch(r"[A-Za-z0-9:.*\-]*", base):
            base = ""
        cells = [key, scope, base, *(f"{name}={value}" for name, value in attributes(record).items())]
        assert lines.setdefault(key, (prefix, cells))[1] == cells, f"{key} differs from region to region"
        if region in ("us-east-1", "global"):
            lines[key] = (prefix, cells)
    text = "".join("\t".join([c[0], c[1], p, *c[2:]]) + "\n" for p, c in sorted(lines.values(), key=lambda row: row[1][0].encode()))
    subprocess.run(["zstd", "-q", "-f", "-19", "-o", str(DATA / "products.tsv.zst")], input=text.encode(), check=True)


def write_books(paths):
    """Renews the rows of prices.csv, and adds those of further regions."""
    header, *lines = (DATA / "prices.csv").read_text().splitlines()
    rows = {line.split(",")[0]: line.split(",") for line in lines}
    services = {row[0].rsplit("@", 1)[0]: row[1] for row in rows.values()}
    for path in paths:
        book = json.loads(path.read_text())
        assert book["format"] == 1, f"{path}: another format"
        for identifier, price in book["prices"].items():
            service = services.get(identifier.rsplit("@", 1)[0])
            if service:
                row = [identifier, service, price["unit"], price["tiers"], price["rate_code"] or "", "high", price["as_of"]]
                assert not any("," in cell or "\n" in cell for cell in row), row
                rows[identifier] = row
    ordered = sorted(rows.values(), key=lambda row: row[0].encode())
    (DATA / "prices.csv").write_text("\n".join([header] + [",".join(row) for row in ordered]) + "\n")


def write_model():
    document = yaml.safe_load((DATA / "model.yaml").read_text())
    types = dict(document["types"])
    for entry in document["free"]:
        name, note = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
        assert name not in types, name
        types[name] = {"status": "free", **({"assume": [{"text": note}]} if note else {})}
    for service, billed in document["services"].items():
        types[service] = {"status": "unpriced", "reason": f"it is billed {billed}; these prices are not in the price data"}
    lines = [f"{name}\t{json.dumps(types[name], separators=(',', ':'))}" for name in sorted(types)]
    (DATA / "model.tsv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--books"]:
        write_books([pathlib.Path(path) for path in sys.argv[2:]])
    elif len(sys.argv) > 1:
        document = load(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None)
        write_prices(document)
        write_products(document)
    write_model()
