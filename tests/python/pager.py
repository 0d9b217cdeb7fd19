"""A pager that an interrupt does not end, as `less`: it says when it is ready, when it is interrupted, and when it ends."""

import os
import signal
import sys


def say(text):
    os.write(1, text.encode() + b"\n")


signal.signal(signal.SIGINT, lambda *_: say("interrupted"))
sys.stdin.buffer.read()
terminal = os.open("/dev/tty", os.O_RDONLY)
say("pager is ready")
while os.read(terminal, 100) != b"q\n":
    pass
say("pager ends")
