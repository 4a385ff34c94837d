"""What organisers are told by mail, and when: things that need them at once, and a digest once a day.

Notices are gathered, bundled and put into the outbox like any other mail. A bad hour is one mail or two: the first
thing is told at once, what follows is collected. Nothing here composes, sends or decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import health, notices, outbox
from mailbot.addresses import key
from mailbot.compose.brief import ALERT, DECISION, DIGEST
from mailbot.config import Config, EventConfig
from mailbot.database import Database
from mailbot.log import say
from mailbot.models import Change, Fact, Notice, Outbox, Participant, Received, Returned
from mailbot.news import COMING, NEWS

COLLECTED = (timedelta(minutes=10), timedelta(minutes=50))
"""How long things are collected after the first alert and after each further one: what belongs together mostly comes
within minutes, and a bad hour is then two mails."""
QUIET = timedelta(hours=1)  # without an alert, after which the next thing is told at once again
LATE = timedelta(minutes=10)  # a mail-out that should have left so long ago is late; one retry fits in
DOWN = timedelta(minutes=15)  # a mailbox that can't be reached for so long: servers restart within minutes
ALERT_USE = timedelta(days=3)  # after which an alert that could not leave says nothing that the digest doesn't
DIGEST_USE = timedelta(hours=20)  # a digest that could not leave gives way to the next one
LAST_ALERT, LAST_DIGEST = "alert", "digest"
"""The facts of the last ones: their moment, and of the alert its number and how many came in a row."""
HAPPENED = ("registration", "decline", "question", "calendar_reply", "held")
"""The dispositions that make a digest worth a mail; what machines wrote does not."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that organisers should know, as `notices.tell` takes it."""

    kind: str
    what: str
    address: str = ""
    detail: str = ""
    event: str | None = None
    participant_id: int | None = None
    received_id: int | None = None


def plan(database: Database, config: Config, now: datetime) -> int:
    """Write down what organisers should know, and the mails that tell them; return how many mails those are."""
    with database.read() as session:
        found, over = list(_found(session, config, now)), list(_over(session, config, now))
        alert = config.organisers.alerts and _alert_is_due(session, now)
        since, first = digest_since(session, config, now), session.get(Fact, LAST_DIGEST) is None
    if not (found or over or alert or since or first):
        return 0
    with database.write() as session:
        if first:
            session.merge(Fact(name=LAST_DIGEST, value="", at=now))  # what was before we came is no news
        _note(session, found, over, now)
        count = _put_alert(session, config, now) if config.organisers.alerts and _alert_is_due(session, now) else 0
        if since is not None:
            count += _put_digest(session, config, since, now)
    return count


def gather(database: Database, config: Config, now: datetime) -> None:
    """Write down what organisers should know, without any mail."""
    with database.read() as session:
        found, over = list(_found(session, config, now)), list(_over(session, config, now))
    if found or over:
        with database.write() as session:
            _note(session, found, over, now)


def _note(session: Session, found: Iterable[Found], over: Iterable[tuple[str, str]], now: datetime) -> None:
    for one in found:
        notices.tell(session, one.kind, one.what, now, address=one.address, detail=one.detail, event=one.event,
                     participant_id=one.participant_id, received_id=one.received_id)  # fmt: skip
    for kind, what in over:
        notices.over(session, kind, what, now)


def next_event(config: Config, now: datetime) -> EventConfig:
    """Return the event that comes next, the latest one where all are over."""
    ahead = [event for event in config.events if event.ends >= now]
    return min(ahead, key=lambda e: e.starts) if ahead else max(config.events, key=lambda e: e.starts)


# ---------------------------------------------------------------- what there is


def _known(kind: str, what: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a notice of that kind and thing was ever told."""
    return sa.select(Notice.id).where(Notice.key == sa.literal(f"{kind} ") + what).exists()


def _found(session: Session, config: Config, now: datetime) -> Iterator[Found]:
    """Yield what is so and not told yet."""
    held = sa.select(Received).where(Received.disposition == "held", Received.settled_at.is_(None))
    held = held.where(~_known("held", sa.cast(Received.id, sa.String)))
    for row in session.scalars(held.options(sa.orm.defer(Received.raw)).order_by(Received.id)):
        yield Found("held", str(row.id), row.sender, row.reason, row.event, received_id=row.id)
    asked = sa.select(Received).where(
        Received.question != "", Received.settled_at.is_(None), Received.disposition.not_in(("held", "duplicate")),
        Received.id > _asked_up_to(session), ~_known("question", sa.cast(Received.id, sa.String)),
    )  # fmt: skip
    for row in session.scalars(asked.options(sa.orm.defer(Received.raw)).order_by(Received.id)):
        yield Found("question", str(row.id), row.sender, row.question, row.event, received_id=row.id)
    needing = sa.select(Participant).where(
        Participant.needs_access.is_(True), Participant.status.in_(COMING),
        ~_open("computer", sa.cast(Participant.id, sa.String)),
    )  # fmt: skip
    for person in session.scalars(needing.order_by(Participant.id)):
        if not _decided(session, "computer", person):
            yield Found("computer", str(person.id), person.write_to or "", "", person.event, participant_id=person.id)
    yield from _mails_in_trouble(session, config, now)
    yield from _mailboxes_down(session, config, now)


def _asked_up_to(session: Session) -> int:
    """Return the number of the latest message whose question was told: earlier ones need no look."""
    query = sa.select(sa.func.max(Notice.received_id)).where(Notice.kind == "question")
    return session.scalar(query) or 0


def _open(kind: str, what: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    same = sa.select(Notice.id).where(Notice.key == sa.literal(f"{kind} ") + what, Notice.settled_at.is_(None))
    return same.exists()


def _decided(session: Session, kind: str, person: Participant) -> bool:
    """Say whether organisers settled this for a person, who has not asked anew since."""
    known = session.scalar(sa.select(Notice).where(Notice.key == f"{kind} {person.id}"))
    if known is None or not known.settled_by or known.settled_at is None:
        return False
    anew = sa.select(Change.id).where(
        Change.participant_id == person.id, Change.field == "needs_access", Change.at > known.settled_at
    )
    return session.scalar(anew.limit(1)) is None


def _mails_in_trouble(session: Session, config: Config, now: datetime) -> Iterator[Found]:
    outs = {mailout.name for event in config.events for mailout in event.mailouts} | set(NEWS)
    failed = sa.select(Outbox).where(
        Outbox.state == "failed", Outbox.mail.in_(outs), ~_known("mail_failed", sa.cast(Outbox.key, sa.String))
    )
    for row in session.scalars(failed.options(sa.orm.defer(Outbox.body)).order_by(Outbox.id)):
        person = session.get(Participant, row.participant_id) if row.participant_id else None
        if person is None or person.reachable == "yes":  # of others the notice on their address says it
            yield Found("mail_failed", row.key, row.recipient, f"{row.mail}: {row.reason or row.response}", row.event,
                        row.participant_id)  # fmt: skip
    for mail, slug, count, first in _late(session, outs, now):
        if session.scalar(_open_now("mail_late", f"{mail} {slug}")) is None:
            yield Found("mail_late", f"{mail} {slug}", "", f"{mail}: {count}; {first:%Y-%m-%d %H:%M} UTC", slug)


def _late(session: Session, outs: Iterable[str], now: datetime) -> Sequence[tuple[str, str, int, datetime]]:
    """Return the mail-outs of which some mails should have left a while ago: name, event, how many, since when."""
    query = sa.select(Outbox.mail, Outbox.event, sa.func.count(), sa.func.min(Outbox.due_at))
    query = query.where(
        Outbox.state.in_(("waiting", "claimed")), Outbox.due_at <= now - LATE, Outbox.created_at <= now - LATE,
        Outbox.next_attempt_at <= now + timedelta(hours=2), Outbox.mail.in_(tuple(outs)),
    )  # fmt: skip
    rows = session.execute(query.group_by(Outbox.mail, Outbox.event)).all()
    return [(str(m), str(e), int(n), first) for m, e, n, first in rows]


def _open_now(kind: str, what: str) -> sa.Select[Any]:
    return sa.select(Notice.id).where(Notice.key == f"{kind} {what}"[:255], Notice.settled_at.is_(None))


def _mailboxes_down(session: Session, config: Config, now: datetime) -> Iterator[Found]:
    for mailbox in config.mailboxes:
        state = health.reached(session, health.mailbox(mailbox.name))
        down = state.trouble and state.since is not None and now - state.since >= DOWN
        if down and session.scalar(_open_now("mailbox_down", mailbox.name)) is None:
            yield Found("mailbox_down", mailbox.name, "", f"{mailbox.name}: {state.trouble}")


def _over(session: Session, config: Config, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the kinds and things that are told and over by themselves."""
    query = sa.select(Notice).where(
        Notice.settled_at.is_(None), Notice.kind.in_(("computer", "mail_failed", "mail_late", "mailbox_down"))
    )
    rows = session.scalars(query).all()
    outs = {mailout.name for event in config.events for mailout in event.mailouts} | set(NEWS)
    late = {f"{mail} {slug}" for mail, slug, _, _ in _late(session, outs, now)} if rows else set()
    for notice in rows:
        what = notice.key.removeprefix(f"{notice.kind} ")
        if not _still(session, notice, what, late):
            yield notice.kind, what


def _still(session: Session, notice: Notice, what: str, late: set[str]) -> bool:
    match notice.kind:
        case "computer":
            person = session.get(Participant, notice.participant_id) if notice.participant_id else None
            return person is not None and bool(person.needs_access) and person.status in COMING
        case "mail_failed":
            return session.scalar(sa.select(Outbox.state).where(Outbox.key == what)) == "failed"
        case "mail_late":
            return what in late
        case _:
            return bool(health.reached(session, health.mailbox(what)).trouble)


# ---------------------------------------------------------------- alerts


def _untold() -> sa.Select[Any]:
    return sa.select(Notice).where(Notice.settled_at.is_(None), Notice.told_at.is_(None)).order_by(Notice.id)


def _alert_is_due(session: Session, now: datetime) -> bool:
    """Say whether there is something to tell, and the time to collect after the last alert is over."""
    if session.scalar(_untold().limit(1)) is None:
        return False
    last = session.get(Fact, LAST_ALERT)
    if last is None or last.at > now or now - last.at >= QUIET:
        return True
    _, _, row = last.value.partition(" ")
    return now - last.at >= COLLECTED[min(int(row or 1), len(COLLECTED)) - 1]


def _put_alert(session: Session, config: Config, now: datetime) -> int:
    last = session.get(Fact, LAST_ALERT)
    number, _, row = last.value.partition(" ") if last else ("0", "", "0")
    follows = last is not None and last.at <= now < last.at + QUIET
    told = session.scalars(_untold()).all()
    count = int(number) + 1
    session.merge(Fact(name=LAST_ALERT, value=f"{count} {int(row or 0) + 1 if follows else 1}", at=now))
    for notice in told:
        notice.told_at, notice.alert = now, count
    say("organisers_told", things=len(told), number=count)
    return _put(session, config, ALERT, str(count), use=ALERT_USE, now=now)


def recipients(session: Session, config: Config) -> list[str]:
    """Return the organisers whose mail does not come back; all of them where all of it does."""
    dead = sa.select(Returned.address).where(Returned.how == "hard", Returned.void_at.is_(None))
    gone = set(session.scalars(dead.where(Returned.address.in_([key(a) for a in config.organisers.addresses]))))
    alive = [a for a in config.organisers.addresses if key(a) not in gone]
    return list(dict.fromkeys(alive or config.organisers.addresses))


def _put(session: Session, config: Config, mail: str, number: str, *, use: timedelta, now: datetime) -> int:
    """Put one mail to each organiser; `number` says which alert or digest it is."""
    event = next_event(config, now)
    owed = [
        outbox.Owed(key=f"{mail} {number} {address}"[:255], mail=mail, event=event.slug, event_start=event.starts,
                    recipient=address, language="", case=number[:32], due_at=now, expires_at=now + use)
        for address in recipients(session, config)
    ]  # fmt: skip
    return outbox.put(session, owed, now, config.smtp.domain)


def put_decision(
    session: Session, config: Config, received_id: int, to: str, *, understood: bool, now: datetime
) -> None:
    """Owe an organiser the answer to what they decided."""
    event = next_event(config, now)
    owed = outbox.Owed(
        key=f"{DECISION} {received_id}", mail=DECISION, event=event.slug, event_start=event.starts, recipient=to,
        language="", case="" if understood else "not_understood", due_at=now, expires_at=now + ALERT_USE,
        received_id=received_id,
    )  # fmt: skip
    outbox.put(session, [owed], now, config.smtp.domain)


# ---------------------------------------------------------------- digest


def digest_since(session: Session, config: Config, now: datetime) -> datetime | None:
    """Return since when a digest that is due now tells; None where none is due."""
    hour = config.organisers.digest
    if hour is None:
        return None
    zone = next_event(config, now).zone
    today = now.astimezone(zone)
    moment = today.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    if moment > today:
        moment -= timedelta(days=1)
    last = session.get(Fact, LAST_DIGEST)
    return last.at if last is not None and last.at < moment else None


def _put_digest(session: Session, config: Config, since: datetime, now: datetime) -> int:
    session.merge(Fact(name=LAST_DIGEST, value=since.isoformat(), at=now))
    if not happened(session, since, now):
        return 0
    return _put(session, config, DIGEST, now.strftime("%Y-%m-%d %H:%M"), use=DIGEST_USE, now=now)


def happened(session: Session, since: datetime, now: datetime) -> bool:
    """Say whether anything happened that organisers would want to read of."""
    outs = Outbox.mail.not_in((ALERT, DIGEST, DECISION, "acknowledgement"))
    queries = (
        sa.select(Change.id).where(Change.at > since, Change.at <= now),
        sa.select(Received.id).where(Received.read_at > since, Received.disposition.in_(HAPPENED)),
        sa.select(Outbox.id).where(Outbox.done_at > since, Outbox.state.in_(("sent", "failed")), outs),
        sa.select(Notice.id).where(Notice.at > since),
    )
    return any(session.scalar(query.limit(1)) is not None for query in queries)
