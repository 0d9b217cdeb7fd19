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
export STAGEGATE_TEST_NOW=2026-11-10T10:00:00Z
group jobs-dev
mkdir -p "$HOME/sandbox/bills/111111111111"
echo '{"lines": [{"service": "AmazonCloudWatch", "amount": "0.20"}]}' >"$HOME/sandbox/bills/111111111111/2026-11.json"
STAGEGATE_TEST_NOW=2026-12-05T10:00:00Z
--output
stagegate cost --month 2026-11

## billing-alarms-unread
serve --fail ListResources=AccessDeniedException
--output
stagegate cost

## other-currency
mkdir -p "$HOME/sandbox/bills/111111111111"
echo '{"lines": [{"service": "AmazonCloudWatch", "amount": "0.20", "currency": "CNY"}]}' >"$HOME/sandbox/bills/111111111111/2026-11.json"
export STAGEGATE_TEST_NOW=2026-12-05T10:00:00Z
--output
stagegate cost --month 2026-11

## price-region-unknown
unset STAGEGATE_SANDBOX
# Before any connection.
export STAGEGATE_OFFLINE=true

## price-files-unavailable
unset STAGEGATE_SANDBOX
mkdir mirror
--output
stagegate prices update --from mirror --region eu-west-1

## price-files-invalid
unset STAGEGATE_SANDBOX
mkdir -p mirror/offers/v1.0/aws
echo '<html>' >mirror/offers/v1.0/aws/index.json
--output
stagegate prices update --from mirror --region eu-west-1

## price-book-unusable
unset STAGEGATE_SANDBOX
mkdir -p "$HOME/.cache/stagegate/price-book"
chmod 700 "$HOME/.cache/stagegate/price-book"
echo '{' >"$HOME/.cache/stagegate/price-book/eu-west-1.json"
--output
stagegate prices status
