"""The one face of reading: its order, its promise never to raise, and the JSON that programs compare."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mailbot import bounce, message, reading, rsvp
from mailbot.message import Message
from mailbot.rsvp.answer import Answer, Invitation, Reading, Value

KINDS = Path(__file__).parent / "kinds"
INVITATION = Invitation(
    message_ids=frozenset({"<invite-en@network.example>"}),
    own_addresses=frozenset({"registrar@network.example"}),
    subject_words=("webinar",),
    uids=frozenset({"e1@network.example"}),
)


def load(name: str) -> Message:
    return message.read((KINDS / f"{name}.eml").read_bytes())


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("bounce-exim-text", "bounce"),  # also says Auto-Submitted: auto-replied
        ("calendar-google", "calendar_reply"),  # also says Auto-Submitted: auto-generated
        ("auto-gmail-vacation", "auto_reply"),
        ("unrelated-newsletter", "unrelated"),
        ("person-away-but-takes-part", "registration"),
    ],
)
def test_bounces_come_before_calendars_before_robots_before_people(name: str, kind: str) -> None:
    assert reading.read(load(name), INVITATION).kind == kind


def test_a_held_message_is_held_whatever_else_it_looks_like() -> None:
    said = reading.read(replace(load("bounce-exchange-fr"), held="too_large"), INVITATION)
    assert (said.kind, said.reason) == ("held", "too_large")


def test_what_raises_below_is_held_and_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(mail: Message) -> None:
        raise LookupError

    monkeypatch.setattr(bounce, "read", broken)
    said = reading.read(load("auto-absence-en"), INVITATION)
    assert (said.kind, said.reason, said.rule) == ("held", "unreadable", "raised.LookupError")


def test_a_weak_sign_gives_way_to_words_that_register(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"Return-Path: <>\r\nFrom: Ruth Owens <ruth@carers.example>\r\nSubject: Re: webinar\r\n\r\n"
    mail = message.read(head + b"I will attend online.\r\n")
    email = Value("ruth@carers.example", "ruth@carers.example", "header", "sender_address", 0.9)
    person = Reading("registration", language="en", answers=(Answer(email=email),), rule="attends")
    monkeypatch.setattr(rsvp, "read", lambda mail, invitation: person)
    assert reading.read(mail, INVITATION) == replace(person, review=("perhaps_automatic",))
    monkeypatch.setattr(rsvp, "read", lambda mail, invitation: Reading("unrelated"))
    assert reading.read(mail, INVITATION).kind == "auto_reply"


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("bounce-exchange-fr", "fr"),
        ("bounce-postfix-headers-only", "en"),
        ("bounce-text-es", "es"),
        ("bounce-text-pt", "pt"),
        ("bounce-text-de", "de"),
        ("auto-absence-fr", "fr"),
        ("auto-absence-de", "de"),
        ("auto-absence-it", "it"),
        ("auto-ticket-pt", "pt"),
        ("auto-challenge-es", "es"),
        ("calendar-outlook", "es"),
        ("calendar-google", "en"),
    ],
)
def test_the_language_is_that_of_the_text_meant_for_people(name: str, language: str) -> None:
    assert reading.read(load(name), INVITATION).language == language


def test_json_has_the_shape_of_a_corpus_s_truth_and_says_more() -> None:
    phone = Value("+442079460018", "020 7946 0018", "signature", "phone_label", 0.71234, 17)
    said = Reading(
        "registration",
        language="en",
        answers=(Answer(phone=phone, review=("two_phones",)),),
        rule="attends",
        question="Is there a recording?",
        own_text="…",
    )
    assert reading.to_json("001.eml", said) == {
        "file": "001.eml",
        "kind": "registration",
        "language": "en",
        "participants": [
            {
                "email": None,
                "name": None,
                "title": None,
                "phone": "+442079460018",
                "organisation": None,
                "mode": None,
                "needs_access": False,
                "partstat": None,
                "confidence": 0.712,
                "review": True,
                "review_reasons": ["two_phones"],
            }
        ],
        "evidence": [
            {
                "phone": {
                    "words": "020 7946 0018",
                    "where": "signature",
                    "rule": "phone_label",
                    "confidence": 0.712,
                    "start": 17,
                }
            }
        ],
        "confidence": 0.712,
        "review": False,
        "review_reasons": [],
        "rule": "attends",
        "question": "Is there a recording?",
    }


def test_json_gives_a_state_to_calendar_replies_and_to_them_alone() -> None:
    answered = reading.to_json("x", Reading("calendar_reply", answers=(Answer(partstat="ACCEPTED"),)))
    assert answered["participants"][0]["partstat"] == "ACCEPTED"
    declined = reading.to_json("x", Reading("decline", answers=(Answer(),)))
    assert declined["participants"][0]["partstat"] is None
    assert declined["participants"][0]["needs_access"] is None


def test_json_can_be_written_for_every_kind() -> None:
    for path in KINDS.glob("*.eml"):
        line = reading.to_json(path.name, reading.read(message.read(path.read_bytes()), INVITATION))
        assert json.loads(json.dumps(line)) == line
