"""Stand-ins for what hands out AWS credentials, in front of another server: the IAM Identity Center portal, AWS Sign-In, the
credentials endpoint of containers, and AssumeRoleWithWebIdentity of STS. Everything else is passed on.

Each has one accepted secret (`valid`); the responses are those of the public API models. FOLDER/dpop.pem is a key as
`aws login` makes it.

usage: credential_providers.py PORT HOST:PORT ACCOUNT FOLDER
"""

import http.client
import http.server
import json
import pathlib
import sys
import time
import urllib.parse

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

PORT, TARGET, ACCOUNT = int(sys.argv[1]), sys.argv[2], sys.argv[3]
EXPIRY = time.time() + 3600
KEYS = {"accessKeyId": ACCOUNT, "secretAccessKey": "any", "sessionToken": "session"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json", **headers):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/federation/credentials":
            if self.headers.get("x-amz-sso_bearer_token") != "valid":
                error = {"message": "Session token not found or invalid"}
                return self.answer(401, error, x_amzn_errortype="UnauthorizedException")
            return self.answer(200, {"roleCredentials": {**KEYS, "expiration": int(EXPIRY * 1000)}})
        if path == "/container":
            if self.headers.get("authorization") != "valid":
                return self.answer(403, {"code": "AccessDenied", "message": "the token is not accepted"})
            expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EXPIRY))
            return self.answer(200, {"AccessKeyId": ACCOUNT, "SecretAccessKey": "any", "Token": "session", "Expiration": expiration})
        return self.answer(404, {"message": "not found"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path == "/v1/token":
            if json.loads(body).get("refreshToken") != "valid":
                error = {"error": "TOKEN_EXPIRED", "message": "The refresh token has expired"}
                return self.answer(401, error, x_amzn_errortype="AccessDeniedException")
            token = {"accessToken": KEYS, "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "valid"}
            return self.answer(200, token)
        form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            return self.web_identity(form)
        connection = http.client.HTTPConnection(TARGET)
        connection.request("POST", self.path, body, {name: value for name, value in self.headers.items() if name.lower() != "host"})
        response = connection.getresponse()
        data = response.read()
        self.answer(response.status, data, response.headers.get("content-type", "application/json"))

    def web_identity(self, form):
        namespace = "https://sts.amazonaws.com/doc/2011-06-15/"
        if form.get("WebIdentityToken") != "valid":
            error = (
                f'<ErrorResponse xmlns="{namespace}"><Error><Type>Sender</Type><Code>ExpiredTokenException</Code>'
                "<Message>Token expired: current date/time must be before the expiration date/time</Message></Error>"
                "<RequestId>1</RequestId></ErrorResponse>"
            )
            return self.answer(400, error.encode(), "text/xml")
        expiration = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(EXPIRY))
        answer = (
            f'<AssumeRoleWithWebIdentityResponse xmlns="{namespace}"><AssumeRoleWithWebIdentityResult><Credentials>'
            f"<AccessKeyId>{ACCOUNT}</AccessKeyId><SecretAccessKey>any</SecretAccessKey><SessionToken>session</SessionToken>"
            f"<Expiration>{expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
            "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"
        )
        self.answer(200, answer.encode(), "text/xml")


pathlib.Path(sys.argv[4], "dpop.pem").write_bytes(
    ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
)
http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
