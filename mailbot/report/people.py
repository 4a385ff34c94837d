"""One person in the report: their cells, what the table filters by, and their history in words.

Rows, histories and words in, plain values for the template out; nothing here produces HTML or queries by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbot.report.columns import Cell, Column, phone
from mailbot.report.history import Entry, Histories, Letter, Step
from mailbot.report.numbers import doubtful
from mailbot.report.rows import BATCH, TROUBLE, Row
from mailbot.report.words import Words

SERVER = "mail server"
"""Who changed something, in the history, when mail came back."""


@dataclass(frozen=True, slots=True)
class StepShown:
    """One change of a field, in words; `source` says from where the words are and how sure the reader was."""

    label: str
    old: str
    new: str
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class EntryShown:
    """One message or decision; `seen` when its message is shown with an earlier entry."""

    at: datetime
    by: str
    steps: tuple[StepShown, ...]
    letter: Letter | None
    seen: bool


@dataclass(frozen=True, slots=True)
class Person:
    """One row of the table with its cells, its data for filters as (key, value), why to look at it, and its history."""

    row: Row
    cells: tuple[Cell, ...]
    data: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]
    entries: tuple[EntryShown, ...]


def people(
    rows: Sequence[Row], columns: Sequence[Column], histories: Histories, words: Words, required: Sequence[str]
) -> Iterator[Person]:
    """Yield a person for each row."""
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        told = histories.of([r.id for r in batch])
        for row in batch:
            yield Person(
                row=row,
                cells=tuple(c.cell(row) for c in columns),
                data=_data(row, required),
                reasons=tuple(words.reason(r) for r in row.review),
                entries=_entries(told[row.id], words),
            )


def _data(row: Row, required: Sequence[str]) -> tuple[tuple[str, str], ...]:
    flags = {
        "incomplete": row.coming and bool(row.missing(required)),
        "unreachable": row.expected and row.delivery in TROUBLE,
        "review": row.expected and doubtful(row),
    }
    return (
        ("status", row.status),
        ("mode", row.mode or "-"),
        ("country", row.country or "-"),
        ("language", row.language or "-"),
        ("computer", {True: "1", False: "0", None: "-"}[row.needs_access]),
        ("attention", " ".join(f for f, on in flags.items() if on)),
    )


def _entries(entries: Sequence[Entry], words: Words) -> tuple[EntryShown, ...]:
    seen: set[int] = set()
    shown = []
    for e in entries:
        again = e.letter is not None and e.letter.id in seen
        if e.letter is not None:
            seen.add(e.letter.id)
        steps = tuple(_step(s, words) for s in e.steps)
        shown.append(EntryShown(e.at, told_by(e.who, e.received, words), steps, None if again else e.letter, again))
    return tuple(shown)


def told_by(who: str, received: int | None, words: Words) -> str:
    """Say who changed something: a participant's message, an organiser, a command, or time."""
    if who == SERVER:
        return words.text("history.by_server")
    if received is not None:
        return words.text("history.by_message", who=who)
    if who in {"command", "retention", "offices"}:
        return words.text(f"history.by_{who}")
    return words.text("history.by_organiser", who=who.removeprefix("organiser").strip() or who)


def _step(step: Step, words: Words) -> StepShown:
    source = [words.text(f"place.{step.place}")] if words.has(f"place.{step.place}") else []
    source += [words.text("history.sure", percent=words.percent(step.confidence))] if step.words else []
    how = f"rule.{step.rule.partition('-')[0]}"  # the learned reader's rules: likeness-…, group-…
    source += [words.text(how)] if step.words and words.has(how) else []
    new = told_value(step.field, step.new, words)
    return StepShown(
        label=words.named("field", step.field),
        old=told_value(step.field, step.old, words),
        new=new,
        words="" if step.words.strip() in {new, step.new} else step.words,  # saying it twice tells nothing
        source=", ".join(source),
    )


def told_value(field: str, value: str, words: Words) -> str:
    """Word a value of the history: codes become words, numbers are grouped, the rest stays as it was written."""
    if not value:
        return ""
    match field:
        case "mode" | "status" | "reachable":
            return words.named(field, value)
        case "needs_access":
            return words.yes_no(value.casefold() in {"yes", "true", "1"})
        case "phone":
            return phone(value)
        case "language":
            return words.language_name(value)
    return value
