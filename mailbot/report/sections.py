"""One event's whole page, gathered: figures, needs, mail-outs, pictures and people, worded and ready to be laid out.

`glance`, `attention`, `pictures`, `filters` and `people` word their parts; what goes out, who is missing what and who
needs a computer are worded here. Nothing here produces HTML, counts, or writes to the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from mailbot.config import EventConfig
from mailbot.models import Notice, Outbox, Received
from mailbot.report import glance, numbers, pictures, rows
from mailbot.report.attention import Group, Needs
from mailbot.report.columns import Column, columns
from mailbot.report.filters import Filter, filters
from mailbot.report.glance import Tile
from mailbot.report.history import Histories
from mailbot.report.numbers import Figures
from mailbot.report.people import Person, people
from mailbot.report.pictures import Line, Picture
from mailbot.report.rows import Row
from mailbot.report.words import Words


@dataclass(frozen=True, slots=True)
class NextShown:
    """One mail-out, in words."""

    name: str
    to: str
    when: str
    state: str
    over: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Listed:
    """A label and the people under it."""

    label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class DeskShown:
    """Who needs a computer in one country, and the office there; `short` where seats do not suffice."""

    country: str
    rows: tuple[Row, ...]
    office: str
    short: bool


@dataclass(frozen=True, slots=True)
class EventPage:
    """Everything that the template shows of one event."""

    id: str
    title: str
    dates: str
    distance: str
    place: str
    figures: Figures
    strip: tuple[Tile, ...]
    aside: str
    ahead: str
    needs: tuple[Group, ...]
    next: tuple[NextShown, ...]
    unreachable: tuple[Row, ...]
    missing: tuple[Listed, ...]
    desks: tuple[DeskShown, ...]
    line: Line
    pictures: tuple[Picture, ...]
    filters: tuple[Filter, ...]
    columns: tuple[Column, ...]
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What one event's sections are made from: its messages that wait for a person, its mails that are stuck, what
    else is in the way, and how to say it (`words` in the event's zone)."""

    event: EventConfig
    now: datetime
    words: Words
    histories: Histories
    messages: Sequence[Received]
    mails: Sequence[Outbox]
    notices: Sequence[Notice] = ()


def event_page(session: Session, source: Source, name: str) -> EventPage:
    """Gather one event's sections; `name` makes ids on the page unique."""
    event, words = source.event, source.words
    people_rows = [r for batch in rows.batches(session, event.slug, event.starts) for r in batch]
    by_name = sorted(people_rows, key=lambda r: (numbers.fold(r.shown_name), r.id))
    figures = numbers.figures(people_rows, event.required)
    coming = numbers.mailouts(event, people_rows, source.now)
    shown = columns(words, [m.name for m in event.mailouts])
    needs = Needs(words, source.histories).of(people_rows, source.messages, source.mails, source.notices)
    return EventPage(
        id=name,
        title=event.title_in(words.language),
        dates=_dates(event, words),
        distance=words.distance(event.starts - source.now) if event.starts > source.now else "",
        place=words.place,
        figures=figures,
        strip=glance.strip(figures, sum(len(g.needs) for g in needs), words, name),
        aside=glance.aside(figures, words),
        ahead=glance.ahead(coming, source.now, words),
        needs=tuple(needs),
        next=tuple(_next(c, words) for c in coming),
        unreachable=tuple(numbers.unreachable(people_rows)),
        missing=_missing(people_rows, event, words),
        desks=tuple(_desk(d, words) for d in numbers.desks(event, people_rows)),
        line=pictures.line(people_rows, event, source.now, words, name),
        pictures=pictures.tallies(people_rows, words),
        filters=filters(people_rows, words),
        columns=tuple(shown),
        people=tuple(people(by_name, shown, source.histories, words, event.required)),
    )


def _dates(event: EventConfig, words: Words) -> str:
    starts, ends = words.local(event.starts), words.local(event.ends)
    until = words.clock(ends) if starts.date() == ends.date() else words.full(ends)
    dates = f"{words.full(starts)}–{until} ({words.zone_name()})"
    return words.text("page.cancelled", dates=dates) if event.cancelled else dates


def _next(coming: numbers.Coming, words: Words) -> NextShown:
    audience = words.named("mode", coming.to)
    to = words.text("next.to_everyone") if coming.to == "everyone" else words.text("next.to", audience=audience)
    parts = [
        words.count(f"next.{what}", n)
        for what, n in (("to_go", coming.to_go), ("sent", coming.sent), ("in_doubt", coming.in_doubt))
        if n
    ]
    if coming.over:
        state = words.text("next.sent_over", sent=words.number(coming.sent))
    elif coming.to_go or coming.in_doubt:
        state = words.both(parts)
    else:
        state = words.text("next.sent_all" if coming.sent else "next.none_to_go", sent=words.number(coming.sent))
    if coming.late:
        state = f"{words.text('next.late')} {state}"
    name = words.named("mail", coming.name)
    return NextShown(name[:1].upper() + name[1:], to, words.full(coming.at), state, coming.over, coming.late)


def _missing(people_rows: Sequence[Row], event: EventConfig, words: Words) -> tuple[Listed, ...]:
    found = []
    for field in event.required:
        lacking = tuple(r for r in people_rows if r.coming and field in r.missing(event.required))
        if lacking:
            found.append(Listed(words.named("field", field), lacking))
    return tuple(found)


def _desk(desk: numbers.Desk, words: Words) -> DeskShown:
    office = words.text("desks.no_office")
    if desk.offices:
        office = words.count("desks.office", desk.seats, office=words.both(desk.offices))
    country = words.country(desk.country) or words.text("pictures.unknown")
    return DeskShown(country, desk.people, office, desk.seats < len(desk.people))
