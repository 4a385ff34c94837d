"""One signed-in IMAP connection that is dead after its first error.

Knows how to reach a server, to sign in and to select a folder, and turns whatever goes wrong into what we do next. It
never reads a message. After a time-out or an answer that breaks the protocol nobody knows whose answer comes next, so
the connection is dropped and TryLater raised (RFC 9051 section 5.5 leaves no other way to find the place again).
"""

from __future__ import annotations

import imaplib
import logging
import os
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from mailbot.errors import GiveUp, MailbotError, TryLater
from mailbot.wire import MailboxSettings, TokenSource, hurry, lost, tls_context, xoauth2

LOGOUT_SECONDS = 2.0
"""How long a farewell may take: it is a courtesy, and a stop must not wait for a server that is frozen."""

EXCHANGE = 20
"""How many time-outs one exchange may last in all: 20 minutes by default, in which 25 MB come at 21 KB/s. A time-out
counts silence only, so a server that hands out an octet now and then would never be given up."""

PASSING_CODES = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "THROTTLED", "OVERQUOTA"})
"""Response codes of a refusal that may pass by itself (RFC 5530 section 3; THROTTLED is Microsoft's)."""

PASSING_WORDS = ("too many", "temporar", "try again", "unavailable", "not connected", "server busy")
"""The same from servers that give no code: Gmail's "Too many simultaneous connections", Microsoft's "User is
authenticated but not connected"."""

_CODE = re.compile(r"\[([A-Z0-9-]+)[^\]]*\]")


class Refusal(imaplib.IMAP4.error):
    """The server answered NO to one command; the connection is as good as before."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    @property
    def passing(self) -> bool:
        """Whether the same command may be answered otherwise later."""
        return is_passing(self.text)


class Client(IMAPClient):  # type: ignore[misc] # it comes without types
    """IMAPClient, with answers told apart that it raises as one, and without a trace of mail in any log."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._imap.debug = 0  # at IMAPClient's level every line of every mail would be formatted for a debug log

    def _check_resp(self, expected: str, command: str, typ: str, data: list[Any]) -> None:
        if typ == "NO":
            raise Refusal(readable(data[0]))
        super()._check_resp(expected, command, typ, data)

    def idle(self) -> list[bytes]:
        """Enter IDLE and return what the server said before its "+"; it may tell of news first (RFC 2177)."""
        tag = self._idle_tag = self._imap._command("IDLE")
        early: list[bytes] = []
        while (line := self._imap._get_response()) is not None:
            if self._imap.tagged_commands[tag]:
                raise Refusal(readable(line))
            early.append(line)
        return early

    def cut(self) -> None:
        """End the connection from another thread; whoever reads from it meets its end (also below TLS)."""
        with suppress(OSError), socket.socket(fileno=os.dup(self.socket().fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)

    def readable(self, seconds: float) -> bool:
        """Wait for the server to say something; also what was read along with an earlier answer counts."""
        connected = self.socket()
        connected.settimeout(0)
        try:
            lines = getattr(self._imap, "_file", None) or self._imap.file
            if lines.peek(1):
                return True
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        finally:
            self._set_read_timeout()
        poll = select.poll()
        poll.register(connected.fileno(), select.POLLIN)
        return bool(poll.poll(seconds * 1000))


@dataclass(frozen=True, slots=True)
class Selected:
    """What a server says of a folder that was selected; `uidnext` and `exists` are None where it does not say."""

    uidvalidity: int
    uidnext: int | None
    exists: int | None
    permanent_flags: tuple[str, ...]


class Connection:
    """One connection, one thread. `folder` is what is selected now, "" for nothing; `writable` whether for writing."""

    def __init__(self, settings: MailboxSettings, tokens: TokenSource | None) -> None:
        self._settings, self._tokens = settings, tokens
        self._client: Client | None = None
        self.server = f"{settings.host}:{settings.port}"
        self.folder, self.writable = "", False

    @property
    def is_open(self) -> bool:
        """Whether there is a connection that has not failed yet."""
        return self._client is not None

    def connect(self) -> None:
        """Connect and sign in; raises TryLater or GiveUp."""
        logging.getLogger("imapclient").setLevel(logging.WARNING)  # its DEBUG writes whole mails
        self.close()
        settings = self._settings
        context = tls_context(settings.ca) if settings.security != "none" else None
        try:
            client = Client(
                settings.host, settings.port, ssl=settings.security == "tls", ssl_context=context,
                timeout=settings.timeout,
            )  # fmt: skip
        except Exception as error:  # noqa: BLE001 -- what greets us may be no IMAP server at all
            raise lost(self.server, error) from None
        self._client = client
        try:
            with self.guarded():
                hurry(client.socket())
                if settings.security == "starttls":
                    self._start_tls(client, context)
                self._sign_in(client)
        except MailbotError:
            self._drop()  # half a connection is none
            raise

    @contextmanager
    def guarded(self, waiting: float = 0.0) -> Iterator[Client]:
        """Lend the client; whatever fails meanwhile drops the connection and becomes TryLater or GiveUp.

        A Refusal that nobody inside caught is no failure of the connection: it becomes TryLater or GiveUp by its words.
        `waiting` is how many seconds of it are meant to be silent.
        """
        if self._client is None:
            raise TryLater(f"there is no connection to {self.server}")
        try:
            with self._bounded(self._client, waiting):
                yield self._client
        except Refusal as error:
            kind = TryLater if error.passing else GiveUp
            raise kind(f"{self.server} refuses: {error.text}") from None
        except MailbotError:
            raise
        except Exception as error:
            self._drop()
            raise lost(self.server, error) from error

    @contextmanager
    def _bounded(self, client: Client, waiting: float) -> Iterator[None]:
        """Cut the connection beside a thread that reads from it, if one exchange goes on for ever."""
        late = threading.Event()

        def cut() -> None:
            late.set()
            client.cut()

        timer = threading.Timer(EXCHANGE * self._settings.timeout + waiting, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception:
            if late.is_set():
                self._drop()
                raise TryLater(f"{self.server} is too slow: an answer went on without an end") from None
            raise
        finally:
            timer.cancel()

    def _start_tls(self, client: Client, context: ssl.SSLContext | None) -> None:
        if not client.has_capability("STARTTLS"):
            raise GiveUp(f"{self.server} does not offer STARTTLS; nothing is sent in clear")
        client.starttls(context)

    def _sign_in(self, client: Client) -> None:
        settings = self._settings
        if client._imap.state == "AUTH":
            return  # the server knew us already (PREAUTH, RFC 9051 section 7.1.4)
        if not settings.user:
            raise GiveUp(f"{self.server} wants a sign-in, but no user is set")
        if self._tokens is not None:
            try:
                self._authenticate(client, "XOAUTH2", xoauth2(settings.user, self._tokens.token()))
            except GiveUp:  # a token can end before its time: once more with a fresh one
                self._tokens.forget()
                self._authenticate(client, "XOAUTH2", xoauth2(settings.user, self._tokens.token()))
            return
        password = settings.password.reveal() if settings.password is not None else ""
        if client.has_capability("AUTH=PLAIN"):
            self._authenticate(client, "PLAIN", f"\0{settings.user}\0{password}")
        elif client.has_capability("LOGINDISABLED"):
            raise GiveUp(f"{self.server} takes no password over this connection; set security to tls or starttls")
        else:
            quoted = settings.user.replace("\\", "\\\\").replace('"', '\\"')
            self._asked(lambda: client.login(f'"{quoted}"', password))

    def _authenticate(self, client: Client, mechanism: str, first: str) -> None:
        """Run a mechanism of one step. A second challenge is the reason of a refusal, and wants an empty answer."""
        answers = iter([first])
        self._asked(lambda: client.sasl_login(mechanism, lambda challenge: next(answers, "")))

    def _asked(self, sign_in: Callable[[], object]) -> None:
        try:
            sign_in()
        except LoginError as error:
            cause = error.__context__
            if isinstance(cause, imaplib.IMAP4.abort):
                raise cause from None  # the connection broke: that says nothing about the password
            text = readable(cause.args[0] if cause and cause.args else error)
            if is_passing(text) or "command error: BAD" in text:
                raise TryLater(f"{self.server} lets nobody sign in now: {text}") from None
            raise GiveUp(f"{self.server} refuses the sign-in of {self._settings.user}: {text}") from None

    def select(self, folder: str, *, writable: bool = False) -> Selected:
        """Select a folder, without `writable` so that nothing in it can change (EXAMINE); raises TryLater or GiveUp."""
        self.folder = ""
        with self.guarded() as client:
            try:
                answer = client.select_folder(folder, readonly=not writable)
            except Refusal as error:
                if error.passing:
                    raise
                raise GiveUp(f"{self.server} does not open the folder {folder}: {error.text}") from None
            uidvalidity = answer.get(b"UIDVALIDITY")
            if not isinstance(uidvalidity, int):
                raise GiveUp(f"{self.server} gives no UIDVALIDITY for {folder}; messages can't be told apart there")
        self.folder, self.writable = folder, writable
        return Selected(
            uidvalidity, answer.get(b"UIDNEXT"), answer.get(b"EXISTS"),
            tuple(readable(flag) for flag in answer.get(b"PERMANENTFLAGS", ())),
        )  # fmt: skip

    def _drop(self) -> None:
        """Let go without a farewell."""
        client, self._client, self.folder = self._client, None, ""
        if client is not None:
            with suppress(Exception):
                client.shutdown()

    def close(self) -> None:
        """Say goodbye, briefly; never raises."""
        client = self._client
        if client is not None:
            with suppress(Exception):
                client.socket().settimeout(LOGOUT_SECONDS)
                client.logout()
        self._drop()


def readable(text: object) -> str:
    """Return what a server said as one printable line."""
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return "".join(c if c.isprintable() else " " for c in line).strip()[:500]


def is_passing(text: str) -> bool:
    """Say whether a refusal may pass by itself."""
    code = _CODE.search(text.upper())
    return (code is not None and code[1] in PASSING_CODES) or any(word in text.lower() for word in PASSING_WORDS)
