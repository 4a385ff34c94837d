"""The two faces of a wire on folders: a mailbox that is a folder of files, and a way out that writes files.

What a rehearsal and the demo use in place of servers. A mailbox folder may be a Maildir (new/, cur/) or hold plain
`*.eml` files, or both; the way out writes one `.eml` a message, complete or not at all. Nothing here reads a clock, and
only `leave` changes anything in a mailbox.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import count
from pathlib import Path
from typing import Any

from mailbot.errors import GiveUp, InDoubt, TryLater
from mailbot.wire import Fetched, FolderSettings, Outgoing, envelope_address

UIDVALIDITY = 1
"""Names in a folder do not begin anew, so neither does their numbering."""

HEADER_BYTES = 262_144
"""Octets of a header that are taken where the message itself is too large, and that are searched for evidence."""

CHUNK_BYTES = 8_000_000
"""Octets of one list of messages, give or take its last one."""

LOOK_SECONDS = 1.0
"""How often a waiting mailbox looks at its folder."""

FLAG = "F"
"""The letter that `leave = "flag"` adds: "flagged", whose meaning Maildir leaves to the user."""

_BODY = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_NOT_IN_NAMES = re.compile(r"[^0-9A-Za-z.@_-]+")


class MaildirMailbox:
    """A folder of messages, read like a mailbox. The order is that of the file names; UIDs are made from them."""

    def __init__(self, settings: FolderSettings, sent: Path | None = None) -> None:
        """`sent` is where sent messages lie, for evidence; without it the Maildir's own `.Sent`."""
        if settings.maildir is None:
            raise GiveUp("this mailbox names no maildir")
        self._settings, self._folder = settings, settings.maildir
        self._sent = sent or self._folder / ".Sent"
        self._seen: dict[str, float] | None = None

    def open(self) -> int:
        """Return the folder's UIDVALIDITY; raises GiveUp if it is none."""
        if not self._folder.is_dir():
            raise GiveUp(f"{self._folder} is no folder of messages")
        return UIDVALIDITY

    def _files(self) -> dict[int, Path]:
        """Return the messages by UID, in the order of their names without flags."""
        files = _messages_in(self._folder)
        return {_uid(name): files[name] for name in sorted(files)}

    def fetch_new(self, known: AbstractSet[int], chunk: int = 100) -> Iterator[list[Fetched]]:
        """Yield the messages that are not known, at most `chunk` in a list; what moves meanwhile comes later."""
        self.open()
        self._seen = _times(self._folder)
        batch: list[Fetched] = []
        for uid, path in self._files().items():
            if uid in known:
                continue
            message = self._read(uid, path)
            if message is not None:
                batch.append(message)
            if len(batch) >= chunk or sum(len(one.raw) for one in batch) >= CHUNK_BYTES:
                yield batch
                batch = []
        if batch:
            yield batch

    def _read(self, uid: int, path: Path) -> Fetched | None:
        limit = self._settings.max_bytes
        try:
            with path.open("rb") as file:
                before = os.fstat(file.fileno())
                raw = file.read(min(limit + 1, before.st_size + 1) if before.st_size <= limit else HEADER_BYTES)
                after = os.fstat(file.fileno())
        except FileNotFoundError:
            return None  # somebody read, moved or deleted it in this moment
        except OSError as error:
            raise TryLater(f"{path} can't be read: {error.strerror}") from error
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            return None  # somebody is still writing it
        truncated = before.st_size > limit
        if truncated:
            end = _BODY.search(raw)
            raw = raw[: end.end()] if end else raw
        return Fetched(self._folder.name, UIDVALIDITY, uid, before.st_size, raw, truncated)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        """Wait until something in the folder changes (True), `seconds` have passed, or `stop` is set."""
        end = time.monotonic() + seconds
        while not stop.is_set():
            if self._seen != _times(self._folder):
                return True
            left = end - time.monotonic()
            if left <= 0:
                return False
            stop.wait(min(left, LOOK_SECONDS))
        return False

    def leave(self, uids: Sequence[int]) -> None:
        """Do with recorded messages what the configuration says: nothing, a flag, another folder of this Maildir."""
        how = self._settings.leave
        if how == "untouched" or not uids:
            return
        files = self._files()
        for uid in uids:
            if uid in files:
                with suppress(FileNotFoundError):
                    self._flag(files[uid]) if how == "flag" else self._move(files[uid], how.removeprefix("move:"))

    def _flag(self, path: Path) -> None:
        """Add the flag to a Maildir's message; a plain file has no place for flags."""
        if path.parent.name not in ("new", "cur"):
            return
        name, _, flags = path.name.partition(":2,")
        kept = "".join(sorted({*flags, FLAG}))
        cur = _made(self._folder / "cur")
        path.rename(cur / f"{name}:2,{kept}")

    def _move(self, path: Path, folder: str) -> None:
        """Move to a folder below, as Maildir++ names them (`.Name`)."""
        target = _made(self._folder / f".{folder.replace('/', '.')}" / "cur")
        for made in ("new", "tmp"):
            _made(target.parent / made)
        name = path.name if ":2," in path.name else f"{path.name}:2,"
        path.rename(target / name)

    def find_sent(self, header: str, value: str) -> bool | None:
        """Say whether a sent message has this header with exactly this value; None if there is no folder of them."""
        return find_in(self._sent, header, value) if self._sent.is_dir() else None

    def probe(self) -> dict[str, Any]:
        """Say what is there; raises GiveUp if it is no folder."""
        self.open()
        return {
            "server": str(self._folder), "folder": self._folder.name, "folder_exists": True,
            "messages": len(self._files()), "idle": False,
            "sent_folder": str(self._sent) if self._sent.is_dir() else None,
        }  # fmt: skip

    def close(self) -> None:
        """Let go: there is nothing to let go of."""


class MaildirSession:
    """The way out into a folder: `offer` writes the message aside, `finish` puts it into place as one `.eml`.

    Its name begins with the moment in the message's own Date, so that the folder reads in the order of sending.
    """

    def __init__(self, settings: Outgoing) -> None:
        if settings.maildir is None:
            raise GiveUp("the way out names no maildir")
        self._folder = settings.maildir
        self._aside: Path | None = None
        self._name = ""

    def open(self) -> None:
        """Make the folder if needed; raises TryLater if that can't be."""
        try:
            _made(self._folder / "tmp")
        except OSError as error:
            raise TryLater(f"{self._folder} can't be made: {error.strerror}") from error

    def offer(self, sender: str, recipients: Sequence[str], data: bytes, envelope_id: str) -> None:
        """Write the message aside; raises GiveUp for what is no address, TryLater if it can't be written."""
        self._discard()
        to = [envelope_address(recipient) for recipient in recipients]
        if sender:
            envelope_address(sender)
        if not to:
            raise GiveUp("a mail without a recipient")
        digest = hashlib.sha256(b"\0".join([data, *(address.encode() for address in to)])).hexdigest()[:8]
        self._name = _name(data, to[0], digest)
        aside = self._folder / "tmp" / f"{os.getpid()}.{threading.get_ident()}.{id(self)}.{digest}"
        try:
            with aside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise TryLater(f"{self._folder} can't be written to: {error.strerror}") from error
        self._aside = aside

    def finish(self) -> str:
        """Put the message into place; raises TryLater if it is not there, InDoubt if it may vanish with the power."""
        if self._aside is None:
            raise TryLater("there is no message to put into place")
        aside, self._aside = self._aside, None
        try:
            path = _place(aside, self._folder, self._name)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise TryLater(f"{self._folder} can't be written to: {error.strerror}") from error
        try:
            _sync(self._folder)
        except OSError as error:
            raise InDoubt(f"{path} may not be on the disk: {error.strerror}") from error
        return f"250 written to {path.name}"

    def find_sent(self, header: str, value: str) -> bool:
        """Say whether a message that was written has this header with exactly this value."""
        return find_in(self._folder, header, value)

    def probe(self) -> dict[str, Any]:
        """Say what is there."""
        self.open()
        return {"server": str(self._folder), "messages": len(_messages_in(self._folder)), "size_limit": None}

    def _discard(self) -> None:
        aside, self._aside = self._aside, None
        if aside is not None:
            aside.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go; a message that was not put into place is thrown away."""
        with suppress(OSError):
            self._discard()


def find_in(folder: Path, header: str, value: str) -> bool:
    """Say whether a message in the folder has this header with exactly this value."""
    wanted, name = " ".join(value.split()), header.encode("ascii").lower()
    return any(wanted in _values(path, name) for path in _messages_in(folder).values())


def _values(path: Path, header: bytes) -> list[str]:
    try:
        with path.open("rb") as file:
            head = _BODY.split(file.read(HEADER_BYTES), maxsplit=1)[0]
    except FileNotFoundError:
        return []
    lines = (line.partition(b":") for line in _FOLD.sub(b"", head).splitlines())
    return [" ".join(v.decode("utf-8", "replace").split()) for n, _, v in lines if n.strip().lower() == header]


def _messages_in(folder: Path) -> dict[str, Path]:
    """Return the messages of a folder by their names without flags; a message is where it was found last."""
    files: dict[str, Path] = {}
    for place, suffix in ((folder, ".eml"), (folder / "new", ""), (folder / "cur", "")):
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or not entry.name.lower().endswith(suffix):
                    continue
                if entry.is_file(follow_symlinks=False):
                    files[entry.name.partition(":2,")[0]] = Path(entry.path)
    return files


def _uid(name: str) -> int:
    """Return a message's number: 63 bits of its name's digest, since a database counts no higher; never 0."""
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:8], "big") >> 1 or 1


def _times(folder: Path) -> dict[str, float]:
    """Return when the folder and its parts changed."""
    times: dict[str, float] = {}
    for place in ("", "new", "cur"):
        with suppress(OSError):
            times[place] = (folder / place).stat().st_mtime_ns
    return times


def _name(data: bytes, recipient: str, digest: str) -> str:
    """Return a file name that says when, which mail and to whom, as the message itself says it."""
    head = _FOLD.sub(b"", _BODY.split(data[:HEADER_BYTES], maxsplit=1)[0])
    headers = {n.strip().lower(): v.strip() for n, _, v in (line.partition(b":") for line in head.splitlines())}
    try:
        moment = parsedate_to_datetime(headers.get(b"date", b"").decode("ascii", "replace"))
    except (ValueError, TypeError, IndexError):
        moment = datetime.fromtimestamp(0, UTC)
    kind = headers.get(b"x-mailbot-mail", b"mail").decode("ascii", "replace")
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    return "-".join(_NOT_IN_NAMES.sub("_", part)[:80] for part in (stamp, kind, recipient, digest))


def _place(aside: Path, folder: Path, name: str) -> Path:
    """Move a file to a name that is free, never over another message; return where it is."""
    for number in count(1):
        path = folder / (f"{name}.eml" if number == 1 else f"{name}-{number}.eml")
        try:
            os.link(aside, path)  # unlike a rename it fails where the name is taken
        except FileExistsError:
            continue
        except PermissionError:  # a file system without links; within one process names differ by their digest
            if path.exists():
                continue
            aside.rename(path)
            return path
        aside.unlink()
        return path
    raise AssertionError("numbers do not end")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
