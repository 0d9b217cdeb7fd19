"""Runs a command at a pseudo-terminal: terminal.py ACTIONS COMMAND...

ACTIONS is a JSON list of [action, argument]:
  wait TEXT      read until the text appears after what was awaited before
  send TEXT      type the text
  resize COLUMNS change the width of the terminal

Prints {"code", "screen", "mode_restored", "cursor_hidden"} and fails if a text does not appear.
"""

import fcntl
import json
import os
import re
import select
import signal
import struct
import sys
import termios
import time

# Exceeded only if something hangs.
TIMEOUT = 120

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def resize(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))


def plain(data):
    return ESCAPES.sub("", data.decode("utf-8", "replace")).replace("\r\n", "\n")


class Terminal:
    def __init__(self, command):
        self.master, self.slave = os.openpty()
        resize(self.slave, 100)
        self.mode = termios.tcgetattr(self.slave)
        self.data = b""
        self.awaited = 0
        self.code = None
        self.deadline = time.monotonic() + TIMEOUT
        self.child = os.fork()
        if self.child == 0:
            os.setsid()
            fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
            for fd in (0, 1, 2):
                os.dup2(self.slave, fd)
            os.close(self.master)
            os.execvp(command[0], command)

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if ready:
            self.data += os.read(self.master, 65536)
        return bool(ready)

    def ended(self):
        if self.code is None:
            pid, status = os.waitpid(self.child, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def find(self, text):
        at = plain(self.data).find(text, self.awaited)
        if at >= 0:
            self.awaited = at + len(text)
        return at >= 0

    def wait(self, text):
        while not self.find(text):
            ended = self.ended()
            if not self.read(0.05) and ended and not self.find(text):
                return False
            if time.monotonic() > self.deadline:
                return False
        return True

    def finish(self):
        while not self.ended() or self.read(0):
            self.read(0.05)
            if time.monotonic() > self.deadline:
                os.kill(self.child, signal.SIGKILL)


def main():
    terminal = Terminal(sys.argv[2:])
    for action, argument in json.loads(sys.argv[1]):
        if action == "send":
            os.write(terminal.master, argument.encode())
        elif action == "resize":
            resize(terminal.slave, argument)
        elif not terminal.wait(argument):
            if not terminal.ended():
                os.kill(terminal.child, signal.SIGKILL)
            sys.exit(f"{argument!r} does not appear: {plain(terminal.data)}")
    terminal.finish()
    result = {
        "code": terminal.code,
        "screen": plain(terminal.data),
        "mode_restored": termios.tcgetattr(terminal.slave) == terminal.mode,
        "cursor_hidden": terminal.data.rfind(b"\x1b[?25l") > terminal.data.rfind(b"\x1b[?25h"),
    }
    print(json.dumps(result))


main()
