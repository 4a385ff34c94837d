"""The page is complete in itself, in every language, and nothing that anybody wrote becomes part of its code."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from mailbot import notices, report
from mailbot.config import Config, load
from mailbot.models import Change, Outbox, Participant, Received
from mailbot.report.attention import reply
from mailbot.report.page import policy
from tests.report.sample import CONFIG, NOW, START, fill

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'{{ 7*7 }}{% for %}&lt;b&gt;</style></title>"
LANGUAGES = ("fr", "en", "es", "pt")
VOID = {"meta", "br", "input", "link", "img", "hr"}


class Outline(HTMLParser):
    """Collects what a page is made of: tags with attributes, ids, headings, texts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.open: list[str] = []
        self.faults: list[str] = []
        self.code: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        if len({name for name, _ in attrs}) != len(attrs):
            self.faults.append(f"{tag} says an attribute twice: {attrs}")
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID and tag not in {"rect", "path"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself (SVG)."""
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Check that tags close in the order in which they opened."""
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        """Keep style and script."""
        if self.open and self.open[-1] in {"style", "script"}:
            self.code[self.open[-1]] = self.code.get(self.open[-1], "") + data


def read(pages: dict[str, Path], language: str) -> str:
    """Return one page's text."""
    return pages[language].read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_well_formed_and_its_headings_skip_no_level(pages: dict[str, Path], language: str) -> None:
    page = Outline(read(pages, language))
    assert page.faults == []
    assert page.open == []
    assert page.headings[0] == 1
    assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {attrs["href"] for tag, attrs in page.tags if tag == "a" and (attrs["href"] or "").startswith("#")}
    assert {t and t[1:] for t in targets} <= set(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_request_can_leave_the_page(pages: dict[str, Path], language: str) -> None:
    text = read(pages, language)
    page = Outline(text)
    for tag, attrs in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "video", "audio", "use", "image"}, tag
        assert not {"src", "srcset", "action", "background", "poster", "style"} & attrs.keys(), (tag, attrs)
        assert not any(name.startswith("on") for name in attrs), (tag, attrs)
        assert re.match("#|mailto:|tel:", attrs.get("href") or "#"), attrs
    assert not re.search(r"url\(|@import|https?:", page.code["style"])
    assert not re.search(r"fetch\(|XMLHttpRequest|https?:|import\(|eval\(|innerHTML", page.code["script"])


def test_the_policy_lets_in_this_style_and_this_script_and_nothing_else(pages: dict[str, Path]) -> None:
    page = Outline(read(pages, "en"))
    told = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert told == policy(page.code["style"], page.code["script"])
    assert told is not None
    assert told.startswith("default-src 'none';")
    digest = base64.b64encode(hashlib.sha256(page.code["script"].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in told
    assert "unsafe" not in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organiser_s_first_questions_are_answered_at_the_top(pages: dict[str, Path], language: str) -> None:
    text = read(pages, language)
    figures = text[text.index('class="figures"') : text.index('class="columns"')]
    assert re.findall(r"<b>(\d+)</b>", figures) == ["58", "47", "9", "2", "6", "7", "10", "2"]
    assert (
        text.index('class="figures"') < text.index('class="needs"') < text.index("<svg") < text.index('class="people"')
    )
    assert f'lang="{language}"' in text[:200]


def test_what_goes_out_next_and_when_is_said_at_the_top(
    pages: dict[str, Path], sample: Session, settings: Config
) -> None:
    text = read(pages, "en")
    top = text[text.index('class="figures"') : text.index('class="columns"')]
    assert "Next to go out: Reminder, Tuesday 23 October 2018, 13:30 (in 6 days), to 46 people." in top
    late = report.page(sample, settings, START - timedelta(minutes=20), "en")
    assert (
        "Going out now: Reminder, due Tuesday 23 October 2018, 13:30, to 45 people." in late
    )  # one gets the guide only now, and no reminder
    assert "Nothing is about to go out." in report.page(sample, settings, START.replace(year=2019), "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_in_the_way_is_told_until_it_is_over(empty: Session, settings: Config, language: str) -> None:
    notices.tell(empty, "mailbox_down", "rsvp", NOW, detail="rsvp@mail.example: timed out")
    notices.tell(empty, "answers_itself", "robot@x.example", NOW, address="robot@x.example", event="webinaire-2")
    notices.tell(empty, "held", "1", NOW)  # the report finds held messages itself
    text = report.page(empty, settings, NOW, language)
    assert Outline(text).faults == []
    assert text.count('<li class="need">') == 2
    assert "rsvp@mail.example: timed out" in text
    assert "robot@x.example" in text
    notices.over(empty, "mailbox_down", "rsvp", NOW)
    assert "timed out" not in report.page(empty, settings, NOW, language)


def test_what_a_person_settled_waits_for_nobody_any_more(empty: Session, settings: Config) -> None:
    fill(empty)
    assert "wolof" in report.page(empty, settings, NOW, "en").partition('class="pictures"')[0]
    for row in empty.query(Received).filter(Received.question != ""):
        row.settled_at, row.settled_by = NOW, "organiser registrar2@workers-network.example"
    empty.flush()
    assert "wolof" not in report.page(empty, settings, NOW, "en").partition('class="pictures"')[0]


@pytest.mark.parametrize(("rule", "words"), [("likeness-title", "by likeness"), ("group-mode", "put together from")])
def test_what_the_learned_reader_found_is_said_to_be_so(
    empty: Session, settings: Config, rule: str, words: str
) -> None:
    fill(empty)
    assert words not in report.page(empty, settings, NOW, "en")
    change = empty.query(Change).filter_by(field="title").first()
    assert change is not None
    change.rule = rule
    empty.flush()
    assert report.page(empty, settings, NOW, "en").count(words) == 1


def test_a_report_of_one_event_shows_nothing_of_another(empty: Session, tmp_path: Path) -> None:
    more = (
        '[[event]]\nslug = "b"\ntitle = "B"\nstart = 2018-11-01T10:00:00\nend = 2018-11-01T11:00:00\ntimezone = "UTC"\n'
    )
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + more, "utf-8")
    fill(empty, "webinaire-2")
    text = report.page(empty, load(path), NOW, "en", ["b"])
    assert "<h1" in text
    assert "Aminata" not in text
    assert "encrypted" not in text


def test_every_person_has_a_row_and_every_row_all_columns_and_a_history(
    pages: dict[str, Path], sample: Session
) -> None:
    text = read(pages, "en")
    table = text[text.index('<table class="people">') : text.index('<section class="stories"')]
    rows = re.findall(r"<tr data-person=.*?</tr>", table, re.DOTALL)
    heads = len(re.findall(r'<th scope="col"', table))
    people = sample.query(Participant).count()
    assert len(rows) == people == text.count('<details class="person"')
    assert {len(re.findall(r"<t[dh][ >]", row)) for row in rows} == {heads}
    assert heads == 17


def test_the_exact_words_are_marked_in_the_message_s_own_text(pages: dict[str, Path]) -> None:
    text = read(pages, "en")
    assert '<mark>je participerai en ligne<span class="field"> [Taking part]</span></mark>' in text
    assert "<q " in text


def test_an_empty_registry_still_makes_a_whole_page(empty: Session, settings: Config) -> None:
    for language in LANGUAGES:
        page = Outline(text := report.page(empty, settings, NOW, language))
        assert (page.faults, page.open) == ([], [])
        assert "<svg" not in text
        assert '<table class="people">' not in text


def test_several_events_each_have_a_section_and_people_stay_in_theirs(empty: Session, tmp_path: Path) -> None:
    more = (
        '[[event]]\nslug = "b"\ntitle = "B"\nstart = 2018-11-01T10:00:00\nend = 2018-11-01T11:00:00\ntimezone = "UTC"\n'
    )
    path = tmp_path / "config.toml"
    path.write_text(CONFIG + more, "utf-8")
    fill(empty, "webinaire-2")
    empty.add(Received(mailbox="m", folder="f", uidvalidity=1, uid=999, collected_at=NOW, size=1, fingerprint="x",
                       disposition="held", reason="encrypted", sender="stray@x.example", subject="Stray"))  # fmt: skip
    empty.flush()
    page = Outline(text := report.page(empty, load(path), NOW, "en"))
    assert (page.faults, page.open) == ([], [])
    assert page.headings.count(1) == 1
    first, second = text.index('id="e1"'), text.index('id="e2"')
    assert first < text.index("Aminata Sarr") < second
    assert "Aminata Sarr" not in text[second:]
    assert text.index("stray@x.example") < first  # it belongs to no event, and is shown all the same


def test_what_hostile_people_write_is_text_and_nothing_else(empty: Session, settings: Config) -> None:
    fill(empty)
    clean = Outline(report.page(empty, settings, NOW, "en"))
    person = empty.query(Participant).filter_by(name="Aminata Sarr").one()
    for name in ("name", "title", "organisation", "phone", "email", "write_to", "language", "mode", "review"):
        setattr(person, name, HOSTILE)
    for change in empty.query(Change).filter_by(participant_id=person.id):
        change.old = change.new = change.words = change.who = change.place = HOSTILE
    for row in empty.query(Received).filter_by(sender="asarr@sahel.sn.example"):
        row.sender = row.sender_name = row.subject = HOSTILE
        row.raw = b"From: a@x.example\r\nContent-Type: text/html\r\n\r\n<p>" + html.escape(HOSTILE).encode()
    for row in empty.query(Received).filter(Received.question != ""):
        row.question = row.sender = row.sender_name = row.subject = HOSTILE
    for mail in empty.query(Outbox).filter_by(state="failed"):
        mail.response = mail.reason = mail.recipient = HOSTILE
    empty.flush()
    text = report.page(empty, settings, NOW, "en")
    page = Outline(text)
    assert page.faults == []
    assert [t for t, _ in page.tags if t in {"script", "style", "img", "title"}] == [
        t for t, _ in clean.tags if t in {"script", "style", "img", "title"}
    ]
    assert page.code == clean.code
    assert "49" not in re.findall(r"alert\(1\)&gt;&#39;(\d+)", text)
    assert HOSTILE not in text
    assert html.escape(HOSTILE).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in text
    for _, attrs in page.tags:
        assert not any(name.startswith("on") for name in attrs)
        assert "javascript:" not in (attrs.get("href") or "")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)//@x", "a@x.example?bcc=b@y.example", "a@x.example&cc=b", "a\n@x"]
)
def test_a_reply_link_adds_no_recipient_and_no_header(address: str) -> None:
    link = reply(address, "x&bcc=b@y.example\r\nBcc: c")
    assert link.startswith("mailto:")
    assert link.count("?") == 1
    assert link.endswith("?subject=Re%3A%20x%26bcc%3Db%40y.example%0D%0ABcc%3A%20c")
    assert not re.search(r"[\s&]", link)


def test_a_stranger_s_address_that_is_none_has_no_link() -> None:
    assert reply("nobody", "x") == ""


def test_an_unknown_language_is_answered_in_english(empty: Session, settings: Config) -> None:
    assert '<html lang="en">' in report.page(empty, settings, NOW, "sw")


def test_after_the_event_nothing_goes_out_any_more(sample: Session, settings: Config) -> None:
    text = report.page(sample, settings, START.replace(year=2019), "en")
    assert "nothing more goes out" in text
    assert "This is late" not in text


def test_the_page_comes_in_pieces_for_writing(sample: Session, settings: Config) -> None:
    found = list(report.pieces(sample, settings, NOW, "en"))
    assert len(found) > 5
    assert "".join(found) == report.page(sample, settings, NOW, "en")


def test_own_style_may_not_end_the_style_element(empty: Session, settings: Config, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.css").write_text("</style><script>", "utf-8")
    with pytest.raises(ValueError, match="end tag"):
        report.page(empty, settings.model_copy(update={"templates": tmp_path}), NOW, "en")
