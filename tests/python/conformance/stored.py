"""Parameters of Systems Manager, and values of secrets."""

import json

from common import DEV, client, create, refused, update

cloud, ssm, secrets = client("cloudcontrol"), client("ssm"), client("secretsmanager")


def parameters():
    create(cloud, "AWS::SSM::Parameter", {"Name": "/app/level", "Type": "String", "Value": "info"})
    found = ssm.get_parameter(Name="/app/level")["Parameter"]
    assert (found["Type"], found["Value"], found["Version"]) == ("String", "info", 1), found
    assert found["ARN"] == f"arn:aws:ssm:us-east-1:{DEV}:parameter/app/level", found
    assert ssm.get_parameter(Name="/app/level:1")["Parameter"]["Value"] == "info"
    assert ssm.get_parameter(Name=found["ARN"])["Parameter"]["Value"] == "info"
    refused("ParameterVersionNotFound", ssm.get_parameter, Name="/app/level:2")
    # The message of this error is empty.
    try:
        ssm.get_parameter(Name="/app/lebel")
        raise SystemExit("a parameter that does not exist was found")
    except ssm.exceptions.ParameterNotFound:
        pass
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"
    here, west = (client("ssm", region=region).get_parameter(Name=image)["Parameter"] for region in ["us-east-1", "us-west-2"])
    assert here["Value"].startswith("ami-") and here["Value"] != west["Value"], (here, west)
    update(cloud, "AWS::SSM::Parameter", "/app/level", [{"op": "replace", "path": "/Value", "value": "debug"}])
    assert ssm.get_parameter(Name="/app/level")["Parameter"]["Value"] == "debug"


def values_of_secrets():
    arn = create(cloud, "AWS::SecretsManager::Secret", {"Name": "db", "SecretString": "{\"password\":\"first\"}"})["Identifier"]
    found = secrets.get_secret_value(SecretId="db")
    assert (found["ARN"], found["Name"], found["SecretString"]) == (arn, "db", "{\"password\":\"first\"}"), found
    assert found["VersionStages"] == ["AWSCURRENT"], found
    assert secrets.get_secret_value(SecretId=arn, VersionId=found["VersionId"])["SecretString"] == found["SecretString"]
    assert secrets.get_secret_value(SecretId=arn[:-7])["ARN"] == arn
    for wrong in [{"SecretId": "dc"}, {"SecretId": "db", "VersionStage": "AWSPREVIOUS"}, {"SecretId": "db", "VersionId": "0" * 36}]:
        refused("ResourceNotFoundException", secrets.get_secret_value, **wrong)
    update(cloud, "AWS::SecretsManager::Secret", arn, [{"op": "add", "path": "/SecretString", "value": "second"}])
    assert secrets.get_secret_value(SecretId="db")["SecretString"] == "second"
    rules = {"SecretStringTemplate": "{\"username\": \"app\"}", "GenerateStringKey": "password", "ExcludePunctuation": True}
    create(cloud, "AWS::SecretsManager::Secret", {"Name": "made", "GenerateSecretString": rules})
    made = json.loads(secrets.get_secret_value(SecretId="made")["SecretString"])
    assert made["username"] == "app" and len(made["password"]) == 32 and made["password"].isalnum(), made
    create(cloud, "AWS::SecretsManager::Secret", {"Name": "empty"})
    refused("ResourceNotFoundException", secrets.get_secret_value, SecretId="empty")


def attached_secrets():
    create(cloud, "AWS::SecretsManager::Secret", {"Name": "owner", "SecretString": "{\"username\":\"u\",\"password\":\"hunter2hunter2\"}"})
    secret = secrets.get_secret_value(SecretId="owner")["ARN"]
    database = {"DBInstanceIdentifier": "shop", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres", "AllocatedStorage": "20",
                "MasterUsername": "u", "MasterUserPassword": "hunter2hunter2"}
    create(cloud, "AWS::RDS::DBInstance", database)
    attachment = {"SecretId": secret, "TargetId": "shop", "TargetType": "AWS::RDS::DBInstance"}
    create(cloud, "AWS::SecretsManager::SecretTargetAttachment", attachment)
    value = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])
    assert (value["username"], value["engine"], value["dbInstanceIdentifier"]) == ("u", "postgres", "shop"), value
    assert value["host"].startswith("shop.") and value["port"], value


parameters()
values_of_secrets()
attached_secrets()
