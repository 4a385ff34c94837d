"""The columns of the registry's table: what each shows, by what it sorts, and which are shown unless chosen otherwise.

Rows and words in, cells out. Nothing here produces HTML, CSV or queries; both are made of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import phonenumbers

from mailbot.report.rows import TROUBLE, Mailed, Row
from mailbot.report.words import Words
from mailbot.rsvp.answer import SURE


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the text that people read, the value it sorts by, where it links to, whether it asks for a look.

    `short` text stays on one line.
    """

    label: str
    text: str
    value: str
    href: str = ""
    alarm: bool = False
    short: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key (stable, also in files), its label, how it sorts (`text`, `number`), where it is shown.

    `default` is `always` on every screen, `wide` on desktops only, "" where it has to be chosen.
    """

    key: str
    label: str
    kind: str
    default: str
    cell: Callable[[Row], Cell]


def columns(words: Words, mailouts: Sequence[str]) -> list[Column]:
    """Return the columns in the order in which organisers look, with one for each mail-out of the event."""
    w = words

    def of(key: str, default: str, show: Callable[[Row], str]) -> Column:
        label, short = w.text(f"field.{key}"), key in {"mode", "status", "needs_access", "language"}
        return Column(key, label, "text", default, lambda r: Cell(label, show(r), show(r), short=short))

    return [
        of("name", "always", lambda r: r.shown_name),
        of("title", "wide", lambda r: r.title),
        of("organisation", "wide", lambda r: r.organisation),
        of("country", "wide", lambda r: w.country(r.country)),
        _linked(w, "phone", "tel:", lambda r: r.phone, phone),
        _linked(w, "email", "mailto:", lambda r: r.email, str),
        of("mode", "always", lambda r: w.named("mode", r.mode)),
        of("needs_access", "wide", lambda r: w.yes_no(r.needs_access)),
        of("status", "always", lambda r: w.named("status", r.status)),
        of("language", "", lambda r: w.language_name(r.language)),
        _moment(w, "registered", "wide", lambda r: r.registered_at),
        _moment(w, "changed", "", lambda r: r.changed_at),
        _mail(w, "acknowledged", w.text("field.acknowledged"), "", lambda r: r.acknowledged),
        *(_mail(w, f"{m}_sent", sent_label(w, m), "wide", lambda r, m=m: r.mailed.get(m)) for m in mailouts),  # type: ignore[misc]
        _delivery(w),
        _confidence(w),
    ]


def _linked(words: Words, key: str, scheme: str, value: Callable[[Row], str], show: Callable[[str], str]) -> Column:
    label = words.text(f"field.{key}")

    def cell(row: Row) -> Cell:
        text = value(row)
        return Cell(label, show(text), text, f"{scheme}{text}" if _links(text) else "", short=True)

    return Column(key, label, "text", "wide", cell)


def _links(text: str) -> bool:
    """Return whether an address or a number can stand in a link as it is: nothing in it may start parameters."""
    return bool(text) and not any(c in "?&#%<>\"'` " or not c.isprintable() for c in text)


def _moment(words: Words, key: str, default: str, value: Callable[[Row], datetime]) -> Column:
    label = words.text(f"field.{key}")
    return Column(key, label, "text", default, lambda r: _when(label, words, value(r)))


def _when(label: str, words: Words, moment: datetime) -> Cell:
    return Cell(label, words.moment(moment), moment.isoformat(), short=True)


def sent_label(words: Words, mail: str) -> str:
    """Return what the column is called that says when a mail-out was sent."""
    if words.has(f"sent.{mail}"):
        return words.text(f"sent.{mail}")
    return words.text("sent.other", mail=words.named("mail", mail).capitalize())


def _mail(words: Words, key: str, label: str, default: str, value: Callable[[Row], Mailed | None]) -> Column:
    def cell(row: Row) -> Cell:
        mailed = value(row)
        if mailed is None:
            return Cell(label, "", "")
        if mailed.state == "sent" and mailed.at is not None:
            return _when(label, words, mailed.at)
        # "~" sorts what was not sent behind every date.
        return Cell(label, words.named("state", mailed.state), f"~{mailed.state}", alarm=mailed.state == "failed")

    return Column(key, label, "text", default, cell)


def _delivery(words: Words) -> Column:
    label = words.text("field.delivery")

    def cell(row: Row) -> Cell:
        text = words.named("delivery", row.delivery)
        return Cell(label, text, text, alarm=row.delivery in TROUBLE, short=True)

    return Column("delivery", label, "text", "wide", cell)


def _confidence(words: Words) -> Column:
    label = words.text("field.confidence")

    def cell(row: Row) -> Cell:
        return Cell(label, words.percent(row.confidence), f"{row.confidence:.4f}", alarm=row.confidence < SURE)

    return Column("confidence", label, "number", "", cell)


@lru_cache(maxsize=4096)
def phone(number: str) -> str:
    """Return a number in groups as people read it, with its country code; as it is where it is none."""
    if not number.startswith("+"):
        return number
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)).replace(" ", "\u00a0")
