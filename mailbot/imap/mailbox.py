"""A mailbox on a server, behind the face that a folder of files has too.

Read without a trace: EXAMINE and BODY.PEEK, so nothing that people see changes; only `leave` writes, and only what the
configuration asks for. Between two calls everything may have changed: messages read, moved or deleted by people, the
connection gone, the UIDs given anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from mailbot.errors import GiveUp, MailbotError, TryLater
from mailbot.imap import sent
from mailbot.imap.connection import Connection, Refusal, Selected
from mailbot.imap.reading import LISTED, Reader, cut
from mailbot.log import warn
from mailbot.oauth import Tokens
from mailbot.wire import Fetched, MailboxSettings, TokenSource

IDLE_SECONDS = 290.0
"""How long one IDLE lasts: servers may end it after 30 minutes (RFC 2177), middle boxes forget a quiet connection after
five."""

STEP_SECONDS = 1.0
"""How often a wait looks whether it shall stop."""

KEYWORD = "$Registered"
"""The keyword that `leave = "flag"` sets on what is recorded."""


class ImapMailbox:
    """One folder over one connection, for one thread.

    After TryLater the connection may be gone; `open` makes a new one, and the next `fetch_new` looks at the whole
    folder again.
    """

    def __init__(
        self, settings: MailboxSettings, tokens: TokenSource | None = None, *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        if tokens is None and settings.oauth2 is not None:
            tokens = Tokens(settings.oauth2, ca=settings.ca, timeout=settings.timeout)
        self._settings, self._idle_seconds = settings, idle_seconds
        self._connection = Connection(settings, tokens)
        self._reader = Reader(self._connection, settings.folder, settings.max_bytes)
        self._uidvalidity: int | None = None
        self._uidnext: int | None = None
        self._exists: int | None = None
        self._can_idle = False
        self._warned = False

    def open(self) -> int:
        """Connect if there is no connection and return the folder's UIDVALIDITY; raises TryLater or GiveUp."""
        if self._connection.is_open and self._uidvalidity is not None:
            return self._uidvalidity
        self._connection.connect()
        try:
            with self._connection.guarded() as client:
                self._can_idle = client.has_capability("IDLE")
            selected = self._connection.select(self._settings.folder)
        except MailbotError:
            self._connection.close()
            raise
        if selected.uidvalidity == self._uidvalidity:
            self._reader.begin()
        else:
            self._reader.begin_anew()
        self._uidvalidity = selected.uidvalidity
        return selected.uidvalidity

    def _select(self, *, writable: bool = False) -> Selected:
        """Select the folder afresh, which also shows what changed; raises TryLater if its UIDs mean others now."""
        if self._uidvalidity is None or not self._connection.is_open:
            raise TryLater(f"there is no connection to {self._connection.server}")
        selected = self._connection.select(self._settings.folder, writable=writable)
        if selected.uidvalidity != self._uidvalidity:
            self._connection.close()
            raise TryLater(f"{self._settings.folder} on {self._connection.server} was made anew (UIDVALIDITY changed)")
        return selected

    def fetch_new(self, known: AbstractSet[int], chunk: int = 100) -> Iterator[list[Fetched]]:
        """Yield what lies in the folder and is not known, in UID order, at most `chunk` messages in a list.

        The first call on a connection looks at the whole folder, later ones only at what came since and at what an
        earlier one did not get. `leave` and `find_sent` may be called between two lists.
        """
        selected = self._select()
        self._uidnext, self._exists = selected.uidnext, selected.exists
        yield from self._reader.read(self._reader.look(selected, known), chunk, selected.uidvalidity)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something may be new (True), until `seconds` have passed, or until `stop` is set.

        The folder is looked at before and after, so False means that nothing came. Raises TryLater or GiveUp.
        """
        end = time.monotonic() + seconds
        news = self._grown(self._select())
        while not news and not stop.is_set() and (left := end - time.monotonic()) > 0:
            if self._can_idle:
                news = self._idle(min(left, self._idle_seconds), stop)
            else:
                _pause(left, stop)
            if not news and not stop.is_set():
                news = self._grown(self._select()) or bool(self._reader.unread)
        return news

    def _idle(self, seconds: float, stop: threading.Event) -> bool:
        with self._connection.guarded(seconds) as client:
            try:
                news = bool(client.idle())
            except Refusal:
                self._can_idle = False  # offered, but not meant: ask at intervals
                return False
            end = time.monotonic() + seconds
            while not news and not stop.is_set() and (left := end - time.monotonic()) > 0:
                if client.readable(min(left, STEP_SECONDS)):
                    break
            # Whatever made it readable (news, "still here", the end of the stream) is read by leaving, with a time-out.
            _, told = client.idle_done()
        return news or any(len(line) > 1 and line[1] in (b"EXISTS", b"RECENT") for line in told)

    def _grown(self, selected: Selected) -> bool:
        """Say whether something came since the last look, as far as the server lets us know."""
        if selected.uidnext is None or self._uidnext is None:
            return selected.exists is None or selected.exists != self._exists
        return selected.uidnext != self._uidnext

    def leave(self, uids: Sequence[int]) -> None:
        """Do with recorded messages what the configuration says: nothing, a keyword, another folder.

        By UID only, and only to these; what people moved or deleted meanwhile is no error.
        """
        how = self._settings.leave
        if how == "untouched" or not uids:
            return
        selected = self._select(writable=True)
        for some in cut(list(uids), LISTED):
            if how == "flag":
                self._flag(some, selected)
            else:
                self._move(some, how.removeprefix("move:"))

    def _flag(self, uids: Sequence[int], selected: Selected) -> None:
        allowed = {flag.lower() for flag in selected.permanent_flags}
        if allowed and "\\*" not in allowed and KEYWORD.lower() not in allowed:
            if not self._warned:  # the server would forget the keyword at the end of the session
                warn("keyword_not_kept", server=self._connection.server, folder=self._settings.folder, keyword=KEYWORD)
            self._warned = True
            return
        with self._connection.guarded() as client:
            client.add_flags(uids, [KEYWORD], silent=True)

    def _move(self, uids: Sequence[int], folder: str) -> None:
        with self._connection.guarded() as client:
            move = client.has_capability("MOVE")  # RFC 6851
            copy = client.move if move else client.copy
            try:
                copy(uids, folder)
            except Refusal as error:
                if error.passing or client.folder_exists(folder):
                    raise
                client.create_folder(folder)
                copy(uids, folder)
            if not move:
                client.delete_messages(uids, silent=True)
                if client.has_capability("UIDPLUS"):  # without it EXPUNGE would take what others marked as well
                    client.uid_expunge(uids)

    def find_sent(self, header: str, value: str) -> bool | None:
        """Say whether a sent message has this header with exactly this value; None if there is no Sent folder."""
        if not self._connection.is_open:
            self.open()
        folder = sent.sent_folder(self._connection, self._settings.sent_folder)
        return None if folder is None else sent.find(self._connection, folder, header, value)

    def probe(self) -> dict[str, Any]:
        """Connect and say what is there; raises TryLater or GiveUp if there is no signing in."""
        self._connection.connect()
        settings = self._settings
        with self._connection.guarded() as client:
            capabilities = sorted(word.decode("ascii", "replace") for word in client.capabilities())
            version = getattr(client.socket(), "version", lambda: None)()
            folders = [name for _, _, name in client.list_folders()]
        found: dict[str, Any] = {
            "server": self._connection.server, "tls": version, "capabilities": capabilities,
            "idle": "IDLE" in capabilities, "move": "MOVE" in capabilities, "folder": settings.folder,
            "folder_exists": True, "messages": None, "folders": folders,
            "sent_folder": sent.sent_folder(self._connection, settings.sent_folder),
        }  # fmt: skip
        try:
            found["messages"] = self._connection.select(settings.folder).exists
        except GiveUp:
            found["folder_exists"] = False
        if settings.leave.startswith("move:"):
            found["move_to_exists"] = settings.leave.removeprefix("move:") in folders
        self.close()
        return found

    def close(self) -> None:
        """Say goodbye and let go; never raises."""
        self._connection.close()


def _pause(seconds: float, stop: threading.Event) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stop.wait(min(left, STEP_SECONDS)):
            return
