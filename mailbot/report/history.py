"""A person's history as a story: what changed, when, by whom, and the words it was read from, marked in their message.

Reads only. A message whose bytes retention has removed still shows its words, since every change keeps them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from mailbot import message
from mailbot.config import Config, EventConfig
from mailbot.models import Change, Received
from mailbot.registry.history import SPOKE
from mailbot.rsvp import own_words
from mailbot.rsvp.answer import Invitation

LONGEST_TEXT = 4000
"""Characters of one message that a report shows: three pages; whoever writes more is read in the mailbox."""

LONGEST_WORDS = 500
"""Characters of a value's words that are looked for loosely; longer ones must stand in the text letter for letter."""

SPACE_IN_REPORT = 8_000_000
"""Characters of messages in one report: beyond it a mail attachment gets too large, and only the words are shown."""

NOT_AGAIN = ("took_too_long", "unreadable", "unforeseen")
"""Held messages that stopped their reader once: a report must not try it again, in a process of its own at that."""


@dataclass(frozen=True, slots=True)
class Step:
    """One field's change within an entry; `words` is what it was read from, `confidence` a probability."""

    field: str
    old: str
    new: str
    words: str
    place: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a message's text, and the fields that were read from it (none: plain text)."""

    text: str
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as the report shows it. `text` is empty when its bytes are gone (`gone`) or space ran out."""

    id: int
    sender: tuple[Segment, ...]
    subject: tuple[Segment, ...]
    sent_at: datetime | None
    text: tuple[Segment, ...]
    gone: bool = False
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """What one message or one decision changed, in one go; `letter` is the message `received`, if one caused it.

    `kind` says what the message was (`registration`, `decline`, …), "" for decisions. No steps: nothing was new.
    """

    at: datetime
    who: str
    kind: str
    steps: tuple[Step, ...]
    received: int | None
    letter: Letter | None


def mark(text: str, marks: Iterable[tuple[str, str, str]]) -> tuple[Segment, ...]:
    """Cut a text into segments so that each mark's words are one; marks are (field, words, place).

    Words that don't stand in the text mark nothing. Where marks overlap, a segment carries several fields.
    """
    spans = [(s, e, f) for f, w, place in marks if (found := _find(text, w, place)) for s, e in [found]]
    edges = sorted({0, len(text), *(s for s, _, _ in spans), *(e for _, e, _ in spans)})
    pieces = []
    for start, end in pairwise(edges):
        fields = tuple(dict.fromkeys(f for s, e, f in spans if s <= start and end <= e))
        pieces.append(Segment(text[start:end], fields))
    return tuple(pieces)


def _find(text: str, words: str, place: str) -> tuple[int, int] | None:
    """Return where words stand in a text: as they are, else with other spacing or case; in a signature the last."""
    words = words.strip()
    if not words:
        return None
    at = text.rfind(words) if place == "signature" else text.find(words)
    if at >= 0:
        return at, at + len(words)
    if len(words) > LONGEST_WORDS:
        return None
    loose = re.search(r"[\s>|:]+".join(re.escape(w) for w in words.split()), text, re.IGNORECASE)
    return loose.span() if loose else None


@lru_cache(maxsize=64)
def _texts(raw: bytes, invitation: Invitation) -> tuple[str, str]:
    """Return the writer's own words of a message as the reader cuts them out, and its whole text."""
    read = message.read(raw)
    if read.held:
        return "", ""
    whole = read.text.strip("\n")
    try:
        return own_words.cut(read, invitation).text.strip("\n"), whole
    except Exception:  # noqa: BLE001 -- one odd message must not cost the organisers their report
        return "", whole


def _telling(own: str, whole: str, marks: Sequence[tuple[str, str, str]]) -> str:
    """Choose the text to show: the writer's own words, unless what was read stands only in what they passed on."""
    if not own:
        return whole
    beyond = any(_find(own, w, p) is None and _find(whole, w, p) is not None for _, w, p in marks)
    return whole if beyond else own


class Histories:
    """Tells the histories of an event's participants, and shows messages; counts how much text it has shown."""

    def __init__(self, session: Session, invitation: Invitation, space: int = SPACE_IN_REPORT) -> None:
        self._session, self._invitation, self._space = session, invitation, space

    def of(self, people: Sequence[int]) -> Mapping[int, list[Entry]]:
        """Return each participant's entries, oldest first."""
        query = select(Change).where(Change.participant_id.in_(people)).order_by(Change.at, Change.id)
        grouped: dict[int, dict[tuple[object, ...], list[Change]]] = defaultdict(lambda: defaultdict(list))
        for change in self._session.scalars(query):
            grouped[change.participant_id][change.at, change.who, change.received_id].append(change)
        return {p: [self._entry(changes) for changes in grouped[p].values()] for p in people}

    def _entry(self, changes: Sequence[Change]) -> Entry:
        first = changes[0]
        steps = tuple(
            Step(c.field, c.old or "", c.new or "", c.words or "", c.place or "", c.rule or "", c.confidence)
            for c in changes
            if c.field != SPOKE
        )
        kind = next((c.new or "" for c in changes if c.field == SPOKE), "")
        letter = self.letter(first.received_id, steps) if first.received_id is not None else None
        return Entry(first.at, first.who, kind, steps, first.received_id, letter)

    def letter(self, received: int, steps: Sequence[Step] = ()) -> Letter | None:
        """Return a message with the words of these steps marked; None where the ledger no longer has it."""
        query = select(Received).where(Received.id == received).options(defer(Received.raw))
        row = self._session.scalars(query).first()
        if row is None:
            return None
        body = [(s.field, s.words, s.place) for s in steps if s.place != "header"]
        head = [(s.field, s.words, s.place) for s in steps if s.place == "header"]
        raw = self._session.scalar(select(Received.raw).where(Received.id == received))
        readable = raw and not row.truncated and row.reason.partition(":")[0] not in NOT_AGAIN
        own, whole = _texts(raw, self._invitation) if raw and readable else ("", "")
        text = _telling(own, whole, body)
        cut = len(text) > LONGEST_TEXT
        text = text[:LONGEST_TEXT] if self._space >= min(len(text), LONGEST_TEXT) else ""
        self._space -= len(text)
        sender = f"{row.sender_name} <{row.sender}>" if row.sender_name else row.sender
        return Letter(
            row.id, mark(sender, head), mark(row.subject, head), row.sent_at, mark(text, body), raw is None, cut
        )


def invitation_of(event: EventConfig | None, config: Config) -> Invitation:
    """Return what the reader may know of an event, so that it sees the writer's own text as it did when it recorded."""
    if event is None:
        return Invitation(own_addresses=config.own_addresses)
    return Invitation(
        message_ids=frozenset(event.invitations),
        own_addresses=config.own_addresses,
        invitation_texts=event.invitation_texts,
        subject_words=event.subject_words,
        required=event.required,
    )
