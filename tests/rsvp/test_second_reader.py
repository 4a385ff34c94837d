"""The second reader: what it sees and marks, and what becomes of the rules' answers in its light."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import message, rsvp
from mailbot.rsvp.answer import Answer, Value
from mailbot.rsvp.context import Context
from mailbot.rsvp.own_words import Segment
from mailbot.rsvp.second import gist, model, weigh
from mailbot.rsvp.second.features import features
from mailbot.rsvp.second.tokens import tokens
from mailbot.rsvp.second.weigh import Page
from tests.rsvp import replies

NOBODY = Context("", "", "", "", (), "en", (), "", ())
LETTER = (
    "Bonjour,\n\nNom : Aminata Sarr-Diop\nTitre : secrétaire générale adjointe\nTéléphone : +221 77 123 45 67\n"
    "Organisation : Fédération des pêcheurs de Joal\n\nCordialement,\nAminata"
)


def body(text: str) -> tuple[Segment, ...]:
    return (Segment(text, "body"),)


def page(text: str, *spans: model.Span, mode: str = "none", access: str = "no", sure: float = 0.99) -> Page:
    opinions = (gist.Opinion(mode, sure, text), gist.Opinion(access, sure, text))
    return Page(body(text), spans, *opinions, NOBODY)


def marked(field: str, text: str, within: str, probability: float = 0.95) -> model.Span:
    start = within.index(text)
    return model.Span(field, start, start + len(text), text, probability)


def said(field: str, value: str, rule: str = "sentence-x", confidence: float = 0.9) -> Answer:
    return replace(Answer(), **{field: Value(value, value, "body", rule, confidence)})  # type: ignore[arg-type]


@given(st.text())
def test_tokens_lie_in_the_text_in_order_and_leave_out_only_blanks(text: str) -> None:
    at = 0
    for token in tokens(text):
        assert at <= token.start < token.end <= len(text)
        at = token.end
    covered = {i for t in tokens(text) for i in range(t.start, t.end)}
    assert all(not c.isalnum() or i in covered for i, c in enumerate(text) if c.isascii())


@given(st.text(), st.text(), st.text())
def test_every_token_of_any_text_has_features(text: str, shown: str, address: str) -> None:
    whole, toks, seen = features(body(text), shown, address)
    assert whole == text
    assert len(toks) == len(seen)
    assert all(seen)


@given(st.text())
def test_no_text_makes_the_model_fail(text: str) -> None:
    for span in model.spans(body(text), "", ""):
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text
        assert 0 <= span.probability <= 1


@given(st.text())
def test_an_opinion_quotes_the_text_it_is_about(text: str) -> None:
    for question in ("kind", "mode", "access"):
        told = gist.opinion(question, body(text))  # type: ignore[arg-type]  # the literals
        assert told.words in text
        assert 0 <= told.probability <= 1


def test_a_plain_letter_is_marked_field_by_field() -> None:
    found = {s.field: s.text for s in model.spans(body(LETTER), "Aminata Sarr", "asarr@example.sn.example")}
    assert found["title"] == "secrétaire générale adjointe"
    assert found["organisation"] == "Fédération des pêcheurs de Joal"
    assert found["phone"] == "+221 77 123 45 67"


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Je ne pourrai pas venir à Genève, mais je suivrai par WebEx.", "online"),
        ("I will come to Geneva and attend in person.", "in_person"),
        ("Participaré de forma presencial en Ginebra.", "in_person"),
        ("Vou participar em linha.", "online"),
    ],
)
def test_the_way_to_take_part_is_told_from_the_whole(text: str, mode: str) -> None:
    assert gist.opinion("mode", body(text)).choice == mode


def test_what_both_readers_read_alike_is_sure() -> None:
    text = "I am the treasurer of Blue Nile Union"
    (answer,) = weigh.weighed(
        (said("title", "treasurer", confidence=0.6),), page(text, marked("title", "treasurer", text))
    )
    assert answer.title is not None
    assert answer.title.confidence >= 0.9
    assert answer.title.rule == "sentence-x"


def test_what_only_the_rules_read_in_a_sentence_is_unsure() -> None:
    (answer,) = weigh.weighed((said("title", "treasurer", confidence=0.95),), page("I am the treasurer"))
    assert answer.title is not None
    assert answer.title.confidence < 0.8


def test_what_only_the_model_saw_is_offered_as_unsure_with_its_words_and_their_place() -> None:
    text = "Hello, cane cutter here"
    (answer,) = weigh.weighed((Answer(),), page(text, marked("title", "cane cutter", text)))
    assert answer.title is not None
    assert (answer.title.value, answer.title.words, answer.title.where) == ("cane cutter", "cane cutter", "body")
    assert answer.title.confidence < 0.8
    assert answer.title.rule == "likeness-title"


def test_where_the_readers_differ_about_an_end_nobody_is_sure() -> None:
    text = "Tea Pluckers Voice in Kericho"
    rules = said("organisation", "Tea Pluckers Voice in Kericho")
    (answer,) = weigh.weighed((rules,), page(text, marked("organisation", "Tea Pluckers Voice", text)))
    assert answer.organisation is not None
    assert answer.organisation.confidence < 0.8


def test_of_several_people_nobody_is_given_what_only_the_model_saw() -> None:
    text = "cane cutter"
    answers = weigh.weighed(
        (said("name", "Ann Example"), said("name", "Bo Example")), page(text, marked("title", text, text))
    )
    assert [a.title for a in answers] == [None, None]


def test_a_number_is_one_number_however_it_is_written() -> None:
    assert weigh.compare("phone", "+221771234567", [marked("phone", "77 123 45 67", "77 123 45 67")])[0] == "agree"


def test_a_name_is_one_name_whichever_part_comes_first() -> None:
    assert weigh.compare("name", "Grace Akello", [marked("name", "AKELLO Grace", "AKELLO Grace")])[0] == "agree"


def test_the_rules_choice_against_a_sure_model_is_unsure() -> None:
    (answer,) = weigh.weighed((said("mode", "online"),), page("x", mode="none"))
    assert answer.mode is not None
    assert answer.mode.confidence < 0.8


def test_a_whole_message_shows_both_readers_at_work() -> None:
    raw = f"From: Aminata Sarr <asarr@pecheurs.sn.example>\r\nSubject: Re: webinaire\r\n\r\n{LETTER}\r\n"
    reading = rsvp.read(message.read(raw.encode()), rsvp.Invitation(subject_words=("webinaire",)))
    (answer,) = reading.answers
    assert answer.title is not None
    assert answer.title.rule == "label-title"
    assert answer.title.confidence >= 0.95


def test_a_name_put_together_from_two_labels_is_not_cut_to_the_one_that_the_model_marks() -> None:
    text = "Bonjour,\n\nNom : Wouters-Delhaye\nPrénom : Anne-Catherine\nFonction : attachée\nParticipation : en ligne"
    name = replies.only(text, "AC <acw@mutualite.be.example>").name
    assert name is not None
    assert name.value == "Anne-Catherine Wouters-Delhaye"


def test_a_doubtful_opinion_leaves_the_rules_word() -> None:
    text = b"I will come to Geneva in person, no need for the link."
    raw = b"From: Ann Poe <ann@x.example>\r\nSubject: Re: webinar\r\n\r\n" + text + b"\r\n"
    (answer,) = rsvp.read(message.read(raw), rsvp.Invitation(subject_words=("webinar",))).answers
    assert answer.mode is not None
    assert answer.mode.value == "in_person"
