"""The report's pictures: registrations over time, and by country, organisation, language and way of taking part.

Rows and words in, drawings with their captions out; `charts` draws, `numbers` counts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from mailbot import schedule
from mailbot.config import EventConfig
from mailbot.report import charts, numbers
from mailbot.report.charts import Bar, Mark
from mailbot.report.rows import Row
from mailbot.report.words import Words

MOST_BARS = 12
"""Bars in one picture; the rest becomes one bar "others"."""

WIDTHS = {"large": 1120, "medium": 700, "small": 350}
"""Widths of the timeline in CSS pixels: the page's measure on a desktop, a tablet's or a sheet's, and a phone's."""


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


def line(people_rows: Sequence[Row], event: EventConfig, now: datetime, words: Words, name: str) -> Line:
    """Draw the timeline of those who come, up to `now` or the event's end; `name` makes its ids unique on the page."""
    counted = numbers.timeline(people_rows, event.zone, min(now, event.ends))
    busiest = counted.busiest
    if busiest is None:
        return Line("", "", "", (), Markup(""), Markup(""), Markup(""))
    by = "days" if counted.days == 1 else "weeks"
    labels = charts.Labels(
        title=words.text("pictures.timeline"),
        about=words.text(
            "pictures.about", first=words.day(counted.steps[0].day), last=words.day(counted.steps[-1].day),
            busiest=words.day(busiest.day), n=words.number(busiest.new),
        ),
        new=words.text(f"pictures.new_{by}"),
        total=words.text("pictures.total"),
        day=words.day,
    )  # fmt: skip
    marks = [Mark(m.due_at.astimezone(event.zone).date(), words.named("mail", m.mailout.name)) for m in _big(event)]
    marks.append(Mark(event.starts.date(), words.text("pictures.event")))
    drawn = {part: charts.timeline(counted, width, f"{name}-{part}", labels, marks) for part, width in WIDTHS.items()}
    return Line(labels.about, words.text(f"pictures.step_{by}"), labels.new, counted.steps, **drawn)


def _big(event: EventConfig) -> list[schedule.Moment]:
    """Return the mail-outs on another day than the event's: on the same day their marks would cover each other."""
    day = event.starts.date()
    return [m for m in schedule.moments(event) if m.due_at.astimezone(event.zone).date() != day]


def tallies(people_rows: Sequence[Row], words: Words) -> tuple[Picture, ...]:
    """Return the lists of bars, of those who come."""
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
