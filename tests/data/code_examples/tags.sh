# The violations of `tag-audit`, and the statuses of `drift` and `promote`.

## untagged missing-tag empty-tag wrong-manager wrong-environment bad-format counterpart-missing counterpart-shared counterpart-silent synced-without-counterpart promotion-unfinished counterpart-elsewhere value-not-allowed needs_review
serve
sed -i 's/^tags:.*/tags: {values: {CostCenter: Engineering}, required: {CostCenter: [Engineering, Data]}}/' stagegate.yaml
tagged dev bare -MANAGED_BY -Environment -Project -CostCenter -CreatedBy -CreatedDate -Purpose -PromotionStatus , \
    dev a-dev -CostCenter costcenter=Engineering , \
    dev b-dev CostCenter= , \
    dev c-dev MANAGED_BY=terraform , \
    dev d-dev Environment=production , \
    dev e-dev CreatedDate=20.11.2026 , \
    dev f-dev PromotionStatus=synced ProdCounterpart=f-prod , \
    dev g-dev PromotionStatus=synced ProdCounterpart=g-prod , \
    dev h-dev PromotionStatus=synced ProdCounterpart=g-prod , \
    prod g-prod PromotionStatus=synced DevCounterpart=h-dev , \
    dev i-dev PromotionStatus=synced ProdCounterpart=i-prod , \
    prod i-prod -PromotionStatus , \
    dev j-dev PromotionStatus=synced , \
    dev k-dev PromotionStatus=pending-prod ProdCounterpart=pending:23617a07 , \
    dev l-dev PromotionStatus=synced ProdCounterpart=l-prod , \
    prod l-prod PromotionStatus=synced DevCounterpart=other-dev , \
    dev m-dev CostCenter=Eng
--output
stagegate tag-audit --type AWS::Logs::LogGroup
stagegate drift

## promotion-stuck
serve
tagged dev jobs-dev CreatedDate=2026-01-01

## compliant
pair
--output
stagegate tag-audit --type AWS::Logs::LogGroup

## synced
pair

## drifted
drifted
--output
stagegate drift

## dev_only
group jobs-dev
--output
stagegate drift

## prod_only
pair
approved delete AWS::Logs::LogGroup jobs-dev --env dev
--output
stagegate drift

## unreadable
group jobs-dev
serve --fail GetResource=AccessDeniedException
--output
stagegate drift

## dev-only
group jobs-dev
approved promote AWS::Logs::LogGroup jobs-dev --mark-pending
--output
stagegate promote AWS::Logs::LogGroup jobs-dev --unmark

## pending-prod
group jobs-dev
--output
stagegate promote AWS::Logs::LogGroup jobs-dev --mark-pending

## untracked
printf 'Resources:\n  Key: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true, KeyPolicy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:root"}, Action: "kms:*", Resource: "*"}]}}}\n  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/orders-dev, TargetKeyId: !Ref Key}}\n' >key.yaml
approved create -f key.yaml
planned promote AWS::KMS::Alias alias/orders-dev --with-dependencies
--output
stagegate promote AWS::KMS::Alias alias/orders-dev --with-dependencies --approve "$DIGEST"

## failed not-begun
for NAME in 1 2 3 4 5 6 7 8 9 10 11 12; do
    printf '  G%s: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: g%s-dev, RetentionInDays: 30}}\n' $NAME $NAME
done >rows
(echo Resources: && cat rows) >groups.yaml
approved create -f groups.yaml
serve --fail 111111111111/UpdateResource=FAILED:InvalidRequest --fail 111111111111/TagResources=AccessDeniedException
planned promote --all
--output
stagegate promote --all --approve "$DIGEST"

## tag-key-length
REST=$(printf '%129s' '' | tr ' ' a)

## tag-value-length
REST=$(printf '%257s' '' | tr ' ' a)

## too-many-tags
for NUMBER in $(seq 50); do
    set -- "$@" --tag "a$NUMBER=1"
done
--input
stagegate create -f queue.yaml "$@"

