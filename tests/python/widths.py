"""Runs commands with their output at terminals of several widths: widths.py BINARY COMMANDS WIDTHS

COMMANDS is a JSON list of {"arguments": [...], "messages": BOOLEAN, "once": BOOLEAN}, WIDTHS one of numbers. Prints a JSON list with, for each command, an
object of {"colored", "plain"} by width: the output with its escape sequences, and with NO_COLOR. Standard error is part of it if the
messages are wanted; otherwise it is left out: progress is there. What runs once has only "colored", in the colors of the environment.
"""

import fcntl
import json
import os
import struct
import subprocess
import sys
import termios


def output(command, columns, has_messages, environment):
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    errors = slave if has_messages else subprocess.PIPE
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=errors, env=environment)
    os.close(slave)
    data = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # The other side is closed.
            break
        if not piece:
            break
        data += piece
    said = "" if has_messages else child.stderr.read().decode()
    os.close(master)
    text = data.decode().replace("\r\n", "\n")
    expected = (4, 6, 64) if has_messages else (0, 2, 3)
    if not text or child.wait() not in expected:
        sys.exit(f"{command}: exit code {child.wait()}: {text}{said}")
    return text


binary, commands, widths = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
colored = {**os.environ, "TERM": "xterm-256color"}
found = []
for one in commands:
    command, has_messages = [binary, *one["arguments"]], one["messages"]
    at = {}
    if one.get("once"):  # It would have nothing to do a second time.
        found.append({str(columns): {"colored": output(command, columns, has_messages, colored)} for columns in widths})
        continue
    for columns in widths:
        at[str(columns)] = {
            "colored": output(command, columns, has_messages, colored),
            "plain": output(command, columns, has_messages, {**colored, "NO_COLOR": "1"}),
        }
    found.append(at)
print(json.dumps(found))
