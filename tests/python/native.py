"""Assumes a role in an account and creates tagged resources there with the APIs of their services, as any other tool would.

Arguments: the ARN of the role, the Region, and a name. The endpoint and the keys are those of the environment.
"""

import json
import sys

import boto3


def main(role: str, region: str, name: str) -> None:
    assumed = boto3.client("sts", region_name="us-east-1").assume_role(RoleArn=role, RoleSessionName="native")
    keys = assumed["Credentials"]
    session = boto3.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=region,
    )
    tags = [{"Key": "Team", "Value": name}]
    session.client("sqs").create_queue(QueueName=f"{name}-jobs", tags={"Team": name})
    session.client("sns").create_topic(Name=f"{name}-news", Tags=tags)
    s3 = session.client("s3")
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=f"{name}-files", **where)
    s3.put_bucket_tagging(Bucket=f"{name}-files", Tagging={"TagSet": tags})
    identity = session.client("sts").get_caller_identity()
    print(json.dumps({"account": identity["Account"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
