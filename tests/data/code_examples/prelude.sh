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
    command stagegate create -f "$1.yaml" --tag CostCenter=Engineering
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

# Calls Cloud Control as a client that is not stagegate: `cloud dev CreateResource TYPE PROPERTIES`, or with the identifier at
# the end `cloud dev UpdateResource TYPE PATCH IDENTIFIER`.
cloud() {
    "$PYTHON" - "$AWS_ENDPOINT_URL" "$@" <<'END'
import json
import sys
import urllib.request

endpoint, environment, operation, type_name, document, *identifier = sys.argv[1:]
account = {"dev": "111111111111", "prod": "222222222222"}[environment]
key = "PatchDocument" if identifier else "DesiredState"
body = {"TypeName": type_name, key: document} | ({"Identifier": identifier[0]} if identifier else {})
scope = f"{account}/20261120/us-east-1/cloudcontrolapi/aws4_request"
request = urllib.request.Request(endpoint, json.dumps(body).encode(), {
    "X-Amz-Target": f"CloudApiService.{operation}",
    "Content-Type": "application/x-amz-json-1.0",
    "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
})
print(urllib.request.urlopen(request).read().decode())
END
    # The request is carried out when its state is read.
    sleep 0.2
}

# Creates log groups with the tags of stagegate in the account of an environment, as a client that is not stagegate:
# `tagged dev NAME [KEY=VALUE | -KEY]...`, and the next ones after a comma.
tagged() {
    "$PYTHON" - "$AWS_ENDPOINT_URL" "$@" <<'END'
import itertools
import json
import sys
import urllib.request

COMMON = {
    "MANAGED_BY": "stagegate", "Project": "sandbox", "CostCenter": "Engineering", "CreatedBy": "ana",
    "CreatedDate": "2026-11-20", "Purpose": "jobs", "PromotionStatus": "dev-only",
}
for is_comma, words in itertools.groupby(sys.argv[2:], lambda word: word == ","):
    if is_comma:
        continue
    environment, name, *changes = words
    account, value = {"dev": ("111111111111", "development"), "prod": ("222222222222", "production")}[environment]
    tags = COMMON | {"Environment": value}
    for word in changes:
        key, _, value = word.partition("=")
        if word.startswith("-"):
            tags.pop(word[1:])
        else:
            tags[key] = value
    properties = {"LogGroupName": name, "RetentionInDays": 30}
    if tags:
        properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
    scope = f"{account}/20261120/us-east-1/cloudcontrolapi/aws4_request"
    body = {"TypeName": "AWS::Logs::LogGroup", "DesiredState": json.dumps(properties)}
    request = urllib.request.Request(sys.argv[1], json.dumps(body).encode(), {
        "X-Amz-Target": "CloudApiService.CreateResource",
        "Content-Type": "application/x-amz-json-1.0",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
    })
    urllib.request.urlopen(request).read()
END
    sleep 0.2
}

# Reads the log group jobs-dev for a plan.
read_group() {
    command stagegate update AWS::Logs::LogGroup jobs-dev --env dev --set RetentionInDays=90 --plan-only "$@"
}

# Writes a template of a log group, with or without a name.
group_template() {
    printf 'Type: AWS::Logs::LogGroup\nProperties: {%s}\n' "${1:+LogGroupName: $1, }RetentionInDays: 30" >group.yaml
}

# Puts a proxy in front of the endpoint: `proxy OPERATION close` drops the connection of an operation, `proxy OPERATION JSON`
# answers it, and `proxy OPERATION s/OLD/NEW/` changes its answer. `*` stands for all operations.
proxy() {
    "$PYTHON" - "$AWS_ENDPOINT_URL" "$@" >proxy 2>proxy.log <<'END' &
import http.server
import sys
import urllib.error
import urllib.request

endpoint, operation, answer = sys.argv[1:]


class Proxy(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        is_chosen = operation in ("*", self.headers.get("X-Amz-Target", "").rpartition(".")[2])
        if is_chosen and answer == "close":
            self.close_connection = True
            return
        status, content = 200, answer.encode()
        if not is_chosen or answer.startswith("s/"):
            headers = {key: value for key, value in self.headers.items() if key.lower() != "host"}
            request = urllib.request.Request(endpoint + self.path, body, headers)
            try:
                with urllib.request.urlopen(request) as response:
                    content = response.read()
            except urllib.error.HTTPError as error:
                status, content = error.code, error.read()
        if is_chosen and answer.startswith("s/"):
            _, old, new, _ = answer.split("/")
            content = content.replace(old.encode(), new.encode())
        self.send_response(status)
        self.send_header("Content-Type", self.headers.get("Content-Type", ""))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
END
    PROXY=$!
    trap 'kill $SERVER $PROXY' EXIT
    until [ -s proxy ]; do
        kill -0 $PROXY
        sleep 0.02
    done
    AWS_ENDPOINT_URL=$(cat proxy)
}

# Runs a command at a terminal and prints the screen: `at_terminal ACTIONS COMMAND...`, see tests/python/terminal.py.
at_terminal() {
    TERM=xterm "$PYTHON" "$ROOT/tests/python/terminal.py" "$@" |
        "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["screen"])'
}

# Writes a template of a function and its role, `api-dev`.
api_template() {
    cat >api.yaml <<'END'
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: api-dev
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]
  Api:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: api-dev
      Role: !GetAtt Role.Arn
      Runtime: python3.13
      Handler: index.main
      Code: {ZipFile: "def main(event, context): pass"}
END
}
