"""The filters above the registry's table: which there are, and their choices.

Rows and words in, plain values for the template out; the page's script does the filtering.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mailbot.report import numbers
from mailbot.report.rows import Row
from mailbot.report.words import Words


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


def filters(people_rows: Sequence[Row], words: Words) -> tuple[Filter, ...]:
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
