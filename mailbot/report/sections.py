"""The report's sections for one event: figures, needs, mail-outs, pictures and people, worded and ready to be laid out.

Numbers and words in, plain values for the template out. Nothing here produces HTML (`charts` does for pictures),
counts, or writes to the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup
from sqlalchemy.orm import Session

from mailbot import schedule
from mailbot.config import EventConfig
from mailbot.models import Outbox, Received
from mailbot.report import charts, numbers, rows
from mailbot.report.charts import Bar, Mark
from mailbot.report.columns import Cell, Column, columns
from mailbot.report.history import Histories, Letter
from mailbot.report.numbers import Figures
from mailbot.report.people import Person, people
from mailbot.report.rows import Row
from mailbot.report.words import Words

MOST_BARS = 12
"""Bars in one picture; the rest becomes one bar "others"."""

MOST_NEEDS = 8
"""Things of one kind that are shown at once; the rest can be opened."""

WIDTHS = {"large": 1120, "medium": 700, "small": 350}
"""Widths of the timeline in CSS pixels: the page's measure on a desktop, a tablet's or a sheet's, and a phone's."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top: where it leads, and how it filters the table ("key=value")."""

    number: int
    label: str
    target: str
    filter: str = ""
    alarm: bool = False


@dataclass(frozen=True, slots=True)
class NeedShown:
    """One thing that needs a person, in words; `reply` is a mailto link, `row` the participant's id."""

    who: str
    at: datetime
    subject: str
    reasons: tuple[str, ...]
    words: str
    reply: str
    row: int | None
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class Group:
    """The needs of one kind; `most` are shown at once."""

    title: str
    note: str
    needs: tuple[NeedShown, ...]
    most: int = MOST_NEEDS


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
class Picture:
    """One list of bars."""

    title: str
    bars: tuple[Bar, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """The timeline, drawn for each of WIDTHS, and what it shows as a sentence and as numbers."""

    about: str
    step: str
    new: str
    steps: tuple[numbers.Step, ...]
    large: Markup
    medium: Markup
    small: Markup


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a filter."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter above the table: the row's data key, and its choices."""

    key: str
    label: str
    options: tuple[Option, ...]


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
    """What one event's sections are made from: its messages that wait for a person, its mails that are stuck, and how
    to say it (`words` in the event's zone)."""

    event: EventConfig
    now: datetime
    words: Words
    histories: Histories
    messages: Sequence[Received]
    mails: Sequence[Outbox]


def event_page(session: Session, source: Source, name: str) -> EventPage:
    """Gather one event's sections; `name` makes ids on the page unique."""
    event, words = source.event, source.words
    people_rows = [r for batch in rows.batches(session, event.slug, event.starts) for r in batch]
    by_name = sorted(people_rows, key=lambda r: (numbers.fold(r.shown_name), r.id))
    figures = numbers.figures(people_rows, event.required)
    shown = columns(words, [m.name for m in event.mailouts])
    needs = Needs(words, source.histories).of(people_rows, source.messages, source.mails)
    return EventPage(
        id=name,
        title=event.title_in(words.language),
        dates=_dates(event, words),
        distance=words.distance(event.starts - source.now) if event.starts > source.now else "",
        place=words.place,
        figures=figures,
        strip=_strip(figures, sum(len(g.needs) for g in needs), words, name),
        aside=_aside(figures, words),
        needs=tuple(needs),
        next=tuple(_next(c, words) for c in numbers.mailouts(event, people_rows, source.now)),
        unreachable=tuple(numbers.unreachable(people_rows)),
        missing=_missing(people_rows, event, words),
        desks=tuple(_desk(d, words) for d in numbers.desks(event, people_rows)),
        line=_line(people_rows, source, name),
        pictures=_pictures(people_rows, words),
        filters=_filters(people_rows, words),
        columns=tuple(shown),
        people=tuple(people(by_name, shown, source.histories, words, event.required)),
    )


def _dates(event: EventConfig, words: Words) -> str:
    starts, ends = words.local(event.starts), words.local(event.ends)
    until = words.clock(ends) if starts.date() == ends.date() else words.full(ends)
    dates = f"{words.full(starts)}–{until} ({words.zone_name()})"
    return words.text("page.cancelled", dates=dates) if event.cancelled else dates


def _strip(figures: Figures, needs: int, words: Words, name: str) -> tuple[Tile, ...]:
    """Return the figures at the top, in the order in which organisers ask; what is nobody's worry is left out."""
    f, table = figures, f"{name}-table"
    tiles = [
        Tile(f.coming, words.count("figures.coming", f.coming), table, "status=registered"),
        Tile(f.online, words.text("figures.online"), table, "status=registered mode=online"),
        Tile(f.in_person, words.text("figures.in_person"), table, "status=registered mode=in_person"),
        Tile(f.mode_unknown, words.text("figures.mode_unknown"), table, "status=registered mode=-")
        if f.mode_unknown
        else None,
        Tile(
            f.need_computer,
            words.count("figures.need_computer", f.need_computer),
            table,
            "status=registered computer=1",
        ),
        Tile(f.incomplete, words.count("figures.incomplete", f.incomplete), table, "attention=incomplete"),
        Tile(needs, words.count("figures.needs", needs), f"{name}-needs", alarm=needs > 0),
        Tile(
            f.unreachable,
            words.count("figures.unreachable", f.unreachable),
            f"{name}-unreachable",
            alarm=f.unreachable > 0,
        ),
    ]
    return tuple(t for t in tiles if t is not None)


def _aside(figures: Figures, words: Words) -> str:
    parts = [
        words.text(f"figures.aside_{what}", n=words.number(n))
        for what, n in (("tentative", figures.tentative), ("declined", figures.declined))
        if n
    ]
    return words.text("figures.aside", parts=words.both(parts)) if parts else ""


class Needs:
    """Words what needs a person, with the message where there is one."""

    def __init__(self, words: Words, histories: Histories) -> None:
        self._words, self._histories = words, histories

    def of(self, people_rows: Sequence[Row], messages: Iterable[Received], mails: Iterable[Outbox]) -> list[Group]:
        """Return the needs in groups, the most urgent kind first."""
        found = numbers.needs(people_rows, messages, mails)
        groups = []
        for kind in numbers.URGENT:
            shown = tuple(self._shown(n) for n in found if n.kind == kind)
            if shown:
                w = self._words
                groups.append(Group(w.text(f"needs.{kind}"), w.text(f"needs.note_{kind}"), shown))
        return groups

    def _shown(self, need: numbers.Need) -> NeedShown:
        w = self._words
        of_mail = need.kind in {"failed", "in_doubt"}
        return NeedShown(
            who=need.who,
            at=need.at,
            subject=w.named("mail", need.subject) if of_mail else need.subject,
            reasons=tuple(w.reason(r) for r in need.reasons),
            words=need.words,
            reply=reply(need.address, "" if of_mail else need.subject),
            row=need.row,
            letter=self._histories.letter(need.received) if need.received is not None else None,
        )


def reply(address: str, subject: str) -> str:
    """Return a mailto link (RFC 6068), with everything encoded that could add a recipient or a header.

    Nothing for what is no address.
    """
    if "@" not in address:
        return ""
    link = "mailto:" + quote(address, safe="@+.-_")
    if not subject:
        return link
    told = subject if subject.casefold().startswith("re:") else f"Re: {subject}"
    return f"{link}?subject={quote(told, safe='')}"


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


def _line(people_rows: Sequence[Row], source: Source, name: str) -> Line:
    event, words = source.event, source.words
    line = numbers.timeline(people_rows, event.zone, min(source.now, event.ends))
    busiest = line.busiest
    if busiest is None:
        return Line("", "", "", (), Markup(""), Markup(""), Markup(""))
    by = "days" if line.days == 1 else "weeks"
    labels = charts.Labels(
        title=words.text("pictures.timeline"),
        about=words.text(
            "pictures.about", first=words.day(line.steps[0].day), last=words.day(line.steps[-1].day),
            busiest=words.day(busiest.day), n=words.number(busiest.new),
        ),
        new=words.text(f"pictures.new_{by}"),
        total=words.text("pictures.total"),
        day=words.day,
    )  # fmt: skip
    marks = [Mark(m.due_at.astimezone(event.zone).date(), words.named("mail", m.mailout.name)) for m in _big(event)]
    marks.append(Mark(event.starts.date(), words.text("pictures.event")))
    drawn = {part: charts.timeline(line, width, f"{name}-{part}", labels, marks) for part, width in WIDTHS.items()}
    return Line(labels.about, words.text(f"pictures.step_{by}"), labels.new, line.steps, **drawn)


def _big(event: EventConfig) -> list[schedule.Moment]:
    """Return the mail-outs on another day than the event's: on the same day their marks would cover each other."""
    day = event.starts.date()
    return [m for m in schedule.moments(event) if m.due_at.astimezone(event.zone).date() != day]


def _pictures(people_rows: Sequence[Row], words: Words) -> tuple[Picture, ...]:
    coming = [r for r in people_rows if r.coming]

    def bars(key: Callable[[Row], str], name: Callable[[str], str]) -> tuple[Bar, ...]:
        counts = [(name(v) or words.text("pictures.unknown"), n) for v, n in numbers.tally(coming, key)]
        return tuple(charts.bars(counts, MOST_BARS, lambda n: words.count("pictures.others", n)))

    return (
        Picture(
            words.text("pictures.countries"),
            bars(lambda r: r.country, words.country),
            words.text("pictures.note_countries"),
        ),
        Picture(words.text("pictures.organisations"), bars(lambda r: r.organisation, str)),
        Picture(words.text("pictures.languages"), bars(lambda r: r.language, words.language_name)),
        Picture(words.text("pictures.modes"), bars(lambda r: r.mode, lambda m: words.named("mode", m))),
    )


def _filters(people_rows: Sequence[Row], words: Words) -> tuple[Filter, ...]:
    """Return the filters, each with the choices that occur; one with a single choice is none."""
    w = words

    def choices(key: str, label: str, value: Callable[[Row], str], name: Callable[[str], str]) -> Filter:
        found = sorted({value(r) for r in people_rows}, key=lambda v: (v == "", numbers.fold(name(v))))
        options = tuple(Option(v or "-", name(v) or w.text("pictures.unknown")) for v in found)
        return Filter(key, label, options)

    attention = tuple(Option(a, w.text(f"table.attention_{a}")) for a in ("incomplete", "unreachable", "review"))
    return (
        choices("status", w.text("field.status"), lambda r: r.status, lambda v: w.named("status", v)),
        choices("mode", w.text("field.mode"), lambda r: r.mode, lambda v: w.named("mode", v)),
        choices("country", w.text("field.country"), lambda r: r.country, w.country),
        choices("language", w.text("field.language"), lambda r: r.language, w.language_name),
        Filter("computer", w.text("field.needs_access"), (Option("1", w.yes_no(True)), Option("0", w.yes_no(False)))),
        Filter("attention", w.text("table.attention"), attention),
    )


__all__ = ["Cell", "EventPage", "Needs", "event_page", "reply"]
