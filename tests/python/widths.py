"""Runs commands with their output at terminals of several widths: widths.py BINARY COMMANDS WIDTHS

COMMANDS is a JSON list of argument lists, WIDTHS one of numbers. Prints a JSON list with, for each command, an object of the outputs
by width, with escape sequences, and "plain": that of the first width with NO_COLOR. Standard error is left out: progress is there.
"""

import fcntl
import json
import os
import struct
import subprocess
import sys
import termios


def output(command, columns, environment):
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.PIPE, env=environment)
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
    said = child.stderr.read().decode()
    os.close(master)
    text = data.decode().replace("\r\n", "\n")
    if not text or child.wait() not in (0, 2, 3):
        sys.exit(f"{command}: exit code {child.wait()}: {text}{said}")
    return text


binary, commands, widths = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
colored = {**os.environ, "TERM": "xterm-256color"}
found = []
for arguments in commands:
    command = [binary, *arguments]
    outputs = {str(columns): output(command, columns, colored) for columns in widths}
    outputs["plain"] = output(command, widths[0], {**colored, "NO_COLOR": "1"})
    found.append(outputs)
print(json.dumps(found))
