"""What a supervisor is told (systemd's sd_notify protocol): that we are ready, alive, at what, and about to end.

One datagram each to the socket that the supervisor names; whoever has none gets none. Nothing here may fail or block
the work: a supervisor that does not listen is its own matter.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress

ALIVE_EVERY = 1.0  # seconds between two signs of life at least: slices of work may come to their end 50 times a second
MAX_STATUS = 200  # characters of the status line


class Supervisor:
    """Tells the supervisor at `address` (`$NOTIFY_SOCKET`; "" for none) how things stand."""

    def __init__(self, address: str = "") -> None:
        # An "@" stands for the zero byte of a socket without a file (unix(7)).
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._alive = float("-inf")
        self._status = ""
        self._ready = False

    def ready(self) -> None:
        """Say, once, that the first turn came to its end: from now on we are at work."""
        if not self._ready:
            self._ready = True
            self._tell("READY=1")

    def alive(self, *, now: bool = False) -> None:
        """Say that work gets on, but not every moment unless `now`; before `ready` also that the start may last."""
        moment = time.monotonic()
        if now or moment - self._alive >= ALIVE_EVERY:
            self._alive = moment
            self._tell("WATCHDOG=1" if self._ready else "WATCHDOG=1\nEXTEND_TIMEOUT_USEC=300000000")

    def status(self, text: str) -> None:
        """Say in one line what we are at, if that has changed."""
        line = " ".join(text.split())[:MAX_STATUS]
        if line != self._status:
            self._status = line
            self._tell(f"STATUS={line}")

    def stopping(self) -> None:
        """Say that we are about to end."""
        self._tell("STOPPING=1")

    def _tell(self, what: str) -> None:
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
            out.setblocking(False)
            out.sendto(what.encode(), self._address)
