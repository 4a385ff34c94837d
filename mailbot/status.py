"""Whether all is well: the work itself, its servers, what waits, what is due next, what needs a person, the disk.

Asked from beside, with a worker at work or none: everything is read from the database and the disk, nobody is
connected to, and nothing is changed. Says it in at most ten lines.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import health, mailouts, schedule
from mailbot.config import Config
from mailbot.database import Database, who_works
from mailbot.models import Fact, Notice, Outbox, Participant, Received
from mailbot.outbox import NOT_COMPOSED

SILENT = timedelta(minutes=5)  # without a completed turn: what the worker's own watchdog allows
UNREAD = timedelta(minutes=15)  # without a look into a mailbox; beside three times its `poll`
ONCE = timedelta(hours=1)  # since the last `mailbot once`: cron runs it more often than that
LOW = 200_000_000  # bytes left on the database's disk: some 10,000 messages
BACKLOG = timedelta(minutes=10)  # a message unread, or a mail overdue, for that long: something is slow or stuck


@dataclass(frozen=True, slots=True)
class Needs:
    """How many things wait for a person, by kind."""

    held: int
    questions: int
    failed: int
    not_composed: int
    in_doubt: int
    unreachable: int

    @property
    def any(self) -> bool:
        """Whether there is anything at all."""
        return any(asdict(self).values())


def needs(database: Database, slugs: list[str], *, ask: bool) -> Needs:
    """Count what waits for a person; mail in doubt does only where the configuration says `ask`."""

    def count(table: type, *conditions: sa.ColumnElement[bool]) -> int:
        with database.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)) or 0

    return Needs(
        held=count(Received, Received.disposition == "held", Received.settled_at.is_(None)),
        questions=count(Received, Received.question != "", Received.event.in_(slugs), Received.settled_at.is_(None)),
        failed=count(Outbox, Outbox.state == "failed", Outbox.event.in_(slugs),
                     sa.not_(_seen_to(sa.literal("mail_failed ") + Outbox.key))),
        not_composed=count(Outbox, Outbox.state == "waiting", Outbox.reason.startswith(NOT_COMPOSED),
                           Outbox.event.in_(slugs)),
        in_doubt=count(Outbox, Outbox.state == "in_doubt") if ask else 0,
        unreachable=count(Participant, Participant.reachable == "unreachable", Participant.event.in_(slugs),
                          sa.not_(_seen_to(sa.literal("unreachable ") + sa.cast(Participant.id, sa.String)))),
    )  # fmt: skip


def _seen_to(key: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Return the condition that a person settled the notice of that key, and that it was not told anew since."""
    seen = sa.select(Notice.id).where(Notice.key == key, Notice.settled_at.is_not(None), Notice.settled_by != "")
    return seen.exists()


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its subject in a word or two, what is to be said, and whether it is well."""

    about: str
    told: str
    well: bool = True


@dataclass(frozen=True, slots=True)
class Next:
    """What leaves next: which mail, of which event, when (UTC), and to how many people."""

    mail: str
    event: str
    at: datetime
    people: int


@dataclass(frozen=True, slots=True)
class Status:
    """How things stand at `at`; moments are UTC, sizes bytes. `lines` say the same for people."""

    at: datetime
    worker: str
    turn: datetime | None
    mailboxes: dict[str, health.Reached]
    smtp: health.Reached
    paused_until: datetime | None
    unread: int
    outgoing: dict[str, int]
    next: Next | None
    needs: Needs
    disk_free: int | None
    database_size: int | None
    lines: tuple[Line, ...] = field(default=())

    @property
    def well(self) -> bool:
        """Whether nothing is wrong with the work itself; that a person is needed is another matter."""
        return all(line.well for line in self.lines)

    @property
    def trouble(self) -> list[str]:
        """What is wrong, in the order of the lines."""
        return [f"{line.about}: {line.told}" for line in self.lines if not line.well]


def look(database: Database, config: Config, now: datetime) -> Status:
    """Return how things stand."""
    slugs = [event.slug for event in config.events]
    worker = who_works(database)
    with database.read() as session:
        turn = session.get(Fact, health.TURN)
        boxes = {m.name: health.reached(session, health.mailbox(m.name)) for m in config.mailboxes}
        smtp, pause = health.reached(session, health.SMTP), health.paused(session)
        new = sa.select(sa.func.count(), sa.func.min(Received.collected_at)).where(Received.disposition == "new")
        unread, oldest = session.execute(new).one()
        states = sa.select(Outbox.state, sa.func.count()).where(Outbox.event.in_(slugs)).group_by(Outbox.state)
        outgoing = {str(state): int(count) for state, count in session.execute(states)}
        due = sa.select(sa.func.min(Outbox.next_attempt_at))
        overdue = session.scalar(due.where(Outbox.state == "waiting", Outbox.event.in_(slugs)))
        coming = min(_coming(session, config, now), key=lambda n: n.at, default=None)
    file = database.file
    needed = needs(database, slugs, ask=config.smtp.in_doubt == "ask")
    status = Status(
        at=now, worker=worker, turn=turn.at if turn else None, mailboxes=boxes, smtp=smtp,
        paused_until=pause.until if pause and pause.until > now else None, unread=unread, outgoing=outgoing,
        next=coming, needs=needed, disk_free=shutil.disk_usage(file.absolute().parent).free if file else None,
        database_size=file.stat().st_size if file else None,
    )  # fmt: skip
    lines = (
        _worker(status, turn), *_mailboxes(status, config), _smtp(status),
        _incoming(status, _utc(oldest)), _outgoing(status, overdue), _next(status, config),
        _needs(status), _retention(config, now), _disk(status),
    )  # fmt: skip
    return Status(**{name: getattr(status, name) for name in status.__slots__} | {"lines": lines})


def as_json(status: Status) -> dict[str, object]:
    """Return a status for programs; moments as ISO 8601."""
    told = asdict(status) | {"well": status.well, "trouble": status.trouble}
    return told | {"lines": [f"{line.about}: {line.told}" for line in status.lines]}


def text(status: Status, zone: ZoneInfo) -> str:
    """Return a status for people: what is wrong comes first and is marked."""
    bad = len(status.trouble)
    head = "All is well" if status.well else f"{bad} thing{'s are' if bad != 1 else ' is'} not well"
    if status.needs.any:
        head += "; a person is needed"
    lines = [f"{head} ({_wall(status.at, zone)})."]
    width = max(len(line.about) for line in status.lines)
    lines += [f"{' ' if line.well else '!'} {line.about:{width}}  {line.told}" for line in status.lines]
    return "\n".join(lines) + "\n"


def _worker(status: Status, turn: Fact | None) -> Line:
    ago = f"last turn {_ago(status.at, turn.at)}" if turn else "no turn yet"
    late = turn is None or status.at - turn.at > SILENT
    if status.worker:
        return Line("worker", f"at work (process {status.worker}), {ago}", not late)
    if turn is not None and turn.value == "once" and status.at - turn.at <= ONCE:
        return Line("worker", f"none; `mailbot once` did the {ago}")
    return Line("worker", f"none is at work, {ago}: start `mailbot run`", False)


def _mailboxes(status: Status, config: Config) -> Sequence[Line]:
    """Return one line for all mailboxes: those that are not well first."""
    told, well = list[str](), True
    polls = {m.name: timedelta(seconds=m.poll) for m in config.mailboxes}
    for name, one in sorted(status.mailboxes.items(), key=lambda item: not item[1].trouble):
        if one.trouble and one.since:
            told.append(f"{name} can't be read since {_ago(status.at, one.since)}: {one.trouble}")
        elif one.contact is None:
            told.append(f"{name} was never read")
        else:
            told.append(f"{name} was read {_ago(status.at, one.contact)}")
        stale = one.contact is None or status.at - one.contact > max(UNREAD, 3 * polls[name])
        well = well and not one.trouble and not (stale and bool(status.worker))
    return [Line("mailboxes" if len(told) > 1 else "mailbox", "; ".join(told), well)]


def _smtp(status: Status) -> Line:
    one = status.smtp
    wait = f"; nothing is sent for another {_span(status.paused_until - status.at)}" if status.paused_until else ""
    if one.trouble and one.since:
        return Line("way out", f"no mail can leave since {_ago(status.at, one.since)}: {one.trouble}{wait}", False)
    if one.contact is None:
        return Line("way out", f"no mail was sent yet{wait}")
    return Line("way out", f"took a mail {_ago(status.at, one.contact)}{wait}")


def _incoming(status: Status, oldest: datetime | None) -> Line:
    if not status.unread or oldest is None:
        return Line("incoming", "everything is read")
    stuck = status.at - oldest > BACKLOG
    return Line(
        "incoming", f"{_count(status.unread, 'message')} to read, the oldest from {_ago(status.at, oldest)}", not stuck
    )


def _outgoing(status: Status, overdue: datetime | None) -> Line:
    kinds = (("waiting", "waiting"), ("claimed", "under way"), ("in_doubt", "in doubt"), ("failed", "failed"),
             ("sent", "sent"))  # fmt: skip
    told = ", ".join(f"{n} {word}" for state, word in kinds if (n := status.outgoing.get(state, 0)))
    late = overdue is not None and status.at - overdue > BACKLOG
    since = f"; the oldest should have left {_ago(status.at, overdue)}" if late and overdue else ""
    return Line("outgoing", f"{told or 'nothing'}{since}", not late)


def _next(status: Status, config: Config) -> Line:
    one = status.next
    if one is None:
        return Line("next", "nothing is to come")
    zone = config.event(one.event).zone
    when = "at the next turn" if one.at <= status.at else f"{_wall(one.at, zone)}, in {_span(one.at - status.at)}"
    people = "1 person" if one.people == 1 else f"{one.people} people"
    return Line("next", f"{one.mail} of {one.event} to {people}: {when}")


def _coming(session: Session, config: Config, now: datetime) -> Iterator[Next]:
    """Yield what is next by the outbox and by each event's schedule."""
    soonest = sa.select(Outbox).where(
        Outbox.state == "waiting", Outbox.event.in_([event.slug for event in config.events])
    )
    if (row := session.scalar(soonest.order_by(Outbox.next_attempt_at, Outbox.id).limit(1))) is not None:
        same = sa.select(sa.func.count()).select_from(Outbox).where(
            Outbox.state == "waiting", Outbox.mail == row.mail, Outbox.event == row.event,
            Outbox.next_attempt_at <= max(row.next_attempt_at, now),
        )  # fmt: skip
        yield Next(row.mail, row.event, row.next_attempt_at, session.scalar(same) or 1)
    for event in config.events:
        for moment in schedule.moments(event):
            if moment.due_at > now:
                people = mailouts.audience_size(session, event, moment.mailout)
                yield Next(moment.mailout.name, event.slug, moment.due_at.astimezone(UTC), people)


def _needs(status: Status) -> Line:
    told = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in asdict(status.needs).items() if n)
    return Line("a person", f"is needed: {told}; `mailbot report` shows them" if told else "is not needed")


def _retention(config: Config, now: datetime) -> Line:
    """Say what goes next because its time is up; the worker looks once a day."""
    soon = sorted(
        (schedule.kept_until(event, days), what, event.slug)
        for event in config.events
        for what, days in (
            ("the messages", config.retention.raw_days),
            ("the registry", config.retention.registry_days),
        )
    )
    coming = [one for one in soon if one[0] > now]
    if not coming:
        return Line("retention", "everything has had its time: the worker erases what is left")
    when, what, slug = coming[0]
    return Line("retention", f"{what} of {slug} {'go' if what.endswith('s') else 'goes'} on {when:%Y-%m-%d}")


def _disk(status: Status) -> Line:
    if status.disk_free is None or status.database_size is None:
        return Line("disk", "the database is on a server")
    told = f"{_size(status.disk_free)} free, the database takes {_size(status.database_size)}"
    return Line("disk", told, status.disk_free >= LOW)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'s' if n != 1 else ''}"


def _wall(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} ({zone})"


def _ago(now: datetime, then: datetime) -> str:
    return f"{_span(now - then)} ago" if now > then else "just now"


def _span(how_long: timedelta) -> str:
    seconds = max(int(how_long.total_seconds()), 0)
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return _count(seconds // size, unit)
    return _count(seconds, "second")


def _size(n: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if n < 1000:
            return f"{n:.0f} {unit}"
        n /= 1000
    return f"{n:.0f} GB"
