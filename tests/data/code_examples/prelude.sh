# What the setups of the examples share. The test runs each setup with these functions in a folder of its own.

# Runs a command that changes resources, and approves its plan.
approved() {
    DIGEST=$(command stagegate "$@" --plan-only --query plan.digest | tr -d '"')
    command stagegate "$@" --approve "$DIGEST"
}

# Sets DIGEST to that of the plan of a command.
planned() {
    DIGEST=$(command stagegate "$@" --plan-only --query plan.digest | tr -d '"')
    test -n "$DIGEST"
}

# Creates a log group in dev.
group() {
    printf 'Type: AWS::Logs::LogGroup\nProperties: {LogGroupName: %s, RetentionInDays: %s}\n' "$1" "${2:-30}" >"$1.yaml"
    command stagegate create -f "$1.yaml"
}

# Creates a log group in dev and promotes it; `drifted` then changes it in prod.
pair() {
    group jobs-dev
    approved promote AWS::Logs::LogGroup jobs-dev
}
drifted() {
    pair
    approved update AWS::Logs::LogGroup jobs-prod --env prod --set RetentionInDays=90
}

# Serves the sandbox on a port with faults, as an endpoint of two profiles and of a project file of the same project.
serve() {
    listen 0 "$@"
    unset STAGEGATE_SANDBOX
    for pair in dev:111111111111 prod:222222222222; do
        printf '[profile shop-%s]\naws_access_key_id = %s\naws_secret_access_key = any\nregion = us-east-1\n' \
            "${pair%%:*}" "${pair##*:}" >>aws-config
    done
    [ -e stagegate.yaml ] || cat >stagegate.yaml <<'END'
version: 1
project: sandbox
environments:
  dev: {profile: shop-dev, account: "111111111111", region: us-east-1}
  prod: {profile: shop-prod, account: "222222222222", region: us-east-1, protected: true}
tags: {values: {CostCenter: Engineering}}
END
}

# Serves the same sandbox on the same port with other faults.
serve_again() {
    kill $SERVER
    wait $SERVER || true
    STAGEGATE_SANDBOX=$HOME/sandbox listen "${AWS_ENDPOINT_URL##*:}" "$@"
}

listen() {
    rm -f address
    WORK=$PWD
    # Not the project of the folder, which may lack an account.
    (cd "$HOME" && exec stagegate sandbox serve --port "$@" >"$WORK/address" 2>"$WORK/serve.log") &
    SERVER=$!
    trap 'kill $SERVER' EXIT
    until [ -s address ]; do
        kill -0 $SERVER
        sleep 0.02
    done
    AWS_ENDPOINT_URL=$(cat address)
    export AWS_ENDPOINT_URL
}
