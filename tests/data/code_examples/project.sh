# The command line, the project file, the machine, and the sandbox.

## invalid-baseline
stagegate scan -f queue.yaml --json >audit.json

## no-project
unset STAGEGATE_SANDBOX

## no-sandbox
unset STAGEGATE_SANDBOX
printf 'version: 1\nproject: shop\nenvironments:\n  dev: {account: "111111111111", region: us-east-1}\n' >stagegate.yaml

## untrusted-config
mkdir shared
printf 'version: 1\nproject: shop\nenvironments:\n  dev: {account: "111111111111", region: us-east-1}\n' >shared/stagegate.yaml
chmod 666 shared/stagegate.yaml

## wrong-account
serve

## unknown-profile
unset STAGEGATE_SANDBOX

## invalid-ca-bundle
serve

## unreadable-profiles
serve
printf '[profile\n' >notes.txt

## credentials
serve --fail GetCallerIdentity=ExpiredToken

## output-lost
--output
stagegate drift --json >/dev/full

## offline
serve

## timed-out
serve --fail '*=hang'

## audit-log-failed
--output
# A folder cannot be appended to.
STAGEGATE_AUDIT_LOG=/ stagegate create -f queue.yaml

## stale-read
serve
pair
stagegate drift
serve_again --fail 'GetResource=InternalFailure'
--output
stagegate drift

## incomplete
pair
serve --fail GetResource=AccessDeniedException
--output
stagegate drift

## sandbox-seed
stagegate sandbox seed --resources 10

## port-taken
listen 0
sed 's/.*://' address
--input
stagegate sandbox serve --port "$(sed 's/.*://' address)"

## error
## ok
## approval_required
group jobs-dev

## ignore-unused
pair

## ignore-expired
drifted

## ignore-added
drifted

## nothing-to-accept
pair

## summary-not-written
pair
--output
GITHUB_STEP_SUMMARY=/dev/full stagegate drift --output github

## ambiguous-account suspended
echo '{"management": "111111111111", "accounts": [{"id": "111111111111", "name": "Management", "status": "ACTIVE"}, {"id": "300000000001", "name": "Sandbox", "status": "ACTIVE"}, {"id": "300000000003", "name": "Sandbox", "status": "ACTIVE"}, {"id": "300000000004", "name": "Old", "status": "SUSPENDED"}]}' >organization
mkdir -p "$HOME/sandbox"
mv organization "$HOME/sandbox/organization.json"
cat >stagegate.yaml <<'END'
version: 1
project: sandbox
environments:
  dev: {account: "111111111111", region: us-east-1}
accounts: {organizations: true, external_id: a-b-c}
END

## partial
serve --fail '111111111111/eu-west-1/*=AccessDeniedException'

## unknown
printf 'CertificateAuthorityArn: arn:aws:acm-pca:us-east-1:111111111111:certificate-authority/a\nCertificateSigningRequest: x\nSigningAlgorithm: SHA256WITHRSA\nValidity: {Type: DAYS, Value: 30}\n' >certificate.yaml

## stateful
group jobs-dev

## too-many-types
for SERVICE in $(stagegate estimate --supported | sed -n 's/^ *\(AWS::[A-Za-z0-9]*\)::.*/\1/p' | grep -v AWS::CDK | sort -u); do
    set -- "$@" --type "$SERVICE"
done
--input
stagegate context --member-role "$@"

## demo-failed
export STAGEGATE_CONFIG=/nowhere.yaml
--output
stagegate demo
