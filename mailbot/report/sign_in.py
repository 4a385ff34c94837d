"""A sheet to sign for those who come in person: one HTML page, made for paper, that needs nothing else.

Names stand as people wrote them, by family name as far as one can tell, with a space to sign for each day, and empty
lines for who is not on the list. Reads only; nothing that a participant wrote becomes markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from markupsafe import Markup
from sqlalchemy.orm import Session

from mailbot.config import Config, EventConfig
from mailbot.report import numbers, rows
from mailbot.report.page import asset, environment, policy
from mailbot.report.rows import Row
from mailbot.report.surnames import split
from mailbot.report.words import Words

EMPTY_LINES = 10
"""Lines for those who come without having registered: half a page of A4, and more can be printed."""

MOST_DAYS = 5
"""Days for which there is a space each: more would leave none of them room for a signature on A4."""


@dataclass(frozen=True, slots=True)
class Line:
    """One person: the name as it was written, in pieces (text, whether it is the family's), title and organisation."""

    name: tuple[tuple[str, bool], ...]
    title: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One event's sheet; `days` head the spaces to sign, one "" where the event has a single day."""

    title: str
    dates: str
    place: str
    days: tuple[str, ...]
    lines: tuple[Line, ...]


def page(session: Session, config: Config, now: datetime, language: str, events: Sequence[str] = ()) -> str:
    """Return the sheets of these events (slugs; none: all) as one HTML page. `now` is aware."""
    chosen = [e for e in numbers.order(config.events, now) if not events or e.slug in events]
    words = Words(language, now.tzinfo or UTC, config.templates)
    told = [(event, words.of(event, config.templates)) for event in chosen]
    style = asset(config.templates, "sign-in.css")
    return environment(config.templates, "sign-in.html").get_template("sign-in.html").render(
        w=words,
        sheets=[_sheet(session, event, w) for event, w in told],
        as_of=words.text("page.as_of", moment=told[0][1].full(now), zone=told[0][1].zone_name()) if told else "",
        empty=range(EMPTY_LINES),
        style=Markup(style),  # noqa: S704 -- our own file, no participant's text
        policy=policy(style, ""),
    )  # fmt: skip


def _sheet(session: Session, event: EventConfig, words: Words) -> Sheet:
    coming = [r for batch in rows.batches(session, event.slug, event.starts) for r in batch if _here(r)]
    ordered = sorted(coming, key=lambda r: (*(numbers.fold(part) for part in reversed(split(r.shown_name))), r.id))
    days = _days(event)
    return Sheet(
        title=event.title_in(words.language),
        dates=words.full(event.starts),
        place=words.place,
        days=tuple(words.day(day) for day in days) if len(days) > 1 else ("",),
        lines=tuple(Line(_pieces(r.shown_name), r.title, r.organisation) for r in ordered),
    )


def _here(row: Row) -> bool:
    return row.expected and row.mode == "in_person"


def _days(event: EventConfig) -> list[date]:
    first, last = event.starts.date(), event.ends.date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)][:MOST_DAYS]


def _pieces(name: str) -> tuple[tuple[str, bool], ...]:
    """Cut a name where its family name begins and ends, so that it can stand out; the name itself stays as it is."""
    family = split(name)[1]
    before, found, behind = name.partition(family) if name.startswith(family) else name.rpartition(family)
    return tuple((text, own) for text, own in ((before, False), (found, True), (behind, False)) if text)
