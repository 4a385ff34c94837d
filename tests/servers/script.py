"""A server that says exactly what a test wrote down: for answers that no real server can be talked into.

    ScriptedServer("* OK hello", {"LOGIN": ["TAG OK in"], "UID FETCH": ["* 1 FETCH (UID 9 BODY[] NIL)", "TAG OK done"]})

Each command is answered by the lines of the longest key that it begins with; TAG is its tag (of a line
without one, such as DONE, the tag before). A line may also be bytes
(sent as they are), a number (seconds of silence) or END (hang up). A key's value may be a list of such answers: they
are given in turn, the last one for good.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any

END = None
Line = str | bytes | float | None
Answer = Sequence[Line]


class ScriptedServer:
    """One listener, any number of connections, one after another or at once. `commands` is what clients said."""

    def __init__(self, greeting: str, script: Mapping[str, Any], otherwise: Answer = ()) -> None:
        self.commands: list[str] = []
        self.connections = 0
        self._greeting, self._otherwise = greeting, otherwise
        self._script = {key: _in_turn(answers) for key, answers in script.items()}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port = int(self._listener.getsockname()[1])
        self._ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connected)
            self._threads.append(threading.Thread(target=self._serve, args=(connected,), daemon=True))
            self._threads[-1].start()

    def _serve(self, connected: socket.socket) -> None:
        with contextlib.suppress(OSError), connected, connected.makefile("rb") as lines:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not self._say(connected, [self._greeting], ""):
                return
            tag = ""
            for line in lines:
                first, _, command = line.decode("utf-8", "replace").strip().partition(" ")
                tag = first if command else tag  # a word by itself goes on with the command before
                self.commands.append(command or first)
                if not self._say(connected, self._answer(command or first), tag):
                    return
        self._open.discard(connected)

    def _answer(self, command: str) -> Answer:
        keys = [key for key in self._script if command.upper().startswith(key)]
        if not keys:
            return self._otherwise
        turns = self._script[max(keys, key=len)]
        return turns.pop(0) if len(turns) > 1 else turns[0]

    def _say(self, connected: socket.socket, answer: Answer, tag: str) -> bool:
        for line in answer:
            if line is END:
                connected.shutdown(socket.SHUT_RDWR)
                return False
            if isinstance(line, (int, float)):
                self._ending.wait(line)
            else:
                data = line if isinstance(line, bytes) else line.replace("TAG", tag).encode() + b"\r\n"
                connected.sendall(data)
        return True

    def close(self) -> None:
        """End it."""
        self._ending.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connected in list(self._open):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def _in_turn(answers: Sequence[Any]) -> list[Answer]:
    several = bool(answers) and all(isinstance(answer, (list, tuple)) for answer in answers)
    return list(answers) if several else [answers]
