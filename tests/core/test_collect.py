"""Collecting: written down before anything reads it, once, whole, and the mailbox left alone until then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import pytest
import sqlalchemy as sa

from mailbot.collect import collect, known_uids, store
from mailbot.errors import TryLater
from mailbot.models import Received
from mailbot.wire import Fetched
from tests.core.conftest import NOW, Core, in_threads


def fetched(uid: int, raw: bytes = b"", *, uidvalidity: int = 1, folder: str = "INBOX") -> Fetched:
    raw = raw or f"Message-ID: <{uid}@mail.example>\r\n\r\n{uid}".encode()
    return Fetched(folder, uidvalidity, uid, len(raw), raw)


class Source:
    """A mailbox that gives what it is told, in chunks, and may break in between."""

    def __init__(self, *chunks: list[Fetched] | Exception, uidvalidity: int = 1) -> None:
        self.chunks, self.uidvalidity = chunks, uidvalidity
        self.left: list[int] = []
        self.known: AbstractSet[int] = set()

    def open(self) -> int:
        return self.uidvalidity

    def fetch_new(self, known: AbstractSet[int], chunk: int = 100) -> Iterator[list[Fetched]]:
        self.known = set(known)
        for one in self.chunks:
            if isinstance(one, Exception):
                raise one
            yield one

    def leave(self, uids: Sequence[int]) -> None:
        self.left += uids


def run(core: Core, source: Source, mailbox: str = "box") -> int:
    return collect(core.database, source, mailbox, "INBOX", NOW)  # type: ignore[arg-type]


def test_what_is_known_is_what_is_written_down(core: Core) -> None:
    run(core, Source([fetched(1), fetched(5)]))
    run(core, Source([fetched(1)]), "another box")
    source = Source()
    assert run(core, source) == 0
    assert source.known == {1, 5}
    source = Source(uidvalidity=2)
    run(core, source)
    assert source.known == set()


def test_a_chunk_that_was_fetched_stays_though_the_next_one_breaks(core: Core) -> None:
    source = Source([fetched(1), fetched(2)], TryLater("cut"))
    with pytest.raises(TryLater):
        run(core, source)
    assert known_uids(core.database, "box", "INBOX", 1) == {1, 2}
    assert source.left == [1, 2]


def test_the_mailbox_is_left_alone_when_the_database_fails(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    source = Source([fetched(1)])
    with monkeypatch.context() as patch:
        patch.setattr("mailbot.collect.store", full)
        with pytest.raises(sa.exc.OperationalError):
            run(core, source)
    assert source.left == []
    assert run(core, source) == 1


def test_the_same_message_fetched_twice_is_one_row(core: Core) -> None:
    assert run(core, Source([fetched(1), fetched(2)])) == 2
    assert run(core, Source([fetched(2), fetched(3)])) == 1
    assert [r.uid for r in core.rows(Received)] == [1, 2, 3]


def test_two_threads_write_down_the_same_messages_once(core: Core) -> None:
    chunk = [fetched(n) for n in range(1, 101)]
    assert in_threads(4, lambda _n: store(core.database, "box", chunk, NOW)) == []
    assert len(core.rows(Received)) == 100


def test_any_bytes_are_kept_as_they_are(core: Core) -> None:
    raws = [bytes(range(256)), b"\x00" * 10, b"\r\n", b"x" * 300_000]
    run(core, Source([fetched(n, raw) for n, raw in enumerate(raws, 1)]))
    assert [r.raw for r in core.rows(Received)] == raws
