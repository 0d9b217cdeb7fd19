"""The official client of the Model Context Protocol: a client that is not stagegate's own.

    mcp_client.py MODE COMMAND ACTIONS

Starts the server COMMAND (a JSON list of words), does ACTIONS (a file with a JSON list) in one session and prints a JSON document with
their results, what the server said about itself, and what it wrote to stderr. MODE is that of the client: `auto` or `legacy`.

    {"do": "tools"}                                 the tools
    {"do": "call", "tool": T, "arguments": {...}}   the result of a call, with its progress
    {"do": "cancel", "tool": T, "arguments": {...}} a call that is canceled at its first progress;
                                                    with "at": TEXT, at the first with this text
    {"do": "read", "uri": U}                        the text of a resource
    {"do": "resources"}                             the resources
    {"do": "until", "stderr": TEXT}                 waits until the server has written a text to stderr

In arguments and URIs, $DIGEST is the digest of the last plan, and $URI the document of the last call.
"""

import json
import os
import sys
import tempfile

import anyio
from mcp import MCPError
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client


class Session:
    def __init__(self, client, errors):
        self.client = client
        self.errors = errors
        self.known = {"$DIGEST": "", "$URI": ""}

    def filled(self, value):
        text = json.dumps(value)
        for name, known in self.known.items():
            text = text.replace(name, known)
        return json.loads(text)

    async def do(self, action):
        return await getattr(self, action["do"])(action)

    async def tools(self, _):
        listed = await self.client.list_tools()
        return [tool.model_dump(by_alias=True, exclude_none=True) for tool in listed.tools]

    async def call(self, action):
        progress = []

        async def report(done, total, message):
            progress.append({"progress": done, "message": message})

        try:
            result = await self.client.call_tool(
                action["tool"], self.filled(action.get("arguments", {})), progress_callback=report
            )
        except MCPError as error:
            return {"protocol_error": error.error.message}
        answer = result.structured_content
        if answer.get("plan"):
            self.known["$DIGEST"] = answer["plan"]["digest"]
        if answer.get("document"):
            self.known["$URI"] = answer["document"]["uri"]
        content = [block.model_dump(by_alias=True, exclude_none=True, mode="json") for block in result.content]
        return {"is_error": result.is_error, "answer": answer, "content": content, "progress": progress}

    async def cancel(self, action):
        # Leaving the scope of a request makes the client cancel it.
        with anyio.CancelScope() as scope:

            async def report(done, total, message):
                if action.get("at", "") in (message or ""):
                    scope.cancel()

            await self.client.call_tool(
                action["tool"], self.filled(action.get("arguments", {})), progress_callback=report
            )
        return {"canceled": scope.cancelled_caught}

    async def read(self, action):
        try:
            read = await self.client.read_resource(self.filled(action["uri"]))
        except MCPError as error:
            return {"protocol_error": error.error.message}
        return [{"text": one.text, "type": one.mime_type} for one in read.contents]

    async def resources(self, _):
        listed = await self.client.list_resources()
        return [str(one.uri) for one in listed.resources]

    async def until(self, action):
        while action["stderr"] not in self.said():
            await anyio.sleep(0.02)
        return True

    def said(self):
        with open(self.errors, encoding="utf-8") as file:
            return file.read()


async def main(mode, command, actions):
    with tempfile.TemporaryDirectory() as folder:
        errors = os.path.join(folder, "stderr")
        with open(errors, "w", encoding="utf-8") as log:
            server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
            with anyio.fail_after(300):
                async with Client(stdio_client(server, errlog=log), mode=mode) as client:
                    session = Session(client, errors)
                    results = [await session.do(action) for action in actions]
                    about = {
                        "name": client.server_info.name if client.server_info else None,
                        "instructions": client.instructions,
                        "protocol": client.protocol_version,
                    }
        print(json.dumps({"results": results, "server": about, "stderr": session.said()}))


with open(sys.argv[3], encoding="utf-8") as wanted:
    anyio.run(main, sys.argv[1], json.loads(sys.argv[2]), json.load(wanted))
