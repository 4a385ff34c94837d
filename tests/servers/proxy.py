"""A TCP proxy that breaks connections as networks do: after exactly so many bytes, all at once, or by silence."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections import Counter
from typing import Literal

Direction = Literal["to server", "to client"]
Break = Literal["reset", "end"]


class FaultProxy:
    """Passes everything on to a port of this machine until it is told otherwise. `passed` counts bytes by direction."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._cut: tuple[Direction, int] | None = None
        self._how: Break = "reset"
        self._frozen, self._breaking = threading.Event(), threading.Event()
        self._closed = False
        self.passed: Counter[str] = Counter()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._pumps: list[threading.Thread] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def cut(self, direction: Direction, after: int, how: Break = "reset") -> None:
        """Break connections once `after` bytes went in that direction, counted from now."""
        self._cut, self._how = (direction, after), how
        self.passed.clear()

    def mend(self) -> None:
        """Pass everything on again."""
        self._cut = None
        self.passed.clear()

    def freeze(self) -> None:
        """Say nothing any more, in either direction, and keep connections open: the other end is gone unnoticed."""
        self._frozen.set()

    def thaw(self) -> None:
        """Pass on what was held back."""
        self._frozen.clear()

    def reset(self) -> None:
        """Break every open connection."""
        self._breaking.set()
        self.settle()
        self._breaking.clear()

    def settle(self) -> None:
        """Wait until every connection has ended at both sides."""
        for pump in self._pumps:
            pump.join(5)
        self._pumps = [pump for pump in self._pumps if pump.is_alive()]

    def close(self) -> None:
        """End everything."""
        self._closed = True
        self._frozen.clear()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        self.reset()

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                _hang_up(client, "reset")
                continue
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pump = threading.Thread(target=self._pump, args=(client, server), daemon=True)
            self._pumps.append(pump)
            pump.start()

    def _pump(self, client: socket.socket, server: socket.socket) -> None:
        """Carry one connection. One thread for both directions: nobody else waits on a socket that is closed."""
        try:
            self._carry(client, server)
        except (OSError, ValueError):
            self._how_both(client, server, "reset")
        else:
            self._how_both(client, server, self._how)

    @staticmethod
    def _how_both(client: socket.socket, server: socket.socket, how: Break) -> None:
        _hang_up(client, how)
        _hang_up(server, how)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        ways: dict[socket.socket, tuple[socket.socket, Direction]] = {
            client: (server, "to server"),
            server: (client, "to client"),
        }
        open_ends = {client, server}
        while open_ends:
            if self._breaking.is_set():
                raise OSError
            if self._frozen.is_set():
                time.sleep(0.005)
                continue
            for source in select.select(list(open_ends), [], [], 0.02)[0]:
                target, direction = ways[source]
                data = source.recv(65_536)
                if not data:
                    open_ends.discard(source)
                    target.shutdown(socket.SHUT_WR)
                    continue
                if self._pass_on(data, target, direction):
                    return

    def _pass_on(self, data: bytes, target: socket.socket, direction: Direction) -> bool:
        """Send what may pass; True when the connection breaks here."""
        cut = self._cut
        if cut is not None and cut[0] == direction and self.passed[direction] + len(data) >= cut[1]:
            target.sendall(data[: max(0, cut[1] - self.passed[direction])])
            self.passed[direction] = cut[1]
            time.sleep(0.002)  # a reset overtakes what was sent right before it
            return True
        self.passed[direction] += len(data)
        target.sendall(data)
        return False


def _hang_up(end: socket.socket, how: Break) -> None:
    with contextlib.suppress(OSError):
        if how == "reset":
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            end.shutdown(socket.SHUT_RDWR)
    end.close()
