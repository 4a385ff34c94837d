"""What a phrase is, by where it stands: titles, organisations, people and places that share their words."""

from __future__ import annotations

import pytest

from mailbot import message, rsvp
from mailbot.rsvp import domains, labels, names, roles
from mailbot.rsvp.answer import Answer, Invitation, Reading

INVITATION = Invitation(subject_words=("webinar",))


def said(text: str, sender: str) -> Reading:
    """Read a reply with this text."""
    raw = f"From: {sender}\nSubject: Re: webinar\nContent-Type: text/plain; charset=utf-8\n\n{text}\n"
    return rsvp.read(message.read(raw.encode()), INVITATION)


def only(text: str, sender: str) -> Answer:
    """Return the one answer of a reply with this text."""
    (answer,) = said(text, sender).answers
    return answer


@pytest.mark.parametrize("text", ["Programme Officer", "Justice Co-ordinator", "Union Secretary"])
def test_an_english_phrase_whose_last_word_is_a_post_is_no_organisation(text: str) -> None:
    assert roles.organisations(text) == []


def test_a_phrase_that_is_the_senders_domain_is_no_person() -> None:
    assert domains.fits("Hilltop Tea Hands", "kw@hilltopteahands.example")
    answer = only(
        "I am on leave, so our Benefits Counsellor Ann Poole-Hill will represent Hilltop Tea Hands. She joins online.",
        "Kim Roe <kr@hilltopteahands.example>",
    )
    assert answer.name
    assert answer.name.value == "Ann Poole-Hill"
    assert answer.title
    assert answer.title.value == "Benefits Counsellor"


@pytest.mark.parametrize("written", ["Ann Poole, PhD", "Ann Poole, MSc", "Ann Poole, LL.M."])
def test_a_degree_behind_a_comma_is_no_given_name(written: str) -> None:
    assert names.natural(written) == "Ann Poole"


def test_a_stroke_parts_the_answers_of_a_line() -> None:
    found = labels.split("NOM : ROY Luc / TITRE : délégué régional / TEL : 0612345678")
    assert [(f.field, f.value) for f in found] == [
        ("name", "ROY Luc"),
        ("title", "délégué régional"),
        ("phone", "0612345678"),
    ]


def test_a_letter_that_says_no_stays_one_though_its_signature_says_much() -> None:
    text = (
        "Madame, Monsieur,\n\nJe vous remercie vivement de votre invitation à ce deuxième webinaire du Réseau. "
        "Malheureusement, je ne pourrai pas y prendre part, ni en ligne ni en personne.\n\n"
        "Luc ROY\nDirecteur du contentieux\nCaisse nationale de prévoyance des pêcheurs\nTél. : 06 12 34 56 78"
    )
    assert said(text, "Luc ROY <luc.roy@cnpp.example>").kind == "decline"


def test_our_own_office_asks_for_no_computer() -> None:
    answer = only("I would like to take part over the internet from our office in Tamale.", "Ann Poole <ap@b.example>")
    assert answer.needs_access is None


def test_a_post_that_no_lexicon_knows_is_read_before_its_organisation_but_not_surely() -> None:
    answer = only(
        "Sou Ana Melo, vou participar em linha. Sou sapateira na Rede Moçambicana de Poupança.", "ana@b.example"
    )
    assert answer.title
    assert answer.title.value == "sapateira"
    assert answer.title.confidence < 0.8
