"""Price list, Cost Explorer, and CloudFormation's registry."""

import datetime
import json
import os
import pathlib
from decimal import Decimal

from common import DEV, PROD, client, create, refused, today

pricing, costs, registry, cloud = client("pricing"), client("ce"), client("cloudformation"), client("cloudcontrol")


def term(field, value, kind="TERM_MATCH"):
    return {"Type": kind, "Field": field, "Value": value}


def products(service, *filters, **more):
    answer = pricing.get_products(ServiceCode=service, Filters=list(filters), FormatVersion="aws_v1", **more)
    assert answer["FormatVersion"] == "aws_v1"
    return [json.loads(text) for text in answer["PriceList"]], answer.get("NextToken")


def prices():
    micro = [term("regionCode", "us-east-1"), term("instanceType", "t3.micro"), term("operatingSystem", "Linux"), term("tenancy", "Shared")]
    several, _ = products("AmazonEC2", *micro)
    usage_types = [one["product"]["attributes"]["usagetype"] for one in several]
    assert sorted(usage_types) == ["BoxUsage:t3.micro", "BoxUsage:t3.micro", "Reservation:t3.micro", "UnusedBox:t3.micro"], usage_types
    found, _ = products("AmazonEC2", *micro, term("capacitystatus", "Used"), term("preInstalledSw", "NA"))
    assert len(found) == 1, found
    one = found[0]
    assert set(one["terms"]) == {"OnDemand", "Reserved"}
    attributes, sku = one["product"]["attributes"], one["product"]["sku"]
    assert attributes["usagetype"] == "BoxUsage:t3.micro" and attributes["servicecode"] == one["serviceCode"] == "AmazonEC2"
    assert attributes["location"] == "US East (N. Virginia)" and one["publicationDate"] and one["version"]
    (offer_key, offer), = one["terms"]["OnDemand"].items()
    assert offer_key == f"{sku}.{offer['offerTermCode']}" and offer["sku"] == sku
    (rate_key, rate), = offer["priceDimensions"].items()
    assert rate_key == rate["rateCode"] and rate_key.startswith(offer_key + "."), rate
    assert rate["pricePerUnit"] == {"USD": "0.0104000000"} and (rate["beginRange"], rate["endRange"]) == ("0", "Inf"), rate

    # Tiers are one product with several dimensions.
    storage, _ = products("AmazonS3", term("regionCode", "us-east-1"), term("usagetype", "TimedStorage-ByteHrs"))
    dimensions = next(iter(storage[0]["terms"]["OnDemand"].values()))["priceDimensions"].values()
    assert sorted(d["beginRange"] for d in dimensions) == ["0", "51200", "512000"], dimensions
    lambdas, _ = products("AWSLambda", term("group", "AWS-Lambda-Requests"))
    allowances = [one for one in lambdas if one["product"]["attributes"]["usagetype"] == "Global-Request"]
    assert len(allowances) == 1 and allowances[0]["product"]["attributes"]["location"] == "Any", lambdas
    nodes, _ = products("AmazonElastiCache", term("regionCode", "us-east-1"), term("instanceType", "cache.t3.micro"), term("cacheEngine", "Redis"))
    assert sorted(one["product"]["attributes"]["locationType"] for one in nodes) == ["AWS Outposts", "AWS Region"], nodes

    every, token = [], None
    while True:
        found, token = products("AmazonRDS", term("databaseEngine", "PostgreSQL,MySQL", "ANY_OF"), MaxResults=50, **({"NextToken": token} if token else {}))
        every += found
        if not token:
            break
    assert len(every) > 100 and len({one["product"]["sku"] for one in every}) == len(every)
    assert {one["product"]["attributes"]["databaseEngine"] for one in every} == {"PostgreSQL", "MySQL"}
    some, _ = products("AmazonRDS", term("usagetype", "Multi-AZUsage:db.t3", "CONTAINS"), term("databaseEngine", "MySQL", "NONE_OF"))
    assert some and all("Multi-AZ" in one["product"]["attributes"]["usagetype"] for one in some)
    assert products("AmazonEC2", term("instanceType", "no.such"))[0] == []
    refused("NotFoundException", pricing.get_products, ServiceCode="AmazonNothing")
    refused("InvalidParameterException", pricing.get_products, ServiceCode="AmazonEC2", MaxResults=101)
    refused("InvalidParameterException", pricing.get_products, ServiceCode="AmazonEC2", Filters=[term("x", "y", "REGEX")])
    refused("InvalidParameterException", pricing.get_products)
    refused("InvalidNextTokenException", pricing.get_products, ServiceCode="AmazonEC2", NextToken="what")

    services = pricing.describe_services()["Services"]
    assert {"AmazonEC2", "AmazonS3", "AWSLambda"} <= {one["ServiceCode"] for one in services}
    values = pricing.get_attribute_values(ServiceCode="AmazonEC2", AttributeName="tenancy")["AttributeValues"]
    assert {"Value": "Shared"} in values
    refused("NotFoundException", pricing.get_attribute_values, ServiceCode="AmazonEC2", AttributeName="nothing")


def bills():
    first = today().replace(day=1)
    following = (first + datetime.timedelta(days=32)).replace(day=1)
    before = (first - datetime.timedelta(days=1)).replace(day=1)
    create(cloud, "AWS::EC2::NatGateway", {"SubnetId": "subnet-1", "ConnectivityType": "private", "Tags": [{"Key": "Team", "Value": "one"}]})
    create(cloud, "AWS::SecretsManager::Secret", {"Name": "bill"})
    month = {"Start": str(first), "End": str(following)}

    def ask(**more):
        return costs.get_cost_and_usage(TimePeriod=month, Granularity="MONTHLY", Metrics=["UnblendedCost"], **more)["ResultsByTime"]

    total, = ask()
    amount = Decimal(total["Total"]["UnblendedCost"]["Amount"])
    assert total["Total"]["UnblendedCost"]["Unit"] == "USD" and total["Estimated"] and amount > 20, total
    by_service, = ask(GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}])
    named = {group["Keys"][0]: Decimal(group["Metrics"]["UnblendedCost"]["Amount"]) for group in by_service["Groups"]}
    assert set(named) == {"EC2 - Other", "AWS Secrets Manager"}, named
    hours = 24 * (today() - first).days + 24  # What is billed until today.
    assert named["EC2 - Other"] > Decimal("0.045") * hours and Decimal("0.25") <= named["AWS Secrets Manager"] < 1, named
    assert sum(named.values()) == amount, named
    by_record, = ask(GroupBy=[{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "RECORD_TYPE"}])
    assert {tuple(group["Keys"]) for group in by_record["Groups"]} == {(service, "Usage") for service in named}, by_record
    by_tag, = ask(GroupBy=[{"Type": "TAG", "Key": "Team"}])
    assert {group["Keys"][0] for group in by_tag["Groups"]} == {"Team$", "Team$one"}, by_tag
    some, = ask(Filter={"And": [{"Tags": {"Key": "Team", "Values": ["one"]}}, {"Not": {"Dimensions": {"Key": "SERVICE", "Values": ["AWS Lambda"]}}}]})
    assert Decimal(some["Total"]["UnblendedCost"]["Amount"]) == named["EC2 - Other"]
    days = costs.get_cost_and_usage(TimePeriod=month, Granularity="DAILY", Metrics=["UnblendedCost"])["ResultsByTime"]
    assert len(days) == (following - first).days
    assert abs(sum(Decimal(day["Total"]["UnblendedCost"]["Amount"]) for day in days) - amount) < Decimal("0.0001")
    past, = costs.get_cost_and_usage(TimePeriod={"Start": str(before), "End": str(first)}, Granularity="MONTHLY", Metrics=["UnblendedCost"])["ResultsByTime"]
    assert Decimal(past["Total"]["UnblendedCost"]["Amount"]) == 0 and not past["Estimated"], past
    refused("ValidationException", costs.get_cost_and_usage, TimePeriod={"Start": str(first), "End": str(first)}, Granularity="MONTHLY", Metrics=["UnblendedCost"])
    beyond = {"Start": str(first), "End": str(following + datetime.timedelta(days=1))}
    refused("ValidationException", costs.get_cost_and_usage, TimePeriod=beyond, Granularity="MONTHLY", Metrics=["UnblendedCost"])
    long_ago = {"Start": str(first.replace(year=first.year - 2)), "End": str(first)}
    refused("ValidationException", costs.get_cost_and_usage, TimePeriod=long_ago, Granularity="MONTHLY", Metrics=["UnblendedCost"])
    refused("InvalidNextTokenException", costs.get_cost_and_usage, TimePeriod=month, Granularity="MONTHLY", Metrics=["UnblendedCost"], NextPageToken="what")
    refused("ValidationException", costs.get_cost_and_usage, TimePeriod=month, Granularity="YEARLY", Metrics=["UnblendedCost"])
    refused("ValidationException", costs.get_cost_and_usage, TimePeriod=month, Granularity="MONTHLY", Metrics=["Cost"])


def recorded():
    """Recorded bills replace what the resources of an account cost. The account has no resources."""
    costs = client("ce", PROD)
    folder = pathlib.Path(os.environ["STAGEGATE_SANDBOX"]) / "bills" / PROD
    folder.mkdir(parents=True)
    first = today().replace(day=1)
    before = (first - datetime.timedelta(days=1)).replace(day=1)
    lines = [
        {"service": "AWS Lambda", "amount": "1.25", "tags": {"Project": "shop"}},
        {"service": "AWS Lambda", "amount": "-0.25", "record_type": "Credit"},
        {"service": "Tax", "amount": "0.10", "record_type": "Tax"},
        {"service": "Amazon S3", "amount": "7", "currency": "CNY"},
    ]
    (folder / f"{before:%Y-%m}.json").write_text(json.dumps({"lines": lines}))
    period = {"Start": str(before), "End": str(first)}

    def ask(*groups, **more):
        answer = costs.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost", "AmortizedCost"], GroupBy=[{"Type": kind, "Key": key} for kind, key in groups], **more)
        month, = answer["ResultsByTime"]
        assert not month["Estimated"] and month["TimePeriod"] == period, month
        return {tuple(group["Keys"]): (group["Metrics"]["UnblendedCost"]["Amount"], group["Metrics"]["UnblendedCost"]["Unit"]) for group in month["Groups"]}

    service, record, project = ("DIMENSION", "SERVICE"), ("DIMENSION", "RECORD_TYPE"), ("TAG", "Project")
    assert ask(service, record) == {
        ("AWS Lambda", "Usage"): ("1.25", "USD"), ("AWS Lambda", "Credit"): ("-0.25", "USD"),
        ("Tax", "Tax"): ("0.1", "USD"), ("Amazon S3", "Usage"): ("7", "CNY"),
    }
    own = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [PROD]}}
    without = {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Credit", "Refund", "Tax"]}}}
    assert ask(project, service, Filter={"And": [own, without]}) == {
        ("Project$shop", "AWS Lambda"): ("1.25", "USD"), ("Project$", "Amazon S3"): ("7", "CNY"),
    }
    other = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [DEV]}}
    assert ask(service, Filter=other) == {}


def types():
    found = registry.describe_type(Type="RESOURCE", TypeName="AWS::S3::Bucket")
    assert found["ProvisioningType"] == "FULLY_MUTABLE" and found["Visibility"] == "PUBLIC", found
    schema = json.loads(found["Schema"])
    assert schema["typeName"] == "AWS::S3::Bucket" and schema["primaryIdentifier"] == ["/properties/BucketName"]
    assert "s3:CreateBucket" in schema["handlers"]["create"]["permissions"], schema["handlers"]
    assert "/properties/Arn" in schema["readOnlyProperties"] and schema["tagging"]["tagProperty"] == "/properties/Tags"
    again = registry.describe_type(Arn=found["Arn"])
    assert again["TypeName"] == "AWS::S3::Bucket"
    inputs = json.loads(registry.describe_type(Type="RESOURCE", TypeName="AWS::ApiGatewayV2::Route")["Schema"])
    assert inputs["handlers"]["list"]["handlerSchema"]["required"] == ["ApiId"], inputs["handlers"]
    none = registry.describe_type(Type="RESOURCE", TypeName="AWS::Budgets::Budget")
    assert none["ProvisioningType"] == "NON_PROVISIONABLE" and "handlers" not in json.loads(none["Schema"])
    refused("TypeNotFoundException", registry.describe_type, Type="RESOURCE", TypeName="AWS::No::Such")
    refused("CFNRegistryException", registry.describe_type, Type="RESOURCE")


if __name__ == "__main__":
    for step in (prices, bills, recorded, types):
        step()
