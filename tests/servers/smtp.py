"""An SMTP receiver that keeps what it accepted and can be told to misbehave at every step.

    server.fault("RCPT", reply="451 4.7.1 greylisted")
    server.fault("DOT", store=True, then="reset")        # accepted, and nobody is told
    server.fault("DOT", raw=b"25", then="end")           # a reply cut short
    server.fault("MAIL", stall=60)                       # silence

Stages: CONNECT EHLO STARTTLS AUTH MAIL RCPT DATA TEXT DOT RSET QUIT. A fault serves once (or `times`).
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Literal

from tests.servers.local import Certificate, wait_for

Then = Literal["", "reset", "end"]
EXTENSIONS = ("8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES", "SIZE 10485760")


@dataclass(frozen=True, slots=True)
class Delivered:
    """One message that was accepted: envelope, parameters of MAIL and of each RCPT, and the text as it came."""

    sender: str
    recipients: tuple[str, ...]
    mail_parameters: tuple[str, ...]
    rcpt_parameters: tuple[tuple[str, ...], ...]
    data: bytes
    user: str
    tls: bool
    hello: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What a stage does in place of its duty; see the module's examples."""

    reply: str = ""
    raw: bytes = b""
    store: bool = False
    then: Then = ""
    stall: float = 0.0


@dataclass
class SmtpServer:
    """The receiver: settings first, then what it saw. `users` are name → password, `tokens` token → user."""

    users: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    certificate: Certificate | None = None
    implicit_tls: bool = False
    extensions: tuple[str, ...] = EXTENSIONS
    mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN", "XOAUTH2")
    messages: list[Delivered] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    sessions: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._ending = threading.Event()
        self.start()

    def start(self) -> None:
        """Listen, again on the same port after a stop."""
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener, self._ending), daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Vanish: refuse connections and reset those that are open."""
        self._ending.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(5)
        for connected in list(self._open):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)
        self.settle()

    close = stop

    def settle(self) -> None:
        """Wait until every session has ended, so that `messages` is the whole truth."""
        for thread in self._threads:
            thread.join(5)
        self._threads = [thread for thread in self._threads if thread.is_alive()]

    def fault(
        self,
        stage: str,
        *,
        reply: str = "",
        raw: bytes = b"",
        store: bool = False,
        then: Then = "",
        stall: float = 0.0,
        times: int = 1,
    ) -> None:
        """Misbehave the next time (or times) that a stage is reached."""
        self._faults[stage].extend([Fault(reply, raw, store, then, stall)] * times)

    def wait_for(self, messages: int, seconds: float = 20.0) -> list[Delivered]:
        """Wait until so many messages were accepted, and return them."""
        wait_for(lambda: len(self.messages) >= messages, f"{messages} messages", seconds)
        return self.messages

    def next_fault(self, stage: str) -> Fault | None:
        """Take the next fault of a stage."""
        with contextlib.suppress(IndexError):
            return self._faults[stage].popleft()
        return None

    def pause(self, seconds: float) -> None:
        """Be silent, but not beyond the server's end."""
        self._ending.wait(seconds)

    def _accept(self, listener: socket.socket, ending: threading.Event) -> None:
        while not ending.is_set():
            try:
                connected, _ = listener.accept()
            except OSError:
                return
            self.sessions += 1
            thread = threading.Thread(target=self._serve, args=(connected,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connected: socket.socket) -> None:
        self._open.add(connected)
        session = _Session(self, connected)
        try:
            session.run()
        except (OSError, ssl.SSLError, _Over):
            pass
        finally:
            self._open.discard(connected)
            session.hang_up()


class _Over(Exception):
    """The session ends here."""


class _Session:
    def __init__(self, server: SmtpServer, connected: socket.socket) -> None:
        self.server, self.connected = server, connected
        self.buffer, self.hello, self.user = b"", "", ""
        self.tls = self.reset_at_end = False
        self.begin()

    def begin(self) -> None:
        self.sender: str | None = None
        self.mail: tuple[str, ...] = ()
        self.rcpts: list[tuple[str, tuple[str, ...]]] = []

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):
            if self.reset_at_end:
                self.connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif not self.tls:
                self.connected.shutdown(socket.SHUT_RDWR)
        self.connected.close()

    def say(self, reply: str) -> None:
        self.connected.sendall(reply.encode() + b"\r\n")

    def line(self) -> bytes:
        while b"\n" not in self.buffer:
            received = self.connected.recv(65_536)
            if not received:
                raise _Over
            self.buffer += received
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def misbehaves(self, stage: str, data: bytes = b"") -> bool:
        """Do what a fault says; True if the stage's own reply is not to be given."""
        fault = self.server.next_fault(stage)
        if fault is None:
            return False
        if fault.store:
            self.store(data)
        if fault.stall:
            self.server.pause(fault.stall)
        if fault.raw:
            self.connected.sendall(fault.raw)
        elif fault.reply:
            self.say(fault.reply)
        if fault.then:
            self.reset_at_end = fault.then == "reset"
            raise _Over
        return bool(fault.raw or fault.reply)

    def run(self) -> None:
        self.connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.server.implicit_tls:
            self.turn_to_tls()
        if not self.misbehaves("CONNECT"):
            self.say("220 receiver.example ESMTP")
        while True:
            line = self.line().decode("utf-8", "surrogateescape")
            verb, _, rest = line.partition(" ")
            self.server.commands.append(line)
            handler = getattr(self, f"do_{verb.lower()}", None)
            if handler is None:
                self.say("500 5.5.1 what?")
            elif verb.upper() == "DATA" or not self.misbehaves(verb.upper()):
                handler(rest)

    def turn_to_tls(self) -> None:
        assert self.server.certificate is not None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server.certificate.cert, self.server.certificate.key)
        self.connected = context.wrap_socket(self.connected, server_side=True)
        self.tls = True

    def do_ehlo(self, rest: str) -> None:
        self.hello = rest
        offers = list(self.server.extensions)
        if self.server.certificate and not self.tls:
            offers.append("STARTTLS")
        if self.server.users or self.server.tokens:
            offers.append(f"AUTH {' '.join(self.server.mechanisms)}")
        lines = ["receiver.example", *offers]
        for at, offer in enumerate(lines):
            self.say(f"250{' ' if at == len(lines) - 1 else '-'}{offer}")

    def do_helo(self, rest: str) -> None:
        self.hello = rest
        self.say("250 receiver.example")

    def do_starttls(self, rest: str) -> None:
        self.say("220 2.0.0 go ahead")
        self.turn_to_tls()
        self.begin()

    def do_auth(self, rest: str) -> None:
        mechanism, _, first = rest.partition(" ")
        if mechanism == "PLAIN":
            _, user, password = base64.b64decode(first).decode().split("\0")
            fine = user in self.server.users and self.server.users[user] == password
        elif mechanism == "LOGIN":
            user, password = self.ask("Username:"), self.ask("Password:")
            fine = user in self.server.users and self.server.users[user] == password
        else:
            parts = dict(part.split("=", 1) for part in base64.b64decode(first).decode().strip("\x01").split("\x01"))
            user, token = parts["user"], parts["auth"].removeprefix("Bearer ")
            fine = self.server.tokens.get(token) == user
            if not fine and self.ask('{"status":"401"}'):
                fine = False  # the client should have answered nothing
        self.user = user if fine else ""
        self.say("235 2.7.0 welcome" if fine else "535 5.7.8 authentication failed")

    def ask(self, challenge: str) -> str:
        self.say(f"334 {base64.b64encode(challenge.encode()).decode()}")
        return base64.b64decode(self.line()).decode()

    def do_mail(self, rest: str) -> None:
        if (self.server.users or self.server.tokens) and not self.user:
            self.say("530 5.7.0 authentication required")
            return
        address, *parameters = rest.removeprefix("FROM:").split(" ")
        self.begin()
        self.sender, self.mail = address.strip("<>"), tuple(parameters)
        self.say("250 2.1.0 fine")

    def do_rcpt(self, rest: str) -> None:
        address, *parameters = rest.removeprefix("TO:").split(" ")
        self.rcpts.append((address.strip("<>"), tuple(parameters)))
        self.say("250 2.1.5 fine")

    def do_data(self, rest: str) -> None:
        if self.sender is None or not self.rcpts:
            self.say("503 5.5.1 no envelope")
            return
        if self.misbehaves("DATA"):
            return
        self.say("354 go on")
        self.misbehaves("TEXT")
        lines: list[bytes] = []
        while (line := self.line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        data = b"".join(line + b"\r\n" for line in lines)
        if not self.misbehaves("DOT", data):
            self.store(data)
            self.say(f"250 2.0.0 queued as {len(self.server.messages)}")
        self.begin()

    def store(self, data: bytes) -> None:
        assert self.sender is not None
        self.server.messages.append(
            Delivered(
                self.sender, tuple(address for address, _ in self.rcpts), self.mail,
                tuple(parameters for _, parameters in self.rcpts), data, self.user, self.tls, self.hello,
            )
        )  # fmt: skip

    def do_rset(self, rest: str) -> None:
        self.begin()
        self.say("250 2.0.0 forgotten")

    def do_noop(self, rest: str) -> None:
        self.say("250 2.0.0 fine")

    def do_quit(self, rest: str) -> None:
        self.say("221 2.0.0 bye")
        raise _Over
