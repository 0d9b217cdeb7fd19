#!/bin/sh
# What Checkov does when one of its checks crashes: a line in the log, and success.
echo '[ERROR]  Failed to run check CKV_AWS_27 on /template.json:AWS::SQS::Queue.A' >&2
echo '{"summary": {"passed": 3, "failed": 0, "skipped": 0, "parsing_errors": 0, "resource_count": 3, "checkov_version": "3"}}'
