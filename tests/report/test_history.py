"""The words that a value was read from are found in the message, and only they."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from mailbot.config import Config, EventConfig
from mailbot.models import Participant, Received
from mailbot.report import history
from mailbot.report.history import LONGEST_TEXT, Entry, Histories, Segment, invitation_of, mark
from tests.report.sample import fill


def marked(segments: tuple[Segment, ...]) -> dict[str, str]:
    """Return what is marked, by field."""
    return {f: s.text for s in segments for f in s.fields}


def test_words_are_marked_and_the_text_stays_whole() -> None:
    text = "Je m'appelle Awa Diop.\nAwa Diop, CTS"
    segments = mark(text, [("name", "Awa Diop", "body"), ("organisation", "CTS", "signature")])
    assert "".join(s.text for s in segments) == text
    assert marked(segments) == {"name": "Awa Diop", "organisation": "CTS"}
    assert segments[0] == Segment("Je m'appelle ")


def test_words_from_a_signature_are_marked_where_they_stand_last() -> None:
    segments = mark("Awa\n\nAwa", [("name", "Awa", "signature")])
    assert segments[-1] == Segment("Awa", ("name",))
    assert segments[0].fields == ()


def test_words_that_the_text_wraps_or_quotes_are_found() -> None:
    segments = mark("mon nom :\n> Awa\n> Diop", [("name", "Awa Diop", "quote")])
    assert marked(segments) == {"name": "Awa\n> Diop"}


def test_two_fields_in_the_same_words_share_a_mark() -> None:
    segments = mark("Prof. Awa Diop", [("title", "Prof.", "body"), ("name", "Prof. Awa Diop", "body")])
    assert segments[0] == Segment("Prof.", ("title", "name"))


@pytest.mark.parametrize("words", ["", "   ", "nowhere", "(((", "x" * 5000])
def test_words_that_do_not_stand_there_mark_nothing(words: str) -> None:
    assert mark("Bonjour", [("name", words, "body")]) == (Segment("Bonjour"),)


@given(
    st.text(max_size=200),
    st.lists(st.tuples(st.sampled_from("abc"), st.text(string.printable, max_size=20), st.just("body"))),
)
def test_marking_never_changes_a_text(text: str, marks: list[tuple[str, str, str]]) -> None:
    assert "".join(s.text for s in mark(text, marks)) == text


# ---------------------------------------------------------------- from the tables


def story_of(session: Session, name: str, event: EventConfig, settings: Config, space: int = 10**6) -> list[Entry]:
    """Return one person's entries."""
    person = session.query(Participant).filter_by(name=name).one()
    return Histories(session, invitation_of(event, settings), space).of([person.id])[person.id]


def test_a_story_tells_message_by_message_what_changed(sample: Session, event: EventConfig, settings: Config) -> None:
    first, second, third = story_of(sample, "Véronique Dessimoz", event, settings)
    assert first.kind == "registration"
    assert {s.field for s in first.steps} >= {"name", "title", "phone", "organisation", "mode", "status"}
    assert (second.steps[0].field, second.steps[0].old, second.steps[0].new) == ("mode", "in_person", "online")
    assert second.letter is not None
    assert marked(second.letter.text) == {"mode": "je participerai en ligne", "phone": "+41 79 000 12 34"}
    assert (third.letter, third.who) == (None, "organiser registrar2@workers-network.example")


def test_what_was_read_from_the_header_is_marked_there(sample: Session, event: EventConfig, settings: Config) -> None:
    letter = story_of(sample, "Aminata Sarr", event, settings)[0].letter
    assert letter is not None
    assert marked(letter.sender) == {"email": "asarr@sahel.sn.example"}


def test_what_was_read_from_a_forwarded_message_is_shown_there(
    empty: Session, event: EventConfig, settings: Config
) -> None:
    fill(empty, event.slug)
    row = empty.query(Received).filter_by(sender="asarr@sahel.sn.example").one()
    forwarded = "-------- Message transféré --------\nDe : Awa\nObjet : Re\n\nAminata Sarr, Confédération du Sahel\n"
    row.raw = f"From: a@x.example\nContent-Type: text/plain; charset=utf-8\n\nPour suite.\n\n{forwarded}".encode()
    empty.flush()
    letter = story_of(empty, "Aminata Sarr", event, settings)[0].letter
    assert letter is not None
    assert marked(letter.text)["name"] == "Aminata Sarr"


@pytest.mark.parametrize("reason", ["took_too_long: stopped after 20 s", "unforeseen: MemoryError: "])
def test_a_message_that_stopped_its_reader_is_not_read_again(
    reason: str, empty: Session, event: EventConfig, settings: Config
) -> None:
    fill(empty, event.slug)
    row = empty.query(Received).filter_by(disposition="held", language="es").one()
    histories = Histories(empty, invitation_of(event, settings))
    before = histories.letter(row.id)
    row.reason = reason
    empty.flush()
    after = histories.letter(row.id)
    assert before is not None
    assert after is not None
    assert (before.text[0].text[:11], after.text) == ("Tenemos que", ())


def test_a_message_whose_own_words_cannot_be_cut_out_is_shown_whole(
    sample: Session, event: EventConfig, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr("mailbot.rsvp.own_words.cut", broken)
    history._texts.cache_clear()
    letter = story_of(sample, "Aminata Sarr", event, settings)[0].letter
    history._texts.cache_clear()
    assert letter is not None
    assert marked(letter.text)["name"] == "Aminata Sarr"


def test_a_message_that_retention_removed_leaves_its_words(
    empty: Session, event: EventConfig, settings: Config
) -> None:
    fill(empty, event.slug)
    for row in empty.query(Received):
        row.raw = None
    empty.flush()
    entry = story_of(empty, "Aminata Sarr", event, settings)[0]
    assert entry.letter is not None
    assert (entry.letter.gone, entry.letter.text) == (True, ())
    assert any(s.words == "Aminata Sarr" for s in entry.steps)


def test_a_long_message_is_cut_and_says_so(empty: Session, event: EventConfig, settings: Config) -> None:
    fill(empty, event.slug)
    row = empty.query(Received).filter_by(sender="asarr@sahel.sn.example").one()
    row.raw = b"From: a@x.example\nContent-Type: text/plain\n\n" + b"word and more\n" * 2000
    empty.flush()
    letter = story_of(empty, "Aminata Sarr", event, settings)[0].letter
    assert letter is not None
    assert letter.cut
    assert sum(len(s.text) for s in letter.text) == LONGEST_TEXT


def test_when_space_runs_out_the_words_remain(sample: Session, event: EventConfig, settings: Config) -> None:
    entry = story_of(sample, "Aminata Sarr", event, settings, space=10)[0]
    assert entry.letter is not None
    assert "".join(s.text for s in entry.letter.text) == ""
    assert len(entry.steps) > 4
