"""Which messages lie in a folder, and what they are: searches and fetches that no odd answer can make lose one.

Works by UIDs only: sequence numbers move when somebody else deletes a message. Everything is bounded: answers to
searches, messages and octets of one fetch, octets of one message. It never changes a flag.
"""

from __future__ import annotations

import imaplib
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mailbot.errors import MailbotError
from mailbot.imap.connection import Client, Connection, Refusal, Selected
from mailbot.log import warn
from mailbot.wire import Fetched

RANGE = 10_000
"""UIDs in one answer to a search: imaplib refuses lines over 1 MB, which some 90,000 UIDs fill."""

LISTED = 500
"""UIDs written out in one command: 5 KB; servers take 8 KB (RFC 7162 section 4)."""

CHUNK_BYTES = 8_000_000
"""Octets of one fetch: what is held in memory beside the largest single message."""

HEADER_BYTES = 262_144
"""Octets of a header that are taken where the message itself is too large."""

BEYOND_UIDS = 1 << 32
"""UIDs are from 1 to below this (RFC 9051 section 2.3.1.1); whatever else an answer names is no message."""

ITEMS = (b"UID", b"SEQ", b"FLAGS", b"BODY", b"RFC822", b"INTERNALDATE", b"ENVELOPE", b"MODSEQ", b"BINARY", b"SAVEDATE",
         b"PREVIEW", b"SNIPPET", b"EMAILID", b"THREADID", b"X-")  # fmt: skip
"""How the names begin that may stand in an answer to FETCH (RFC 9051 section 7.5.2 and extensions)."""

TRIES = 3
"""Looks at which a message may fail before only its header is asked for, so that one poisoned message holds no other
up and a person hears of it; after twice as many it is left alone for LAST_TRY."""

LAST_TRY = 3600.0
"""Seconds until it is asked for once more. What can't be had even then is told of by its place alone: an hour outlasts
a server that is being mended, and nobody finds a message that is never told of."""


class Reader:
    """What is known of the messages of one folder. `unread` are those that a look found but could not fetch."""

    def __init__(self, connection: Connection, folder: str, max_bytes: int) -> None:
        self._connection, self._folder, self._max_bytes = connection, folder, max_bytes
        self._tries: Counter[int] = Counter()
        self._left_since: dict[int, float] = {}
        self._pending: set[int] = set()
        self._high: int | None = None
        self.unread: set[int] = set()

    def begin(self) -> None:
        """Forget the high-water mark: a new connection looks at the whole folder once."""
        self._high, self._pending = None, set()

    def begin_anew(self) -> None:
        """Forget everything: the folder's UIDs mean other messages now."""
        self.begin()
        self._tries.clear()
        self._left_since.clear()

    def look(self, selected: Selected, known: Iterable[int]) -> list[int]:
        """Return the UIDs, in order, of what lies in the folder and is not known."""
        with self._connection.guarded() as client:
            left = self._still_there(client, sorted(self._pending.difference(known)))
            found = self._whole(client, selected) if self._high is None else self._above(client, selected, self._high)
        found = {uid for uid in found if 0 < uid < BEYOND_UIDS}
        # What was listed once stays on the list until it is known: a caller may have failed to store it.
        self._pending = (left | found).difference(known)
        self._high = max(found, default=self._high or 0)
        return sorted(self._pending)

    def _whole(self, client: Client, selected: Selected) -> set[int]:
        """Search everything, in ranges that are cut at every RANGEth message, as far as they can be known.

        A cut in the wrong place makes a longer answer, never a gap: the ranges touch, and the last one has no end.
        """
        if selected.exists == 0:
            return _everything(client)
        found: set[int] = set()
        start = 1
        for cut in [*sorted(_places(client, selected.exists or 0)), None]:
            found.update(client.search(["UID", f"{start}:{cut or '*'}"]))
            start = cut + 1 if cut else start
        return found

    @staticmethod
    def _above(client: Client, selected: Selected, high: int) -> set[int]:
        if selected.exists == 0:
            return {uid for uid in _everything(client) if uid > high}
        # "n:*" always includes the last message, even an older one (RFC 9051 section 9, seq-range).
        return {uid for uid in client.search(["UID", f"{high + 1}:*"]) if uid > high}

    @staticmethod
    def _still_there(client: Client, uids: Sequence[int]) -> set[int]:
        there: set[int] = set()
        for some in cut(uids, LISTED):
            there.update(set(client.search(["UID", ",".join(map(str, some))])).intersection(some))
        return there

    def read(self, uids: Sequence[int], chunk: int, uidvalidity: int) -> Iterator[list[Fetched]]:
        """Yield the messages in order, at most `chunk` and some CHUNK_BYTES in a list; what fails lands in `unread`."""
        self.unread = set()
        if lost := [uid for uid in uids if self._tries[uid] > 2 * TRIES]:
            yield [
                Fetched(self._folder, uidvalidity, uid, 0, _place(self._folder, uid), truncated=True) for uid in lost
            ]
        for group in self._groups(uids, min(chunk, LISTED)):
            for some in [group] if (sizes := self._sizes(group)) is not None else [[uid] for uid in group]:
                known = sizes if sizes is not None else self._sizes(some) or {}
                self.unread.update(uid for uid in some if uid not in known)
                for batch, whole in self._batches(known):
                    yield from self._messages(batch, known, whole, uidvalidity)

    def _groups(self, uids: Sequence[int], chunk: int) -> Iterator[list[int]]:
        """Cut into groups; a message that failed before goes by itself, so that it can't fail others with it."""
        group: list[int] = []
        for uid in uids:
            if self._tries[uid] >= 2 * TRIES and not self._is_for_the_last_time(uid):
                self.unread.add(uid)
                continue
            if group and (self._tries[uid] or self._tries[group[-1]] or len(group) == chunk):
                yield group
                group = []
            group.append(uid)
        if group:
            yield group

    def _is_for_the_last_time(self, uid: int) -> bool:
        return self._tries[uid] == 2 * TRIES and time.monotonic() >= self._left_since.get(uid, 0.0) + LAST_TRY

    def _batches(self, sizes: dict[int, int]) -> Iterator[tuple[list[int], bool]]:
        """Cut into batches by octets: (UIDs, whether to ask for the whole message)."""
        batch: list[int] = []
        octets = 0
        for uid, size in sizes.items():
            if size > self._max_bytes or self._tries[uid] >= TRIES:
                if batch:
                    yield batch, True
                yield [uid], False
                batch, octets = [], 0
            else:
                if batch and octets + size > CHUNK_BYTES:
                    yield batch, True
                    batch, octets = [], 0
                batch.append(uid)
                octets += size
        if batch:
            yield batch, True

    def _sizes(self, uids: list[int]) -> dict[int, int] | None:
        """Return the sizes of what is there, in order; None where the server refuses to say."""
        answer = self._fetch(uids, "RFC822.SIZE")
        if answer is None:
            return None
        sizes = {uid: answer.get(uid, {}).get(b"RFC822.SIZE") for uid in uids}
        return {uid: size for uid, size in sizes.items() if isinstance(size, int)}

    def _messages(
        self, batch: list[int], sizes: dict[int, int], whole: bool, uidvalidity: int
    ) -> Iterator[list[Fetched]]:
        item = "BODY.PEEK[]" if whole else f"BODY.PEEK[HEADER]<0.{HEADER_BYTES}>"
        answer = self._fetch(batch, item)
        if answer is None and len(batch) > 1:  # one that the server can't read must not hide the others
            for uid in batch:
                yield from self._messages([uid], sizes, whole, uidvalidity)
            return
        messages: list[Fetched] = []
        for uid in batch:
            raw = _raw((answer or {}).get(uid, {}), whole)
            if raw is None or (raw == b"" and sizes[uid] > 0):
                self._failed([uid])
                continue
            self._tries.pop(uid, None)
            messages.append(Fetched(self._folder, uidvalidity, uid, sizes[uid], raw, truncated=not whole))
        if messages:
            yield messages

    def _fetch(self, uids: list[int], item: str) -> dict[int, dict[bytes, Any]] | None:
        """Return the answer by UID; None where the server says no. A failing connection counts against these UIDs."""
        with self._counting(uids), self._connection.guarded() as client:
            if self._connection.folder != self._folder:
                self._connection.select(self._folder)
            try:
                answer: dict[int, dict[bytes, Any]] = client.fetch(uids, [item])
            except Refusal as error:
                warn("messages_refused", server=self._connection.server, uids=_shown(uids), answer=error.text)
                return None
        return answer

    @contextmanager
    def _counting(self, uids: list[int]) -> Iterator[None]:
        try:
            yield
        except MailbotError:
            self._failed(uids)
            raise

    def _failed(self, uids: list[int]) -> None:
        self.unread.update(uids)
        self._tries.update(uids)
        if lost := [uid for uid in uids if self._tries[uid] == 2 * TRIES]:
            self._left_since |= dict.fromkeys(lost, time.monotonic())
            warn("message_unreadable", server=self._connection.server, folder=self._folder, uids=_shown(lost))


def _everything(client: Client) -> set[int]:
    """Search a folder that says it is empty: "1:*" of nothing is an error to some servers, and some say it wrongly."""
    try:
        return set(client.search(["ALL"]))
    except Refusal:
        return set()


def _places(client: Client, exists: int) -> set[int]:
    """Return the UID of every RANGEth message; none where the server has fewer than it says and complains."""
    places = list(range(RANGE, exists, RANGE))[:LISTED]
    if not places:
        return set()
    client.use_uid = False
    try:
        answer = client.fetch(places, ["UID"])
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error:  # its answer is complete: the connection is as good as before
        return set()
    finally:
        client.use_uid = True
    return {uid for entry in answer.values() if isinstance(uid := entry.get(b"UID"), int)}


def _raw(entry: dict[bytes, Any], whole: bool) -> bytes | None:
    """Return the octets of an answer; None unless it really holds them (NIL, flags only, another section).

    Items that no server has are the rest of a message whose literal was announced too short.
    """
    if any(not key.startswith(ITEMS) for key in entry):
        return None
    for key in (b"BODY[]",) if whole else (b"BODY[HEADER]<0>", b"BODY[HEADER]"):
        if isinstance(entry.get(key), bytes):
            return bytes(entry[key])
    return None


def _place(folder: str, uid: int) -> bytes:
    """Return what can be said of a message that the server never hands out; no two messages have the same."""
    return f"Subject: message {uid} of the folder {folder!a}\r\n\r\nuid {uid}\r\n".encode("ascii", "replace")


def cut(uids: Sequence[int], length: int) -> Iterator[Sequence[int]]:
    """Cut into pieces of at most `length`."""
    return (uids[at : at + length] for at in range(0, len(uids), length))


def _shown(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids[:10])) + (",…" if len(uids) > 10 else "")
