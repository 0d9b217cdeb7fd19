# Prices and costs.

## usage-without-resource
printf 'Resources:\n  Uploads: {Type: AWS::S3::Bucket}\n' >template.yaml

## other-usage
printf 'Type: AWS::S3::Bucket\n' >bucket.yaml
printf 'types:\n  AWS::S3::Bucket: {storage_gb: 5000}\n' >heavy.yaml

## price-not-matched
serve
proxy GetProducts '{"FormatVersion": "aws_v1", "PriceList": []}'
--output
stagegate estimate -f queue.yaml

## prices-offline
serve --fail GetProducts=AccessDeniedException
--output
stagegate estimate -f queue.yaml

## cost-from-tags
serve --fail GetCostAndUsage=AccessDeniedException
--output
stagegate cost

## cost-tag-inactive
group jobs-dev
--output
stagegate cost

## billing-alarms-unread
serve --fail ListResources=AccessDeniedException
--output
stagegate cost
