"""Runs a command in a terminal of its own, and tells what its screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from dataclasses import dataclass, field

import pyte

LINES = 1000  # what scrolls off is lost


@dataclass
class Screen:
    """What a command left: its exit code, the lines of the screen, and every line that was there at some time."""

    code: int
    lines: list[str]
    seen: set[str] = field(default_factory=set)

    @property
    def text(self) -> str:
        """The screen as text."""
        return "\n".join(self.lines)


def run_in_terminal(
    arguments: list[str], width: int, environment: dict[str, str], interrupt_at: str = "", timeout: float = 240
) -> Screen:
    """Run `trainer <arguments>` in a terminal of a width; press Ctrl-C a second after a text is on the screen."""
    child, terminal = pty.fork()
    if child == 0:
        # Where tests run in the background SIGINT is ignored, and a child inherits that.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.execve(sys.executable, [sys.executable, "-m", "trainer", *arguments], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, width, 0, 0))
    screen = pyte.Screen(width, LINES)
    stream, seen, deadline = pyte.ByteStream(screen), set[str](), time.monotonic() + timeout
    waiting = select.poll()  # unlike select(), it takes descriptors above 1,023: an open engine has many
    waiting.register(terminal, select.POLLIN | select.POLLHUP)
    while time.monotonic() < deadline:
        if not waiting.poll(200):
            continue
        try:
            stream.feed(os.read(terminal, 65_536))
        except OSError:  # the child has ended
            break
        changed = ("".join(screen.buffer[line][column].data for column in range(width)) for line in screen.dirty)
        shown = {line.rstrip() for line in changed if line.strip()}
        screen.dirty.clear()
        seen |= shown
        if interrupt_at and any(interrupt_at in line for line in shown):
            time.sleep(1)
            os.write(terminal, b"\x03")
            interrupt_at = ""
    os.close(terminal)
    return Screen(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), [line.rstrip() for line in screen.display], seen)
