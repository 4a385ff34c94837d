"""The registry as rows: one a participant, with what was mailed to them, drawn from the tables in bounded batches.

Reads only. Nothing here counts, words or lays out anything, and messages' bytes are never loaded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

import phonenumbers
from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, defer

from mailbot import notices
from mailbot.models import Change, Notice, Outbox, Participant, Received

BATCH = 500
"""Participants at a time: bounds memory, and keeps `IN (…)` below every database's limit (SQLite: 32766)."""

ACKNOWLEDGEMENT = "acknowledgement"
"""The mail that answers a message; every other mail of an event is a mail-out."""

TROUBLE = ("no_address", "unreachable", "complained", "failed")
"""The words of `Row.delivery` that say that mail does not get through to this person."""


IN_THE_WAY = (
    "mailbox_down",
    "mail_late",
    "not_composed",
    "event_gone",
    "answered_too_often",
    "answers_itself",
    "came_back",
    "complained",
)
"""The kinds of notices that no other part of the report shows; held messages and questions it finds itself."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """What became of one mail to one person: `state` is one of OUTBOX_STATES, `at` when that was, `reason` why."""

    state: str
    at: datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the registry, as the report shows it. Moments are UTC.

    `country` is the ISO 3166 code of the phone's country, "" where it can't be told. `mailed` holds the mail-outs for
    the event's present start by name. `delivery` is `reached`, `waiting`, `in_doubt`, `none`, or one of TROUBLE;
    `trouble` says more, in the words of the other server. `review` are the reasons to look, as words.
    """

    id: int
    name: str
    title: str
    organisation: str
    country: str
    phone: str
    email: str
    write_to: str
    mode: str
    needs_access: bool | None
    status: str
    language: str
    registered_at: datetime
    changed_at: datetime
    confidence: float
    review: tuple[str, ...] = ()
    acknowledged: Mailed | None = None
    mailed: Mapping[str, Mailed] = field(default_factory=dict)
    delivery: str = "none"
    trouble: str = ""

    @property
    def coming(self) -> bool:
        """Whether this person takes part, as far as is known."""
        return self.status == "registered"

    @property
    def expected(self) -> bool:
        """Whether this person has not declined: coming, or perhaps."""
        return self.status in {"registered", "tentative"}

    @property
    def shown_name(self) -> str:
        """The name, or what else this person can be told by."""
        return self.name or self.email or self.write_to or f"#{self.id}"

    def missing(self, required: Sequence[str]) -> tuple[str, ...]:
        """Return which of the required fields this person has not given, in that order."""
        return tuple(f for f in required if getattr(self, f, "") in (None, ""))


def words_of(text: str) -> tuple[str, ...]:
    """Split what the tables hold as reasons ("two_phones name_from_address_only") into words."""
    return tuple(dict.fromkeys(w for w in text.replace(",", " ").replace(";", " ").split() if w))


@lru_cache(maxsize=4096)
def country_of(phone: str) -> str:
    """Return the ISO 3166 code of a number in E.164, by its country code; "" where it says none."""
    if not phone.startswith("+"):
        return ""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return ""
    return region if region and region.isalpha() else ""  # "001" is no country: satellites, toll-free numbers


def row(
    participant: Participant, mails: Sequence[Outbox] = (), start: datetime | None = None, bounced: str = ""
) -> Row:
    """Make a row of a participant and the mails to them; of mail-outs only those for `start` (UTC) count, if given.

    `bounced` are the words of the server that sent mail to them back, where one did.
    """
    answered = [m for m in mails if m.mail == ACKNOWLEDGEMENT]
    sent_out = [m for m in mails if m.mail != ACKNOWLEDGEMENT and (start is None or m.event_start == start)]
    delivery, trouble = _delivery(participant, mails, bounced)
    return Row(
        id=participant.id,
        name=participant.name or "",
        title=participant.title or "",
        organisation=participant.organisation or "",
        country=country_of(participant.phone or ""),
        phone=participant.phone or "",
        email=participant.email or "",
        write_to=participant.write_to or participant.email or "",
        mode=participant.mode or "",
        needs_access=participant.needs_access,
        status=participant.status,
        language=participant.language or "",
        registered_at=participant.registered_at,
        changed_at=participant.changed_at,
        confidence=1.0 if participant.confidence is None else participant.confidence,
        review=words_of(participant.review or ""),
        acknowledged=_mailed(answered),
        mailed={name: m for name in dict.fromkeys(o.mail for o in sent_out) if (m := _latest(sent_out, name))},
        delivery=delivery,
        trouble=trouble,
    )


def _latest(mails: Sequence[Outbox], name: str) -> Mailed | None:
    return _mailed([m for m in mails if m.mail == name])


def _mailed(mails: Sequence[Outbox]) -> Mailed | None:
    """Return what became of the last of these mails; one that was sent counts before one that was not."""
    if not mails:
        return None
    last = max(mails, key=lambda m: (m.state == "sent", m.done_at or m.due_at))
    at = last.done_at or last.in_doubt_at or last.due_at
    return Mailed(last.state, at, last.reason or last.response or "")


def _delivery(participant: Participant, mails: Sequence[Outbox], bounced: str) -> tuple[str, str]:
    """Return whether mail gets through to a participant, as a word, and what the other side said."""
    said = next((m.response or m.reason for m in reversed(mails) if m.state == "failed"), "")
    if not (participant.write_to or participant.email):
        return "no_address", ""
    if (participant.reachable or "yes") != "yes":
        return participant.reachable, bounced or said
    states = [m.state for m in mails if m.state not in {"withdrawn", "expired"}]
    if states and states[-1] == "failed":
        return "failed", said
    for state, word in (("in_doubt", "in_doubt"), ("sent", "reached"), ("waiting", "waiting"), ("claimed", "waiting")):
        if state in states:
            return word, ""
    return "none", ""


def batches(session: Session, event: str, start: datetime | None = None, size: int = BATCH) -> Iterator[list[Row]]:
    """Yield an event's rows, `size` at a time, in the order of registration; memory does not grow with the registry."""
    after: tuple[datetime, int] | None = None
    while True:
        query = select(Participant).where(Participant.event == event)
        if after is not None:
            later = Participant.registered_at > after[0]
            same = (Participant.registered_at == after[0]) & (Participant.id > after[1])
            query = query.where(later | same)
        people = session.scalars(query.order_by(Participant.registered_at, Participant.id).limit(size)).all()
        if not people:
            return
        after = (people[-1].registered_at, people[-1].id)
        mails = _mails(session, [p.id for p in people])
        words = _bounces(session, [p.id for p in people if p.reachable != "yes"])
        yield [row(p, mails[p.id], start.astimezone(UTC) if start else None, words.get(p.id, "")) for p in people]


def _mails(session: Session, people: Sequence[int]) -> Mapping[int, list[Outbox]]:
    """Return the mails to each of these participants, oldest first.

    An acknowledgement answers a message, and so counts for everyone whom that message changed.
    """
    found: dict[int, dict[int, Outbox]] = defaultdict(dict)
    through: dict[int, list[int]] = defaultdict(list)
    touched = select(Change.received_id, Change.participant_id).where(
        Change.participant_id.in_(people), Change.received_id.is_not(None)
    )
    for received, person in session.execute(touched.distinct()):
        through[received or 0].append(person)
    mine: ColumnElement[bool] = Outbox.participant_id.in_(people)
    if through:
        mine = or_(mine, (Outbox.mail == ACKNOWLEDGEMENT) & Outbox.received_id.in_(list(through)))
    query = select(Outbox).options(defer(Outbox.body, raiseload=True)).where(mine)
    for mail in session.scalars(query.order_by(Outbox.due_at, Outbox.id)):
        answered = through.get(mail.received_id or 0, []) if mail.mail == ACKNOWLEDGEMENT else []
        for someone in {*answered, mail.participant_id or 0} & set(people):
            found[someone][mail.id] = mail
    return {p: list(found[p].values()) for p in people}


def _bounces(session: Session, people: Sequence[int]) -> dict[int, str]:
    """Return the latest words with which mail to each of these participants came back."""
    query = select(Change.participant_id, Change.words).where(
        Change.participant_id.in_(people), Change.field == "reachable"
    )
    return {row.participant_id: row.words for row in session.execute(query.order_by(Change.id))}


def for_a_person(*, settled: bool = False) -> Select[Received]:
    """Ask for the messages that are held, and those with a question, oldest first, without their bytes.

    Those that a person settled are left out, unless asked for.
    """
    query = select(Received).where(or_(Received.disposition == "held", Received.question != ""))
    if not settled:
        query = query.where(Received.settled_at.is_(None))
    query = query.where(Received.disposition != "duplicate").options(defer(Received.raw, raiseload=True))
    return query.order_by(Received.collected_at, Received.id)


def waiting_for_a_person(session: Session) -> list[Received]:
    """Return the messages that wait for a person."""
    return list(session.scalars(for_a_person()))


def in_the_way(session: Session) -> list[Notice]:
    """Return what organisers should know and what no other part of the report shows, oldest first."""
    return [n for n in notices.still_open(session) if n.kind in IN_THE_WAY]


def stuck_mails(session: Session) -> list[Outbox]:
    """Return the mails that failed or whose fate is in doubt, oldest first, without their bytes."""
    query = select(Outbox).where(Outbox.state.in_(("failed", "in_doubt")))
    return list(session.scalars(query.options(defer(Outbox.body, raiseload=True)).order_by(Outbox.due_at, Outbox.id)))


def dispositions(session: Session) -> dict[tuple[str | None, str], int]:
    """Return how many messages there are by (event, disposition): every message that ever came is in one of them."""
    query = select(Received.event, Received.disposition, func.count()).group_by(Received.event, Received.disposition)
    return {(event, disposition): n for event, disposition, n in session.execute(query)}


def events(session: Session) -> list[str]:
    """Return the slugs of the events that have participants."""
    return list(session.scalars(select(Participant.event).distinct().order_by(Participant.event)))
