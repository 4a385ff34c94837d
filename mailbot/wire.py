"""What the wires have in common: the two faces that the work is built on, and what every connection must mind.

`MailSource` is where messages come from and `MailSink` where they go; a server and a folder of files offer the same
face. Nothing here opens a connection, and no wire ever reads the clock on the wall: waits and time-outs run on the
monotonic clock, everything else is told.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mailbot.addresses import ascii_form
from mailbot.errors import GiveUp, MailbotError, TryLater

MAX_ADDRESS = 320
"""Octets of an envelope address: 64 for the local part, @, 255 for the domain (RFC 5321 section 4.5.3.1)."""

_LOCAL = r"""[^\x00-\x20\x7f-\x9f<>()\[\]\\,;:@"]+|"(?:[^\x00-\x1f\x7f-\x9f"\\]|\\[\x20-\x7e])*\""""
_DOMAIN = r"""[^\x00-\x20\x7f-\x9f<>()\[\]\\,;:@"]+|\[[0-9A-Za-z.:]+\]"""
_ADDRESS = re.compile(rf"(?:{_LOCAL})@(?:{_DOMAIN})")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as it lay in a mailbox; (folder, uidvalidity, uid) never means another one (RFC 9051 2.3.1.1).

    `size` is what the mailbox says in bytes; `raw` is the whole message, or with `truncated` only (the beginning of)
    its header, where it was over the size limit or could not be had otherwise.
    """

    folder: str
    uidvalidity: int
    uid: int
    size: int
    raw: bytes
    truncated: bool = False


class MailSource(Protocol):
    """A mailbox that is read. Every method may raise TryLater, after which `open` starts anew, or GiveUp."""

    def open(self) -> int:
        """Connect if that is needed and return the mailbox's UIDVALIDITY."""

    def fetch_new(self, known: AbstractSet[int], chunk: int = 100) -> Iterator[list[Fetched]]:
        """Yield the messages whose UIDs are not known, in UID order, at most `chunk` in a list."""

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something may be new (True), `seconds` have passed, or `stop` is set."""

    def leave(self, uids: Sequence[int]) -> None:
        """Do with messages that are recorded what the configuration says: nothing, a flag, another folder."""

    def find_sent(self, header: str, value: str) -> bool | None:
        """Say whether a sent message has this header with this value; None where there is no telling."""

    def probe(self) -> dict[str, Any]:
        """Say what is found there, for a person who sets mailbot up."""

    def close(self) -> None:
        """Let go; never raises."""


class MailSink(Protocol):
    """The way out: one message at a time, in two steps, so that a note can be made right before the final dot."""

    def open(self) -> None:
        """Connect if that is needed; raises TryLater or GiveUp."""

    def offer(self, sender: str, recipients: Sequence[str], data: bytes, envelope_id: str) -> None:
        """Hand everything over but the final dot; raises TryLater or GiveUp, and then nothing was accepted."""

    def finish(self) -> str:
        """Send the dot and return the answer that accepted the message; raises TryLater, GiveUp (both: it was not
        accepted) or InDoubt (nobody knows)."""

    def probe(self) -> dict[str, Any]:
        """Say what is found there, for a person who sets mailbot up."""

    def close(self) -> None:
        """Let go; never raises."""


class Hidden(Protocol):
    """A secret that shows itself only when asked."""

    def reveal(self) -> str:
        """Return the secret."""


class OAuth2Settings(Protocol):
    """What it takes to get an access token (RFC 6749)."""

    @property
    def provider(self) -> str: ...
    @property
    def tenant(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def client_secret(self) -> Hidden | None: ...
    @property
    def refresh_token(self) -> Hidden | None: ...
    @property
    def token_url(self) -> str: ...
    @property
    def scope(self) -> str: ...


class ServerSettings(Protocol):
    """What it takes to reach a server. `security` is tls, starttls or none; `timeout` is in seconds."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def security(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> Hidden | None: ...
    @property
    def oauth2(self) -> OAuth2Settings | None: ...
    @property
    def ca(self) -> Path | None: ...
    @property
    def timeout(self) -> float: ...


class MailboxSettings(ServerSettings, Protocol):
    """What it takes to read a mailbox on a server."""

    @property
    def folder(self) -> str: ...
    @property
    def sent_folder(self) -> str: ...
    @property
    def leave(self) -> str: ...
    @property
    def max_bytes(self) -> int: ...


class SmtpSettings(ServerSettings, Protocol):
    """What it takes to send through a server."""

    @property
    def helo(self) -> str: ...


class FolderSettings(Protocol):
    """What it takes to read a folder of messages."""

    @property
    def maildir(self) -> Path | None: ...
    @property
    def leave(self) -> str: ...
    @property
    def max_bytes(self) -> int: ...


class Outgoing(Protocol):
    """What it takes to write messages into a folder."""

    @property
    def maildir(self) -> Path | None: ...


class TokenSource(Protocol):
    """Where a wire gets its access token from."""

    def token(self) -> str:
        """Return a token that is valid now; raises TryLater or GiveUp."""

    def forget(self) -> None:
        """Drop what is cached, since a server refused it."""


def tls_context(ca: Path | None) -> ssl.SSLContext:
    """Return a context that checks certificate and name against the system's trust, and `ca` beside it."""
    context = ssl.create_default_context()
    if ca is not None:
        try:
            context.load_verify_locations(cafile=ca)
        except OSError as error:
            raise GiveUp(f"the certificates in {ca} can't be read: {error.strerror or error}") from None
    return context


def lost(server: str, error: BaseException) -> MailbotError:
    """Return what to do after a connection failed: TryLater, or GiveUp where only a person can mend it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return GiveUp(f"{server} has a certificate that can't be trusted: {error.verify_message}")
    if isinstance(error, TimeoutError):
        return TryLater(f"{server} did not answer in time")
    if isinstance(error, socket.gaierror):
        return TryLater(f"the name {server} can't be resolved: {error.strerror}")
    if isinstance(error, ConnectionRefusedError):
        return TryLater(f"{server} does not accept connections")
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return TryLater(f"{server}: {told or type(error).__name__}")


def hurry(connected: socket.socket) -> None:
    """Set what every connection needs: small writes leave at once (1.8 ms a dot in place of 42), dead peers show."""
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def envelope_address(address: str) -> str:
    """Return an address as an envelope carries it, its domain in ASCII; raises GiveUp where it could be anything else.

    Nothing that could end the address or the line passes: control characters, spaces, angle brackets.
    """
    text = ascii_form(address)
    if len(text.encode("utf-8", "replace")) > MAX_ADDRESS or not _ADDRESS.fullmatch(text):
        raise GiveUp(f"{address[:MAX_ADDRESS]!r} is no address that mail can be sent to", code=553)
    return text


def xoauth2(user: str, token: str) -> str:
    """Return the first answer of the XOAUTH2 mechanism, as Google and Microsoft define it."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"
