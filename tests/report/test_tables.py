"""The registry as files: what programs and spreadsheets read is the registry, and never a formula."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.orm import Session

from mailbot.config import EventConfig
from mailbot.models import Participant
from mailbot.report import tables
from mailbot.report.tables import harmless
from tests.report.sample import fill

FIRST = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "|", "%")


def as_csv(session: Session, event: EventConfig, *, bom: bool = False) -> str:
    """Return an event's CSV."""
    stream = io.StringIO(newline="")
    tables.write_csv(session, [event], stream, bom=bom)
    return stream.getvalue()


def test_csv_is_what_rfc_4180_says_and_reads_back(sample: Session, event: EventConfig) -> None:
    text = as_csv(sample, event)
    assert text.count("\r\n") == text.count("\n")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == sample.query(Participant).count()
    assert list(rows[0]) == tables.columns([event])
    first = next(r for r in rows if r["name"] == "Aminata Sarr")
    assert first["phone"].startswith("+221")
    assert (first["country"], first["mode"], first["needs_access"]) == ("SN", "online", "no")
    assert first["registered"] == "2018-10-01T10:12:00+02:00"
    assert first["guide_sent"] == "2018-10-16T14:00:04+02:00"
    assert first["reminder_sent"] == ""


def test_the_mark_of_utf_8_comes_on_request_only(sample: Session, event: EventConfig) -> None:
    assert as_csv(sample, event, bom=True) == tables.BOM + as_csv(sample, event)
    assert not as_csv(sample, event).startswith(tables.BOM)


def test_json_is_one_array_with_true_types(sample: Session, event: EventConfig) -> None:
    stream = io.StringIO()
    count = tables.write_json(sample, [event], stream)
    rows = json.loads(stream.getvalue())
    assert len(rows) == count == sample.query(Participant).count()
    person = next(r for r in rows if r["name"] == "Moussa Diatta")
    assert person["needs_access"] is True
    assert person["confidence"] == 0.97
    assert list(person) == tables.columns([event])


def test_an_empty_registry_gives_a_head_and_an_empty_array(empty: Session, event: EventConfig) -> None:
    assert as_csv(empty, event).count("\r\n") == 1
    stream = io.StringIO()
    assert tables.write_json(empty, [event], stream) == 0
    assert json.loads(stream.getvalue()) == []


@pytest.mark.parametrize(
    "told",
    [
        '=HYPERLINK("https://x.example")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1",
        "a;=1+1", "a\n=1+1", 'a"; =1', "%0A=1", "+22177+1",
    ],
)  # fmt: skip
def test_no_cell_begins_a_formula(told: str, empty: Session, event: EventConfig) -> None:
    fill(empty, event.slug)
    person = empty.query(Participant).filter_by(name="Aminata Sarr").one()
    person.organisation = told
    empty.flush()
    text = as_csv(empty, event)
    found = [r["organisation"] for r in csv.DictReader(io.StringIO(text, newline="")) if r["name"] == "Aminata Sarr"]
    assert "'" in found[0]
    assert found[0].replace("'", "") == told.replace("'", "")
    for separator in ",;\t":
        for line in text.splitlines():
            for cell in line.split(separator):
                bare = cell.strip("\"' ")
                assert not bare.startswith(FIRST) or cell.strip('" ').startswith("'") or bare[1:].isdigit(), cell


@given(st.text())
def test_what_is_made_harmless_stays_so_and_keeps_its_letters(text: str) -> None:
    safe = harmless(text)
    assert not safe.lstrip().startswith(FIRST[:4]) or tables._PHONE.fullmatch(safe)
    assert safe.replace("'", "") == text.replace("'", "")
    assert harmless(safe) == safe


def test_ordinary_values_stay_as_they_are() -> None:
    for text in ("Anne-Marie O'Neil", "+221771234567", "a@b.example", "Union: 50 % des voix", "", "2e vice-président"):
        assert harmless(text) == text


@pytest.mark.slow
def test_a_large_registry_streams_in_bounded_memory(empty: Session, event: EventConfig) -> None:
    start = datetime(2018, 10, 1, tzinfo=UTC)
    for block in range(10):
        empty.execute(insert(Participant), [
            {"event": event.slug, "identity": f"mailto:p{n}@x.example", "email": f"p{n}@x.example", "name": f"P {n}",
             "status": "registered", "registered_at": start + timedelta(seconds=n // 3), "changed_at": start,
             "reachable": "yes", "language": "en", "confidence": 1.0, "review": ""}
            for n in range(block * 2000, block * 2000 + 2000)
        ])  # fmt: skip

    class Nowhere(io.StringIO):
        def write(self, text: str, /) -> int:
            return len(text)

    empty.flush()
    empty.expunge_all()
    tracemalloc.start()
    count = tables.write_csv(empty, [event], Nowhere())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 20_000_000
