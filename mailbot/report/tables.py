"""The registry as files: CSV (RFC 4180) and JSON, a row a participant, streamed.

Memory does not grow with the registry. Nothing that a participant wrote becomes a formula when a spreadsheet opens the
file. Moments are in the event's zone, ISO 8601 with their offset, which spreadsheets and programs both read.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from mailbot.config import EventConfig
from mailbot.report import rows
from mailbot.report.rows import Mailed, Row

Scalar = str | float | bool | None
"""What one field of a row may be; None where it isn't known."""

BOM = "\ufeff"
"""The mark by which Excel sees that a CSV file is UTF-8; others may take it for a letter, so it is on request."""

# A spreadsheet takes what begins with one of these for a formula (OWASP, "CSV injection"), the full-width forms too.
_FORMULA = re.compile(r"\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20|%]")
# Where a list separator is the semicolon, or a tab, a cell may be torn there, and its second half begin a formula.
_TORN = re.compile(r"([;\t\r\n]\s*\"?\s*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
# A number in E.164 is a number at worst: it can hold no function and refer to no cell. So it keeps its plus, for the
# programs, telephones and mail merges that a CSV file is for. A spreadsheet that opens the file by a double click may
# show it as a number, without the plus; the workbook is for spreadsheets, and has it as text.
_PHONE = re.compile(r"\+[0-9]{4,15}")


def harmless(text: str) -> str:
    """Return text so that no spreadsheet takes it, or a part of it, for a formula: an apostrophe goes before it."""
    if _PHONE.fullmatch(text):
        return text
    text = _TORN.sub(r"\1'", text)
    return f"'{text}" if _FORMULA.match(text) else text


def records(session: Session, events: Iterable[EventConfig]) -> Iterator[dict[str, Scalar]]:
    """Yield participants as flat records, event by event, in the order of registration."""
    for event in events:
        for batch in rows.batches(session, event.slug, event.starts):
            for row in batch:
                yield record(row, event)


def record(row: Row, event: EventConfig) -> dict[str, Scalar]:
    """Return one row as a flat record; codes stay codes (`in_person`, `SN`), so that programs can rely on them."""
    return {
        "event": event.slug,
        "id": row.id,
        "name": row.name or None,
        "title": row.title or None,
        "organisation": row.organisation or None,
        "country": row.country or None,
        "phone": row.phone or None,
        "email": row.email or None,
        "mode": row.mode or None,
        "needs_access": row.needs_access,
        "status": row.status,
        "language": row.language or None,
        "registered": _moment(row.registered_at, event),
        "changed": _moment(row.changed_at, event),
        "acknowledged": _sent(row.acknowledged, event),
        **{f"{m.name}_sent": _sent(row.mailed.get(m.name), event) for m in event.mailouts},
        "delivery": row.delivery,
        "confidence": round(row.confidence, 3),
        "review": " ".join(row.review) or None,
    }


def _moment(moment: datetime, event: EventConfig) -> str:
    return moment.astimezone(event.zone).isoformat(timespec="seconds")


def _sent(mailed: Mailed | None, event: EventConfig) -> str | None:
    return (
        _moment(mailed.at, event) if mailed is not None and mailed.state == "sent" and mailed.at is not None else None
    )


def columns(events: Iterable[EventConfig]) -> list[str]:
    """Return the names of the columns of these events' records, in their order; mail-outs of all of them."""
    fixed = "event id name title organisation country phone email mode needs_access status language registered changed"
    mails = dict.fromkeys(f"{m.name}_sent" for event in events for m in event.mailouts)
    return [*fixed.split(), "acknowledged", *mails, "delivery", "confidence", "review"]


def write_csv(session: Session, events: Sequence[EventConfig], stream: IO[str], *, bom: bool = False) -> int:
    """Write the events' records as CSV and return how many there are; open the stream with `newline=""`, in UTF-8."""
    if bom:
        stream.write(BOM)
    writer = csv.DictWriter(stream, columns(events), quoting=csv.QUOTE_ALL, lineterminator="\r\n", restval="")
    writer.writeheader()
    count = 0
    for count, one in enumerate(records(session, events), 1):  # noqa: B007 -- the last number is the answer
        writer.writerow(_cells(one))
    return count


def _cells(one: Mapping[str, Scalar]) -> dict[str, str]:
    return {key: _cell(value) for key, value in one.items()}


def _cell(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(value) if isinstance(value, str) else str(value)


def write_json(session: Session, events: Iterable[EventConfig], stream: IO[str]) -> int:
    """Write the events' records as one JSON array, a record a line, and return how many there are."""
    count = 0
    stream.write("[")
    for one in records(session, events):
        stream.write(("," if count else "") + "\n" + json.dumps(one, ensure_ascii=False))
        count += 1
    stream.write("\n]\n" if count else "]\n")
    return count
