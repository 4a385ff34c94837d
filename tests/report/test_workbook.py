"""The workbook is what a spreadsheet opens: typed cells, the event's clock, and never a formula.

It is read back as what it is, a zip of XML (ECMA-376), without a library that might be as forgiving as it is helpful.
"""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.orm import Session

from mailbot.config import Config, load
from mailbot.models import Change, Outbox, Participant, Received
from mailbot.report import workbook
from tests.report.sample import CONFIG, fill

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 -- a spreadsheet's day 0, on its own clock
EVIL = [
    '=HYPERLINK("https://x.example")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "{=1}",
    "https://x.example",
    "007",
]


@dataclass
class Sheet:
    """One sheet, read back: rows of values, and its XML."""

    rows: list[list[object]]
    xml: ElementTree.Element

    def column(self, head: str) -> list[object]:
        """Return the values below a head that begins like this."""
        at = next(i for i, h in enumerate(self.rows[0]) if str(h).startswith(head))
        return [row[at] if at < len(row) else None for row in self.rows[1:]]


def read(data: bytes) -> dict[str, Sheet]:
    """Read a workbook's sheets by their titles."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert parts.testzip() is None
        titles = [s.attrib["name"] for s in parse(parts.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]
        sheets = [parse(parts.read(f"xl/worksheets/sheet{n}.xml")) for n in range(1, len(titles) + 1)]
        assert not [n for n in parts.namelist() if "externalLink" in n or "hyperlink" in n.lower()]
    rows = [[cells(row) for row in xml.iter(f"{MAIN}row")] for xml in sheets]
    return {title: Sheet(*both) for title, *both in zip(titles, rows, sheets, strict=True)}


def parse(data: bytes) -> ElementTree.Element:
    """Parse one part of a workbook that we wrote ourselves."""
    return ElementTree.fromstring(data)  # noqa: S314 -- our own file


def cells(row: ElementTree.Element) -> list[object]:
    """Return a row's values; styled numbers above 1000 are moments here."""
    found: list[object] = []
    for cell in row.iter(f"{MAIN}c"):
        assert cell.find(f"{MAIN}f") is None, "a formula"
        at = column_of(cell.attrib["r"])
        found += [None] * (at - len(found))
        found.append(value_of(cell))
    return found


def column_of(place: str) -> int:
    """Return the column of a place such as "AB7", from 0."""
    at = 0
    for letter in re.sub(r"\d", "", place):
        at = at * 26 + ord(letter) - 64
    return at - 1


def value_of(cell: ElementTree.Element) -> object:
    """Return a cell's value by its type."""
    kind, number = cell.attrib.get("t", "n"), cell.findtext(f"{MAIN}v")
    if kind == "inlineStr":
        text = "".join(t.text or "" for t in cell.iter(f"{MAIN}t"))
        return re.sub(r"_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), text)
    if kind == "b":
        return number == "1"
    assert kind == "n"
    assert number is not None
    moment = float(number) > 1000 and cell.attrib.get("s", "0") != "0"
    return (ZERO + timedelta(days=float(number), milliseconds=500)).replace(microsecond=0) if moment else float(number)


def written(session: Session, settings: Config, language: str = "en", events: tuple[str, ...] = ()) -> dict[str, Sheet]:
    """Write the workbook and read it back."""
    target = io.BytesIO()
    workbook.write(session, settings, target, language, events)
    return read(target.getvalue())


def test_there_is_a_sheet_each_with_its_head_frozen_and_filters_on(sample: Session, settings: Config) -> None:
    book = written(sample, settings)
    assert list(book) == ["Participants", "Changes", "Held and asked", "Mails"]
    for sheet in book.values():
        pane = sheet.xml.find(f"{MAIN}sheetViews/{MAIN}sheetView/{MAIN}pane")
        assert pane is not None
        assert (pane.attrib["ySplit"], pane.attrib["state"]) == ("1", "frozen")
        area = sheet.xml.find(f"{MAIN}autoFilter")
        assert area is not None
        last = area.attrib["ref"].partition(":")[2]
        assert (column_of(last) + 1, int(re.sub(r"\D", "", last))) == (len(sheet.rows[0]), len(sheet.rows))


def test_every_row_of_the_registry_is_there(sample: Session, settings: Config) -> None:
    book = written(sample, settings)
    held = sample.query(Received).filter((Received.disposition == "held") | (Received.question != ""))
    assert len(book["Participants"].rows) - 1 == sample.query(Participant).count()
    assert len(book["Changes"].rows) - 1 == sample.query(Change).filter(Change.field != "message").count()
    assert len(book["Held and asked"].rows) - 1 == held.count()
    assert len(book["Mails"].rows) - 1 == sample.query(Outbox).count()


def test_cells_have_types_and_moments_are_on_the_event_s_clock(sample: Session, settings: Config) -> None:
    people = written(sample, settings)["Participants"]
    told = dict(zip(people.rows[0], people.rows[1], strict=False))
    assert told["Name"] == "Aminata Sarr"
    assert str(told["Phone"]).startswith("+221")
    assert told["Registered (Geneva time)"] == datetime(2018, 10, 1, 10, 12)  # noqa: DTZ001 -- a cell has no zone
    assert told["Guide sent (Geneva time)"] == datetime(2018, 10, 16, 14, 0, 4)  # noqa: DTZ001 -- the same
    assert told["Needs a computer"] is False
    assert told["Confidence"] == 0.97
    assert told["Taking part"] == "online"
    failed = people.column("Guide sent")[people.column("Name").index("Selam Haile-Tekle")]
    assert failed == "refused"


def test_changes_and_held_messages_tell_the_words(sample: Session, settings: Config) -> None:
    book = written(sample, settings, "fr")
    changes = book["Modifications"]
    at = changes.column("Les mots").index("je participerai en ligne")
    assert (changes.column("Avant")[at], changes.column("Après")[at]) == ("sur place", "en ligne")
    assert str(changes.column("Par")[at]).startswith("message de vdessimoz@")
    held = book["Retenus et questions"]
    assert "Le message est chiffré." in held.column("Pourquoi")
    assert any("wolof" in str(q) for q in held.column("Question"))


@pytest.mark.parametrize("told", EVIL)
def test_nothing_that_was_written_becomes_a_formula_a_link_or_a_number(
    told: str, empty: Session, settings: Config
) -> None:
    fill(empty)
    for person in empty.query(Participant):
        person.name = person.title = person.organisation = person.phone = person.email = person.review = told
    for change in empty.query(Change):
        change.old = change.new = change.words = change.who = told
    for message in empty.query(Received):
        message.subject = message.question = message.sender = message.sender_name = message.reason = told
    for mail in empty.query(Outbox):
        mail.recipient = mail.response = mail.reason = told
    empty.flush()
    book = written(empty, settings)  # `cells` refuses formulas, `read` links
    people = book["Participants"]
    for head in ("Name", "Title", "Organisation", "Phone", "E-mail"):
        assert set(people.column(head)) == {told}
    assert told in book["Changes"].column("The words")
    assert set(book["Held and asked"].column("Subject")) == {told}


@given(st.text(st.characters(codec=None), max_size=40))
def test_any_text_makes_a_cell_that_can_be_read(text: str) -> None:
    assert workbook._text(text).encode("utf-8").decode("utf-8") == workbook._text(text)


def test_odd_letters_long_words_and_odd_years_make_a_workbook_all_the_same(empty: Session, settings: Config) -> None:
    fill(empty)
    first, second, *_ = empty.query(Participant).order_by(Participant.id)
    first.name, second.name = "A\x00\x0bB\x1f _x0041_ \ufffe\uffff 👩🏾", "x" * 40_000
    held = empty.query(Received).filter_by(disposition="held").first()
    assert held is not None
    held.sent_at = datetime(1, 1, 2, tzinfo=UTC)
    empty.flush()
    book = written(empty, settings)
    names = [str(n) for n in book["Participants"].column("Name")]
    assert max(len(n) for n in names) == workbook.LONGEST
    assert any(n.startswith("A\x00\x0bB\x1f") and n.endswith("👩🏾") for n in names)
    assert any(str(at).startswith("0001-01-0") for at in book["Held and asked"].column("When"))


def test_several_events_share_the_sheets_and_each_row_says_its_own(empty: Session, tmp_path: Path) -> None:
    more = (
        '[[event]]\nslug = "b"\ntitle = "B"\nstart = 2018-11-01T10:00:00\nend = 2018-11-01T11:00:00\n'
        'timezone = "Asia/Kolkata"\n'
    )
    (tmp_path / "config.toml").write_text(CONFIG + more, "utf-8")
    settings = load(tmp_path / "config.toml")
    fill(empty, "webinaire-2")
    fill_one(empty, "b", datetime(2018, 10, 1, 8, tzinfo=UTC))
    people = written(empty, settings)["Participants"]
    assert set(people.column("Event")) == {"webinaire-2", "b"}
    at = people.column("Event").index("b")
    assert people.column("Registered")[at] == datetime(2018, 10, 1, 13, 30)  # noqa: DTZ001 -- a cell has no zone
    assert people.column("Clock")[at] == "Asia/Kolkata"
    only = written(empty, settings, "en", ("b",))
    assert (len(only["Participants"].rows), len(only["Held and asked"].rows)) == (2, 1)


def fill_one(session: Session, event: str, at: datetime, count: int = 1) -> None:
    """Write participants without histories."""
    session.execute(insert(Participant), [
        {"event": event, "identity": f"mailto:p{n}@x.example", "email": f"p{n}@x.example", "name": f"P {n}",
         "status": "registered", "registered_at": at + timedelta(seconds=n), "changed_at": at, "reachable": "yes",
         "language": "en", "confidence": 1.0, "review": ""}
        for n in range(count)
    ])  # fmt: skip


def test_an_empty_registry_gives_four_heads(empty: Session, settings: Config) -> None:
    assert [len(sheet.rows) for sheet in written(empty, settings, "pt").values()] == [1, 1, 1, 1]


def test_a_full_sheet_goes_on_in_another(empty: Session, settings: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "ROWS", 11)
    fill_one(empty, settings.events[0].slug, datetime(2018, 10, 1, tzinfo=UTC), 25)
    book = written(empty, settings)
    parts = [book["Participants"], book["Participants 2"], book["Participants 3"]]
    assert [len(p.rows) for p in parts] == [11, 11, 6]
    assert [n for p in parts for n in p.column("Name")] == [f"P {n}" for n in range(25)]


def test_nothing_is_left_beside_the_file(sample: Session, settings: Config, tmp_path: Path) -> None:
    workbook.write(sample, settings, tmp_path / "a.xlsx", "en")
    assert [p.name for p in tmp_path.iterdir()] == ["a.xlsx"]
    with pytest.raises(OSError, match="nowhere"):
        workbook.write(sample, settings, tmp_path / "nowhere" / "a.xlsx", "en")


@pytest.mark.slow
def test_a_large_registry_streams_in_bounded_memory(empty: Session, settings: Config, tmp_path: Path) -> None:
    start = datetime(2018, 10, 1, tzinfo=UTC)
    fill_one(empty, settings.events[0].slug, start, 10_000)
    empty.flush()
    empty.expunge_all()
    tracemalloc.start()
    assert workbook.write(empty, settings, tmp_path / "a.xlsx", "en") == 10_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000
