"""The registry as figures: how many come and how, what is missing, who needs a person, what goes out next.

Pure: rows and an event in, numbers out. Nothing here queries, reads a clock, or knows a language; words are codes that
`words` turns into sentences.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from mailbot import schedule
from mailbot.config import EventConfig, MailoutConfig
from mailbot.models import Notice, Outbox, Received
from mailbot.report.rows import TROUBLE, Row, words_of
from mailbot.rsvp.answer import SURE

LONGEST_BY_DAY = 92
"""Days that a picture shows one by one; a longer time is shown by weeks, since bars would be hair-thin."""

LATE = timedelta(minutes=10)
"""How long a mail may be owed before the report calls it late: a slow server and one retry fit in."""

URGENT = ("notice", "question", "held", "failed", "in_doubt", "review")
"""The kinds of things that need a person, in the order in which an organiser wants to see them."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers at the top of the report. `online`, `in_person`, `mode_unknown` and those below count who comes."""

    coming: int
    online: int
    in_person: int
    mode_unknown: int
    tentative: int
    declined: int
    need_computer: int
    incomplete: int
    unreachable: int
    missing: tuple[tuple[str, int], ...]


def figures(rows: Sequence[Row], required: Sequence[str]) -> Figures:
    """Count an event's rows; `missing` gives each required field and how many who come have not given it."""
    coming = [r for r in rows if r.coming]
    lacks = Counter(f for r in coming for f in r.missing(required))
    return Figures(
        coming=len(coming),
        online=sum(r.mode == "online" for r in coming),
        in_person=sum(r.mode == "in_person" for r in coming),
        mode_unknown=sum(not r.mode for r in coming),
        tentative=sum(r.status == "tentative" for r in rows),
        declined=sum(r.status == "declined" for r in rows),
        need_computer=sum(bool(r.needs_access) for r in coming),
        incomplete=sum(bool(r.missing(required)) for r in coming),
        unreachable=len(unreachable(rows)),
        missing=tuple((f, lacks[f]) for f in required if lacks[f]),
    )


def unreachable(rows: Iterable[Row]) -> list[Row]:
    """Return who is expected but can't be reached by mail."""
    return [r for r in rows if r.expected and r.delivery in TROUBLE]


def tally(rows: Iterable[Row], key: Callable[[Row], str]) -> list[tuple[str, int]]:
    """Count rows by a key, most first, then by name; "" (not known) comes last. Spellings that differ only in case,
    accents or spacing are one, under the spelling that most people use."""
    spellings: dict[str, Counter[str]] = defaultdict(Counter)
    for r in rows:
        text = " ".join(key(r).split())
        spellings[fold(text)][text] += 1
    found = [(min(c, key=lambda s: (-c[s], s)), c.total()) for c in spellings.values()]
    return sorted(found, key=lambda pair: (pair[0] == "", -pair[1], fold(pair[0]), pair[0]))


def fold(text: str) -> str:
    """Return text for comparison: no case, no accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the timeline: the first `day` of it, how many registered in it, and how many up to its end."""

    day: date
    new: int
    total: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Registrations over time, without gaps; each step is `days` long (1 or 7)."""

    days: int
    steps: tuple[Step, ...]

    @property
    def busiest(self) -> Step | None:
        """The step in which most registered, the first of several; None where nobody did."""
        return max(self.steps, key=lambda s: s.new, default=None)


def timeline(rows: Iterable[Row], zone: tzinfo, until: datetime) -> Timeline:
    """Count those who come by the day, in the zone, on which they registered, up to `until` or the last of them."""
    per_day = Counter(r.registered_at.astimezone(zone).date() for r in rows if r.coming)
    if not per_day:
        return Timeline(1, ())
    first, last = min(per_day), max(max(per_day), until.astimezone(zone).date())
    length = 1 if (last - first).days < LONGEST_BY_DAY else 7
    if length == 7:
        first -= timedelta(days=first.weekday())  # weeks begin on Monday (ISO 8601)
    steps: list[Step] = []
    total = 0
    for n in range(0, (last - first).days + 1, length):
        day = first + timedelta(days=n)
        new = sum(per_day[day + timedelta(days=k)] for k in range(length))
        total += new
        steps.append(Step(day, new, total))
    return Timeline(length, tuple(steps))


@dataclass(frozen=True, slots=True)
class Coming:
    """One mail-out: when it is due (UTC), who it is for, and how far it has got.

    `to_go` are those of the audience to whom it still goes, as things stand, `sent` those who have it for the event's
    present start, `in_doubt` those who perhaps have it. `over` says that it goes to nobody any more, `late` that
    somebody has waited for it longer than LATE.
    """

    name: str
    at: datetime
    to: str
    to_go: int
    sent: int
    in_doubt: int
    over: bool
    late: bool


def mailouts(event: EventConfig, rows: Iterable[Row], now: datetime) -> list[Coming]:
    """Return an event's mail-outs in the order of their moments, as far as `now`."""
    rows = list(rows)
    found = []
    for moment in schedule.moments(event):
        mailout = moment.mailout
        audience = [r for r in rows if r.expected and mailout.to in {"everyone", r.mode}]
        states = Counter(m.state for r in audience if (m := r.mailed.get(mailout.name)) is not None)
        left = [r for r in audience if not _left(r, mailout.name) and r.delivery not in TROUBLE]
        owed = [_owed(event, mailout, r, now) for r in left]
        found.append(
            Coming(
                name=mailout.name,
                at=moment.due_at,
                to=mailout.to,
                to_go=sum(o.word in {"owed", "not_yet"} for o in owed),
                sent=states["sent"],
                in_doubt=states["in_doubt"],
                over=moment.expires_at <= now,
                late=any(o and o.at + LATE <= now for o in owed),
            )
        )
    return found


def _owed(event: EventConfig, mailout: MailoutConfig, row: Row, now: datetime) -> schedule.Owed:
    got = {name: m.at for name, m in row.mailed.items() if m.state == "sent" and m.at is not None}
    return schedule.owed(event, mailout, row.registered_at, now, got=got)


def _left(row: Row, mail: str) -> bool:
    return (m := row.mailed.get(mail)) is not None and m.state in {"sent", "in_doubt"}


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs a person: `kind` is one of URGENT, `reasons` are words, `words` what they or a server said.

    `row` is the participant whom it concerns, where there is one; `received` the message.
    """

    kind: str
    reasons: tuple[str, ...]
    at: datetime
    who: str
    address: str
    subject: str = ""
    words: str = ""
    row: int | None = None
    received: int | None = None


def needs(
    rows: Sequence[Row], messages: Iterable[Received], mails: Iterable[Outbox], notices: Iterable[Notice] = ()
) -> list[Need]:
    """Return everything that needs a person, most urgent kind first, then the oldest."""
    by_id = {r.id: r for r in rows}
    by_address: dict[str, int] = {}
    for address, r in [*((r.email, r) for r in rows), *((r.write_to, r) for r in rows)]:
        by_address.setdefault(address.casefold(), r.id)  # their own row first, else one that they registered
    found = [_need_of_message(m, by_address.get(m.sender.casefold() or "?")) for m in messages]
    found += [_need_of_mail(m, by_id.get(m.participant_id or 0)) for m in mails]
    found += [_need_of_notice(n) for n in notices]
    found += [_need_of_row(r) for r in rows if r.expected and doubtful(r)]
    return sorted(found, key=lambda n: (URGENT.index(n.kind), n.at, n.who))


def doubtful(row: Row) -> bool:
    """Return whether a person should look at what was read of this one."""
    return bool(row.review) or row.confidence < SURE


def _need_of_message(message: Received, row: int | None) -> Need:
    kind = "held" if message.disposition == "held" else "question"
    reasons = (message.reason or "held",) if kind == "held" else words_of(message.review)
    return Need(
        kind=kind,
        reasons=reasons,
        at=message.sent_at or message.collected_at,
        who=message.sender_name or message.sender,
        address=message.sender,
        subject=message.subject,
        words=message.question,
        row=row,
        received=message.id,
    )


def _need_of_mail(mail: Outbox, row: Row | None) -> Need:
    who = row.shown_name if row else mail.recipient
    return Need(
        kind=mail.state,
        reasons=(),
        at=mail.done_at or mail.in_doubt_at or mail.due_at,
        who=who,
        address=mail.recipient,
        subject=mail.mail,
        words=mail.response or mail.reason,
        row=row.id if row else None,
    )


def _need_of_notice(notice: Notice) -> Need:
    return Need("notice", (notice.kind,), notice.at, notice.address, notice.address, words=notice.detail)


def _need_of_row(row: Row) -> Need:
    reasons = row.review or ("unsure",)
    return Need("review", reasons, row.changed_at, row.shown_name, row.email or row.write_to, row=row.id)


@dataclass(frozen=True, slots=True)
class Desk:
    """Computers in one country: who there needs one, and the offices' seats."""

    country: str
    people: tuple[Row, ...]
    offices: tuple[str, ...]
    seats: int


def desks(event: EventConfig, rows: Iterable[Row]) -> list[Desk]:
    """Return who needs a computer, by country, beside the offices of that country; most people first."""
    by_country: dict[str, list[Row]] = defaultdict(list)
    for r in rows:
        if r.coming and r.needs_access:
            by_country[r.country].append(r)
    found = []
    for country, people in by_country.items():
        offices = [o for o in event.offices if country and o.country.upper() == country]
        found.append(Desk(country, tuple(people), tuple(o.name for o in offices), sum(o.seats for o in offices)))
    return sorted(found, key=lambda d: (d.country == "", -len(d.people), d.country))


def order(events: Sequence[EventConfig], now: datetime) -> list[EventConfig]:
    """Return the events as an organiser thinks of them: the next one first, past ones last, latest first."""
    ahead = sorted((e for e in events if e.ends >= now), key=lambda e: e.starts)
    past = sorted((e for e in events if e.ends < now), key=lambda e: e.starts, reverse=True)
    return ahead + past


def messages_of(counts: Mapping[tuple[str | None, str], int]) -> dict[str, int]:
    """Add up how many messages there are of each disposition, over all events."""
    total: Counter[str] = Counter()
    for (_, disposition), n in counts.items():
        total[disposition] += n
    return dict(total)
