"""Resource Explorer, and queries of an aggregator of AWS Config."""

import json

from common import DEV, PROD, client, create, delete, refused, update

cloud, explorer, config = client("cloudcontrol"), client("resource-explorer-2"), client("config")
QUEUE = "AWS::SQS::Queue"


def untagged(view, **more):
    filters = {"FilterString": "tag:none region:us-east-1,global"}
    return explorer.list_resources(ViewArn=view, Filters=filters, **more)


def resource_explorer():
    assert explorer.list_indexes()["Indexes"] == [] and explorer.list_views()["Views"] == []
    assert explorer.get_default_view().get("ViewArn", "") == ""
    refused("UnauthorizedException", explorer.list_resources)
    create(cloud, QUEUE, {"QueueName": "plain"})
    create(cloud, QUEUE, {"QueueName": "tagged", "Tags": [{"Key": "Owner", "Value": "data"}]})
    create(cloud, "AWS::IAM::Role", {"RoleName": "tagged", "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []},
                                     "Tags": [{"Key": "Owner", "Value": "data"}]})
    index = create(cloud, "AWS::ResourceExplorer2::Index", {"Type": "LOCAL"})["Identifier"]
    view = create(cloud, "AWS::ResourceExplorer2::View", {"ViewName": "all", "IncludedProperties": [{"Name": "tags"}]})["Identifier"]
    create(cloud, "AWS::ResourceExplorer2::DefaultViewAssociation", {"ViewArn": view})
    (listed,) = explorer.list_indexes()["Indexes"]
    assert listed == {"Arn": index, "Region": "us-east-1", "Type": "LOCAL"}, listed
    assert explorer.list_views()["Views"] == [view] and explorer.get_default_view()["ViewArn"] == view
    read = explorer.get_view(ViewArn=view)["View"]
    assert read["ViewArn"] == view and read["IncludedProperties"] == [{"Name": "tags"}] and read["Owner"] == DEV, read
    assert view.startswith(f"arn:aws:resource-explorer-2:us-east-1:{DEV}:view/all/"), view
    refused("UnauthorizedException", explorer.get_view, ViewArn=view[:-1])

    supported = explorer.list_supported_resource_types(MaxResults=1000)["ResourceTypes"]
    assert {"Service": "sqs", "ResourceType": "sqs:queue", "CFNResourceTypes": [QUEUE]} in supported
    pages = explorer.get_paginator("list_supported_resource_types").paginate(PaginationConfig={"PageSize": 7})
    assert [one for page in pages for one in page["ResourceTypes"]] == supported

    # The tags of IAM resources are not indexed.
    found = {one["Arn"]: one for one in untagged(view)["Resources"]}
    assert set(found) == {f"arn:aws:sqs:us-east-1:{DEV}:plain", f"arn:aws:iam::{DEV}:role/tagged"}, found
    role = found[f"arn:aws:iam::{DEV}:role/tagged"]
    assert (role["Region"], role["ResourceType"], role["CfnResourceType"]) == ("global", "iam:role", "AWS::IAM::Role"), role
    assert role["Properties"] == [] and role["OwningAccountId"] == DEV and role["Service"] == "iam", role
    everything = explorer.list_resources()["Resources"]
    (tagged,) = [one for one in everything if one["Arn"].endswith(":tagged")]
    assert tagged["Properties"][0]["Data"] == [{"Key": "Owner", "Value": "data"}], tagged
    assert {one["CfnResourceType"] for one in everything} == {QUEUE, "AWS::IAM::Role"}, everything

    # Pages: with 1,000 per page, there is no token.
    first = untagged(view, MaxResults=1)
    second = untagged(view, MaxResults=1, NextToken=first["NextToken"])
    assert [one["Arn"] for one in first["Resources"] + second["Resources"]] == list(found) and not second.get("NextToken"), second
    refused("ValidationException", untagged, view=view, MaxResults=1001)
    refused("ValidationException", untagged, view=view, NextToken="x")
    refused("ValidationException", explorer.list_resources, Filters={"FilterString": "orders"})

    # An index of one Region does not have the resources of another; the aggregator has those of all indexed ones.
    west_cloud, west = client("cloudcontrol", region="us-west-2"), client("resource-explorer-2", region="us-west-2")
    create(west_cloud, QUEUE, {"QueueName": "west"})
    create(west_cloud, "AWS::ResourceExplorer2::Index", {"Type": "LOCAL"})
    in_west = {"FilterString": "region:us-west-2"}
    assert explorer.list_resources(Filters=in_west)["Resources"] == []
    update(cloud, "AWS::ResourceExplorer2::Index", index, [{"op": "replace", "path": "/Type", "value": "AGGREGATOR"}])
    (found,) = explorer.list_resources(Filters=in_west)["Resources"]
    assert found["Region"] == "us-west-2" and west.get_default_view().get("ViewArn", "") == "", found

    # The filter of a view limits every result, and tags appear only if it includes them.
    narrow = {"ViewName": "queues", "Filters": {"FilterString": "resourcetype:sqs:queue"}}
    queues = create(cloud, "AWS::ResourceExplorer2::View", narrow)["Identifier"]
    seen = explorer.list_resources(ViewArn=queues)["Resources"]
    assert {one["ResourceType"] for one in seen} == {"sqs:queue"} and all(one["Properties"] == [] for one in seen), seen
    assert client("resource-explorer-2", account=PROD).list_views()["Views"] == []
    delete(cloud, "AWS::ResourceExplorer2::View", queues)
    refused("UnauthorizedException", explorer.list_resources, ViewArn=queues)


def aggregators():
    expression = f"SELECT arn, resourceType, tags WHERE accountId = '{DEV}' AND awsRegion IN ('us-east-1', 'global')"
    arguments = {"ConfigurationAggregatorName": "org", "Expression": expression}
    refused("NoSuchConfigurationAggregatorException", config.select_aggregate_resource_config, **arguments)
    source = [{"AccountIds": [DEV], "AwsRegions": ["us-east-1"]}]
    create(cloud, "AWS::Config::ConfigurationAggregator", {"ConfigurationAggregatorName": "org", "AccountAggregationSources": source})
    create(cloud, "AWS::CertificateManager::Certificate", {"DomainName": "example.com"})
    answer = config.select_aggregate_resource_config(**arguments)
    rows = [json.loads(text) for text in answer["Results"]]
    of = {row.get("arn", ""): row for row in rows}
    assert of[f"arn:aws:sqs:us-east-1:{DEV}:plain"]["tags"] == []
    assert of[f"arn:aws:sqs:us-east-1:{DEV}:tagged"]["tags"] == [{"key": "Owner", "value": "data", "tag": "Owner=data"}]
    assert f"arn:aws:sqs:us-west-2:{DEV}:west" not in of
    # Config has names of its own for some types.
    assert [row["resourceType"] for row in rows if "certificate/" in row.get("arn", "")] == ["AWS::ACM::Certificate"], rows
    assert [one["Name"] for one in answer["QueryInfo"]["SelectFields"]] == ["arn", "resourceType", "tags"]

    pages, token = [], None
    while token is not None or not pages:
        page = config.select_aggregate_resource_config(**arguments, Limit=2, **({"NextToken": token} if token else {}))
        pages.append(page["Results"])
        token = page.get("NextToken")
    assert [text for page in pages for text in page] == answer["Results"] and len(pages) == (len(rows) + 1) // 2
    refused("InvalidLimitException", config.select_aggregate_resource_config, **arguments, Limit=101)
    refused("InvalidNextTokenException", config.select_aggregate_resource_config, **arguments, NextToken="x")
    other = {**arguments, "Expression": "SELECT arn WHERE arn LIKE 'a%'"}
    refused("InvalidExpressionException", config.select_aggregate_resource_config, **other)


resource_explorer()
aggregators()
