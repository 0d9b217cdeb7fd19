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

# Creates a queue, a table, a bucket or a log group whose names end with the name of their environment.
queue() {
    printf 'Type: AWS::SQS::Queue\nProperties: {QueueName: %s, KmsMasterKeyId: alias/aws/sqs%s}\n' "$1" "$2" >"$1.yaml"
    command stagegate create -f "$1.yaml"
}
group() {
    printf 'Type: AWS::Logs::LogGroup\nProperties: {LogGroupName: %s, RetentionInDays: %s}\n' "$1" "${2:-30}" >"$1.yaml"
    command stagegate create -f "$1.yaml"
}

# Serves the sandbox on a port with faults, as an endpoint of two profiles and of a project file of the same project.
serve() {
    command stagegate sandbox serve --port 0 "$@" >address 2>serve.log &
    SERVER=$!
    trap 'kill $SERVER' EXIT
    until [ -s address ]; do
        kill -0 $SERVER
        sleep 0.02
    done
    AWS_ENDPOINT_URL=$(cat address)
    export AWS_ENDPOINT_URL
    unset STAGEGATE_SANDBOX
    for pair in d:111111111111 p:222222222222; do
        printf '[profile %s]\naws_access_key_id = %s\naws_secret_access_key = any\nregion = us-east-1\n' \
            "${pair%%:*}" "${pair##*:}" >>aws-config
    done
    [ -e stagegate.yaml ] || cat >stagegate.yaml <<'END'
version: 1
project: sandbox
environments:
  dev: {profile: d, account: "111111111111", region: us-east-1}
  prod: {profile: p, account: "222222222222", region: us-east-1, protected: true}
END
}
