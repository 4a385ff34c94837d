"""The registry as a workbook (XLSX) for Excel and its kin: participants, changes, held messages, mails, a sheet each.

Cells are typed: moments on the event's own clock, numbers, yes and no. Whatever a person wrote is written as a string
and can become no formula, link or number, so that a phone number keeps its plus. Rows stream: memory does not grow with
the registry, what is not written yet lies in a folder that goes away (XlsxWriter's constant_memory).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import xlsxwriter
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from mailbot.config import Config, EventConfig
from mailbot.models import Change, Outbox, Participant
from mailbot.registry.history import SPOKE
from mailbot.report import rows
from mailbot.report.columns import sent_label
from mailbot.report.people import told_by, told_value
from mailbot.report.rows import Mailed, Row
from mailbot.report.words import Words


class Share(float):
    """A number between 0 and 1 that is shown as per cent."""


Value = str | int | float | bool | datetime | None
"""What one cell holds; datetimes are aware."""

LONGEST = 32_767
"""Characters of one cell: Excel's own limit (its specification of 2007); what is longer is cut, with an ellipsis."""

ROWS = 1_048_576
"""Rows of one sheet, the head included: Excel's own limit; what is more goes on in a sheet of its own."""

LONGEST_TITLE = 25
"""Characters of a sheet's title: Excel allows 31, and a number may follow."""

A4 = 9
"""Excel's number for the paper of most of the world (ECMA-376, 18.3.1.63)."""

_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\']")

AT_A_TIME = 1000
"""Rows that a query fetches at once: bounds memory."""

YEARS = range(1900, 9999)
"""Years that a spreadsheet's calendar knows; other moments, from broken Date headers, are written as text."""

MOMENT, SHARE = "yyyy-mm-dd hh:mm", "0%"
"""How moments and shares are shown; Excel says them in the reader's own language."""

MOMENTS = ("registered", "changed", "acknowledged", "at", "due", "done", "settled")
"""Columns of moments: their heads name the clock, where all rows are by the same one."""

WIDE = {
    "name": 26, "title": 30, "organisation": 34, "email": 32, "review": 60, "subject": 40, "words": 50, "old": 26,
    "new": 26, "why": 60, "question": 60, "said": 50, "by": 40, "mail": 22,
}  # fmt: skip
"""Widths of columns in characters, where NARROW does not suffice."""

NARROW = 18
"""The usual width of a column in characters: a moment, a phone number."""


@dataclass(frozen=True, slots=True)
class Head:
    """One column of a sheet: its label, and how wide it is, in characters."""

    label: str
    width: int = NARROW


@dataclass(frozen=True, slots=True)
class Told:
    """An event and how to speak of it: `words` are in its zone."""

    event: EventConfig
    words: Words


def write(session: Session, config: Config, target: Path | IO[bytes], language: str, events: Sequence[str] = ()) -> int:
    """Write the workbook and return how many participants it holds; `events` are slugs (none: all).

    A path should be one that may be overwritten; raises OSError where it can't be written.
    """
    words = Words(language, UTC, config.templates)
    told = [Told(e, words.of(e, config.templates)) for e in config.events if not events or e.slug in events]
    alone = config.events[0].slug if len(config.events) == 1 else ""
    folder = target.parent if isinstance(target, Path) else None
    with tempfile.TemporaryDirectory(prefix=".mailbot-", dir=folder) as scratch:
        options = {"constant_memory": True, "tmpdir": scratch, "strings_to_formulas": False, "strings_to_urls": False}
        book = xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options)
        count = _Book(book, told, words, alone, whole=not events).fill(session)
        try:
            book.close()
        except FileCreateError as e:
            raise (e.__cause__ if isinstance(e.__cause__, OSError) else OSError(str(e))) from e
    return count


class _Book:
    """The workbook's sheets, written one after the other.

    `alone` is the event to which messages belong that name none. Those of no event are told where the `whole` registry
    is.
    """

    def __init__(self, book: Workbook, told: Sequence[Told], words: Words, alone: str, *, whole: bool) -> None:
        self._pen = _Pen(book, words)
        self._told, self._words, self._alone, self._whole = told, words, alone, whole
        self._several = len(told) > 1

    def fill(self, session: Session) -> int:
        """Write all sheets and return how many participants there are."""
        people = "name title organisation country phone email mode needs_access status language registered changed"
        sent = [Head(self._clock(sent_label(self._words, name))) for name in self._mailouts()]
        heads = [*self._heads(f"{people} acknowledged", which=True), *sent, *self._heads("delivery confidence review")]
        count = self._pen.sheet("participants", heads, self._participants(session), stay=1 + 2 * self._several)
        for name, keys, lines in (
            ("changes", "at name email what old new words by place confidence", self._changes(session)),
            ("held", "at name email subject why question settled settled_by", self._held(session)),
            ("mails", "mail name email state due done attempts said", self._mails(session)),
        ):
            self._pen.sheet(name, self._heads(keys, which=True), lines)
        return count

    def _heads(self, keys: str, *, which: bool = False) -> list[Head]:
        """Return the heads of these columns, after the event's if it is to be told of `which` event a row is."""
        first = "event timezone " if which and self._several else ""
        return [Head(self._label(key), WIDE.get(key, NARROW)) for key in (first + keys).split()]

    def _label(self, key: str) -> str:
        w = self._words
        label = w.text(f"files.{key}") if w.has(f"files.{key}") else w.text(f"field.{key}")
        return self._clock(label) if key in MOMENTS else label

    def _clock(self, label: str) -> str:
        return label if self._several or not self._told else f"{label} ({self._told[0].words.zone_name()})"

    def _which(self, told: Told) -> list[Value]:
        return [told.event.slug, told.event.timezone] if self._several else []

    def _mailouts(self) -> list[str]:
        """Return the names of all events' mail-outs, each once."""
        return list(dict.fromkeys(m.name for t in self._told for m in t.event.mailouts))

    def _participants(self, session: Session) -> Iterator[list[Value]]:
        names = self._mailouts()
        for told in self._told:
            for batch in rows.batches(session, told.event.slug, told.event.starts):
                for row in batch:
                    yield [*self._which(told), *_participant(row, told, names)]

    def _changes(self, session: Session) -> Iterator[list[Value]]:
        for told in self._told:
            for change, name, email in _stream(session, _changes_of(told.event.slug)):
                w = told.words
                place = f"place.{change.place}"
                yield [
                    *self._which(told), _local(change.at, told), name, email, w.named("field", change.field),
                    told_value(change.field, change.old or "", w), told_value(change.field, change.new or "", w),
                    change.words, told_by(change.who, change.received_id, w), w.text(place) if w.has(place) else None,
                    Share(change.confidence),
                ]  # fmt: skip

    def _held(self, session: Session) -> Iterator[list[Value]]:
        by_slug = {t.event.slug: t for t in self._told}
        for (message,) in _stream(session, rows.for_a_person(settled=True)):
            mine = by_slug.get(message.event or self._alone)
            if mine is None and not (self._whole and self._told):
                continue  # it belongs to an event that was not asked for
            told = mine or self._told[0]
            which: list[Value] = self._which(mine) if mine else [None, None]
            w = told.words
            reasons = [w.reason(message.reason or "held")] if message.disposition == "held" else [w.text("files.asked")]
            reasons += [w.reason(r) for r in rows.words_of(message.review) if message.disposition != "held"]
            yield [*which[: 2 * self._several], _local(message.sent_at or message.collected_at, told),
                   message.sender_name, message.sender, message.subject, " ".join(reasons), message.question,
                   _local(message.settled_at, told), message.settled_by]  # fmt: skip

    def _mails(self, session: Session) -> Iterator[list[Value]]:
        for told in self._told:
            w = told.words
            for row in _stream(session, _mails_of(told.event.slug)):
                state = w.text("files.sent") if row.state == "sent" else w.named("state", row.state)
                yield [*self._which(told), w.named("mail", row.mail), row.name, row.recipient, state,
                       _local(row.due_at, told), _local(row.done_at, told), row.attempts,
                       row.reason or row.response]  # fmt: skip


class _Pen:
    """Writes sheets: heads, rows by the type of their values, and what keeps the head in sight."""

    def __init__(self, book: Workbook, words: Words) -> None:
        self._book, self._words = book, words
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._moment = book.add_format({"num_format": MOMENT, "align": "left"})
        self._share = book.add_format({"num_format": SHARE})

    def sheet(self, name: str, heads: Sequence[Head], lines: Iterable[list[Value]], stay: int = 0) -> int:
        """Write a sheet, and further ones where it is full, and return how many rows there are; `stay` columns do."""
        count, row, sheet = 0, 0, self._start(name, 1, heads, stay)
        for line in lines:
            if row == ROWS - 1:
                sheet.autofilter(0, 0, row, len(heads) - 1)
                row, sheet = 0, self._start(name, count // row + 1, heads, stay)
            count, row = count + 1, row + 1
            for column, value in enumerate(line):
                self._cell(sheet, row, column, value)
        sheet.autofilter(0, 0, row, len(heads) - 1)
        return count

    def _start(self, name: str, number: int, heads: Sequence[Head], stay: int) -> Worksheet:
        """Begin a sheet: its head, which stays and is printed on every page, and a filter on each column."""
        title = _NOT_IN_TITLES.sub(" ", self._words.text(f"files.{name}"))[:LONGEST_TITLE].strip()
        sheet = self._book.add_worksheet(f"{title} {number}" if number > 1 else title)
        for column, head in enumerate(heads):
            sheet.set_column(column, column, head.width)
        for column, head in enumerate(heads):
            sheet.write_string(0, column, _text(head.label), self._head)
        sheet.freeze_panes(1, stay)
        sheet.repeat_rows(0)
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        return sheet

    def _cell(self, sheet: Worksheet, row: int, column: int, value: Value) -> None:
        """Write one cell by its type; strings as strings, whatever they look like."""
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(row, column, value)
        elif isinstance(value, datetime):
            if value.year in YEARS:
                sheet.write_datetime(row, column, value.replace(tzinfo=None), self._moment)
            else:
                sheet.write_string(row, column, value.isoformat(sep=" ", timespec="minutes"))
        elif isinstance(value, str):
            sheet.write_string(row, column, _text(value))
        else:
            sheet.write_number(row, column, value, self._share if isinstance(value, Share) else None)


def _participant(row: Row, told: Told, mailouts: Sequence[str]) -> list[Value]:
    """Return a participant's cells; codes are told in words, moments and numbers stay what they are."""
    w = told.words
    return [
        row.name, row.title, row.organisation, w.country(row.country), row.phone, row.email, w.named("mode", row.mode),
        row.needs_access, w.named("status", row.status), w.language_name(row.language),
        _local(row.registered_at, told), _local(row.changed_at, told), _mailed(row.acknowledged, told),
        *(_mailed(row.mailed.get(name), told) for name in mailouts),
        w.named("delivery", row.delivery), Share(row.confidence), " ".join(w.reason(r) for r in row.review),
    ]  # fmt: skip


def _mailed(mailed: Mailed | None, told: Told) -> Value:
    """Return when a mail was sent, else what became of it as a word."""
    if mailed is None:
        return None
    return _local(mailed.at, told) if mailed.state == "sent" else told.words.named("state", mailed.state)


def _local(moment: datetime | None, told: Told) -> datetime | None:
    return None if moment is None else moment.astimezone(told.event.zone)


def _text(text: str) -> str:
    """Return text as a cell can hold it: no half of a character, and not too long."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _changes_of(event: str) -> Select[*tuple[Any, ...]]:
    """Ask for an event's changes with whom they concern, in the order in which they were made."""
    query = select(Change, Participant.name, Participant.email).join(
        Participant, Change.participant_id == Participant.id
    )
    return query.where(Participant.event == event, Change.field != SPOKE).order_by(Change.id)


def _mails_of(event: str) -> Select[*tuple[Any, ...]]:
    """Ask for an event's mails without their bytes, in the order in which they were owed."""
    columns = (Outbox.mail, Participant.name, Outbox.recipient, Outbox.state, Outbox.due_at, Outbox.done_at,
               Outbox.attempts, Outbox.reason, Outbox.response)  # fmt: skip
    query = select(*columns).outerjoin(Participant, Outbox.participant_id == Participant.id)
    return query.where(Outbox.event == event).order_by(Outbox.id)


def _stream(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    yield from session.execute(query, execution_options={"yield_per": AT_A_TIME})
