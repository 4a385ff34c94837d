"""The connection below an SMTP session: smtplib's, with a reader that believes only whole replies.

smtplib takes "25" for a code when the rest of "250" was cut off, and gives the same exception for everything. Here a
reply is what RFC 5321 section 4.2 says it is, or an error. It never decides what a reply means for a message.
"""

from __future__ import annotations

import math
import re
import smtplib
import socket
import ssl
import time
from dataclasses import dataclass

from mailbot.wire import hurry

MAX_LINE = 4096
"""Octets of a reply line: 512 by RFC 5321 section 4.5.3.1.5, and some more for those who do not count."""

MAX_LINES = 256
"""Lines of one reply."""

REPLY = 2
"""How many time-outs one reply may last in all: a time-out counts silence only, and a server may drip."""

_REPLY = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})\b")


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's reply: its code, its text in one printable line, its enhanced status code (RFC 3463) or ""."""

    code: int
    text: str
    status: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()

    @property
    def is_refusal(self) -> bool:
        """Whether it says no, for now (4xx) or for good (5xx)."""
        return 400 <= self.code <= 599


class Unreadable(OSError):
    """The server said something that is no reply here; nobody knows whose answer comes next."""


class Connection(smtplib.SMTP):
    """smtplib's connection and EHLO. Every failure is an OSError (smtplib's own are too)."""

    def __init__(self, host: str, timeout: float, context: ssl.SSLContext | None) -> None:
        self._context, self._buffer = context, b""
        self._codes: list[int] = []
        self._texts: list[bytes] = []
        self._end = math.inf  # when the reply that is being read must be whole, on the monotonic clock
        super().__init__(timeout=timeout, local_hostname="localhost")
        self.host = host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected = socket.create_connection((host, port), timeout)
        hurry(connected)
        return self._context.wrap_socket(connected, server_hostname=host) if self._context else connected

    def getreply(self) -> tuple[int, bytes]:
        """Read one reply, going on where a time-out interrupted; raises OSError for whatever is none."""
        self._end = time.monotonic() + REPLY * (self.connected.gettimeout() or 0.0)
        while len(self._texts) < MAX_LINES:
            line = self._line()
            match = _REPLY.fullmatch(line)
            if match is None:
                raise Unreadable(f"it said {line[:80]!r}, which is no reply")
            self._codes.append(int(match[1]))
            self._texts.append(match[3] or b"")
            if match[2] != b"-":
                codes, texts, self._codes, self._texts = self._codes, self._texts, [], []
                if len(set(codes)) > 1:
                    raise Unreadable(f"it said {' and '.join(map(str, codes))} in one reply")
                return codes[-1], b"\n".join(texts)
        raise Unreadable(f"its reply has more than {MAX_LINES} lines")

    def _line(self) -> bytes:
        """Return one line without its end; a line that was cut short is none."""
        while b"\n" not in self._buffer[: MAX_LINE + 1]:
            if len(self._buffer) > MAX_LINE:
                raise Unreadable("its reply has no end")
            if time.monotonic() > self._end:
                raise TimeoutError("its reply goes on without an end")
            received = self.connected.recv(65_536)
            if not received:
                raise ConnectionResetError("it closed the connection")
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.rstrip(b"\r")

    def reply(self) -> Reply:
        """Read one reply."""
        code, text = self.getreply()
        return make_reply(code, text)

    def command(self, verb: str, rest: str = "") -> Reply:
        """Send one command and return its reply. A refusal that came unasked before it is read in its place."""
        if self.spoke():
            reply = self.reply()
            if not reply.is_refusal:
                raise Unreadable(f"it said {reply} without being asked")
            return reply
        self.putcmd(verb, rest)
        return self.reply()

    def spoke(self) -> bool:
        """Say whether the server said something that nobody asked for, or hung up."""
        if self._buffer:
            return True
        connected = self.connected
        timeout = connected.gettimeout()
        connected.settimeout(0)  # for TLS only a read shows whether what came is an answer or its own housekeeping
        try:
            self._buffer = connected.recv(65_536)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        finally:
            connected.settimeout(timeout)
        return True

    def turn_to_tls(self, context: ssl.SSLContext) -> Reply:
        """Turn to TLS and return the server's reply, 220 if it did; smtplib's own would believe what comes before it.

        What was said in clear beside the reply could be anybody's (RFC 3207 section 6) and ends all trust.
        """
        reply = self.command("STARTTLS")
        if reply.code == 220:
            if self._buffer:
                raise Unreadable("it mixed clear text into the turn to TLS")
            self.sock = context.wrap_socket(self.connected, server_hostname=self.host)
            self.ehlo_resp = self.helo_resp = None
            self.esmtp_features, self.does_esmtp = {}, False
        return reply

    @property
    def connected(self) -> socket.socket:
        """The socket; raises OSError where there is none any more."""
        if self.sock is None:
            raise ConnectionResetError("the connection is closed")
        return self.sock

    def own_address(self) -> str:
        """Return this end's address as EHLO wants it where there is no name to trust (RFC 5321 section 4.1.4)."""
        address = self.connected.getsockname()[0]
        return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def make_reply(code: int, text: bytes | str) -> Reply:
    """Return a reply from what smtplib hands out."""
    told = text if isinstance(text, str) else text.decode("utf-8", "replace")
    line = "".join(c if c.isprintable() else " " for c in told.replace("\n", " / ")).strip()
    match = _STATUS.match(line)
    return Reply(code, line[:500], match[1] if match else "")
