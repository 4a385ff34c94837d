"""What the reader of replies promises whatever comes in: it never raises, shows its evidence, and asks where unsure."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailbot import message, rsvp
from tests.rsvp.replies import INVITATION, only, read, reply, said

PIECES = st.sampled_from(
    ["Nom :", "Tel", "+41 79 154 82 36", "je suis", "Dr.", "(", ")", "|", "\n", "\n\n", "- ", "1)", "online", "SG",
     "M.", "Awa Koné", "Union", "of the", "de la", "?", "«", "президент", "الاسم:", "-- ", "> ", "@",
     "a@b.example", "=", ";", ","]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=40))
def test_no_text_makes_the_reader_raise(pieces: list[str]) -> None:
    text = " ".join(pieces).replace("\r", " ")
    assert read(text).kind in ("registration", "decline", "question", "unrelated", "held")


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40))
def test_no_display_name_makes_the_reader_raise(name: str) -> None:
    raw = reply("Je participe en ligne.", "X <x@y.example>").replace(
        b"From: X", b"From: " + name.encode("utf-8", "ignore")
    )
    rsvp.read(message.read(raw), INVITATION)


def test_every_value_shows_the_words_it_was_read_from() -> None:
    reading = read("Nom : AWA KONÉ\nTitre : Trésorière\nTél : +226 70 24 18 66\nOrganisation : Union ABC\nEn ligne")
    for value in reading.answers[0].values().values():
        assert value.words
        if value.start is not None:
            assert reading.own_text[value.start : value.start + len(value.words)] == value.words


def test_a_question_is_not_a_registration() -> None:
    reading = read("Bonjour, y aura-t-il une interprétation en arabe ? Combien cela coûte-t-il ?")
    assert reading.kind == "question"
    assert "interprétation" in reading.question


def test_a_registration_with_a_question_is_both() -> None:
    reading = read("I will attend online.\nWill there be interpretation into Portuguese?\nAma Serwaa")
    assert reading.kind == "registration"
    assert "Portuguese" in reading.question


def test_who_declines_gives_address_and_name_only() -> None:
    answer = only("Je ne pourrai malheureusement pas participer.\n\nAma Serwaa\nDirectrice\nTél. 01 44 73 82 16")
    assert set(answer.values()) == {"email", "name"}


def test_a_correction_says_so() -> None:
    assert read("Rectification : mon nouveau numéro est le +226 70 55 12 34. Merci.").correction


def test_a_colleague_is_not_the_sender() -> None:
    answer = only("I cannot come. My colleague Esi Mensah, Research Officer, will attend online in my place.")
    assert said(answer, "name") == "Esi Mensah"
    assert not answer.is_sender
    assert said(answer, "email") is None


def test_a_reply_that_says_neither_yes_nor_no_is_looked_at_by_a_person() -> None:
    assert "kind_unsure" in read("Bien reçu.").review


@pytest.mark.parametrize("text", ["", " ", "\n\n", "."])
def test_an_empty_reply_registers_nothing_surely(text: str) -> None:
    reading = read(text)
    assert reading.kind != "registration" or reading.review


@pytest.mark.parametrize(
    "subject", ["Je ne participerai pas", "I will not take part", "No voy a participar", "Não vou participar"]
)
def test_what_is_said_in_the_subject_alone_is_read(subject: str) -> None:
    raw = f"From: Awa Ndiaye <awa@cnts.sn.example>\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n"
    said = rsvp.read(message.read(raw.encode()), INVITATION)
    assert said.kind == "decline"
