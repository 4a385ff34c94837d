"""Broken, hostile and sealed mail: it costs little, stops nothing, and is held with a word that says why."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import bounce, calendar, dsn, message, phrases, reading, robots
from mailbot.message import Limits, Message
from mailbot.rsvp.answer import Invitation
from tests.hostile.mutate import mutations

HERE = Path(__file__).parent
REHEARSAL = Path(reading.__file__).parent / "rehearsal" / "messages"
MESSAGES = [*sorted(HERE.glob("*.eml")), *sorted(HERE.parent.glob("kinds/*.eml")), *sorted(REHEARSAL.glob("*.eml"))]
INVITATION = Invitation(
    message_ids=frozenset({"<invite-en@network.example>"}),
    own_addresses=frozenset({"registrar@network.example"}),
    subject_words=("webinar",),
    uids=frozenset({"e1@network.example"}),
)
KINDS = {
    "registration", "decline", "question", "calendar_reply", "auto_reply", "bounce", "unrelated", "held",
}  # fmt: skip
HELD = {
    "too_large", "too_deep", "too_many_parts", "too_many_headers", "encrypted", "winmail", "unreadable", "no_partstat",
}  # fmt: skip


def understood(raw: bytes) -> None:
    """Hold the promises of reading on any bytes."""
    mail = message.read(raw)
    assert len(mail.parts) <= Limits().parts
    assert sum(len(p.text) for p in mail.parts) <= len(raw) * 4 + Limits().text
    said = reading.read(mail, INVITATION)
    # `raised.…` would mean that a reader below broke its own promise; the face caught it, but it is a fault.
    assert not said.rule.startswith("raised."), said.rule
    assert said.kind in KINDS
    assert (said.kind == "held") == bool(said.reason)
    assert said.reason in HELD | {""}
    line = reading.to_json("x.eml", said)
    assert [set(person) >= {"email", "name", "review"} for person in line["participants"]].count(False) == 0


@pytest.mark.parametrize("path", MESSAGES, ids=lambda p: p.stem)
def test_a_message_broken_in_any_way_is_read_or_held(path: Path) -> None:
    for broken in mutations(path.read_bytes(), path.stem):
        understood(broken)


def test_the_same_seed_breaks_a_message_in_the_same_way() -> None:
    raw = MESSAGES[0].read_bytes()
    assert list(mutations(raw, "a")) == list(mutations(raw, "a"))
    assert list(mutations(raw, "a")) != list(mutations(raw, "b"))


@given(st.binary(max_size=3000))
def test_no_bytes_stop_the_reading(raw: bytes) -> None:
    understood(raw)


_LINE = st.sampled_from(
    [
        "From: a@b.example", "From: MAILER-DAEMON@b.example", "Subject: Re: webinar", "Subject: Undeliverable: x",
        "Subject: Accepted: webinar", "Return-Path: <>", "Auto-Submitted: auto-replied", "Precedence: bulk",
        "List-Id: <l>", "MIME-Version: 1.0", "Content-Type: multipart/report; boundary=b", "--b", "--b--",
        "Content-Type: message/delivery-status", "Content-Type: text/calendar; method=REPLY", "METHOD:REPLY",
        "BEGIN:VEVENT", "ATTENDEE;PARTSTAT=ACCEPTED;CN=\"A:B\":mailto:a@b.example", "END:VEVENT", "END:VCALENDAR",
        "BEGIN:VCALENDAR", "Final-Recipient: rfc822; c@d.example", "Action: failed", "Status: 5.1.1", "COMMENT:why?",
        "",
        "I am out of the office until Monday.", "If urgent, please contact Jo.", "> quoted", "Name: Ruth Owens",
        "Content-Transfer-Encoding: base64", "Content-Type: text/html", "<p>I will attend <b>online</b>", "\x00\x01",
        "-----Original Message-----", "user unknown <c@d.example>", "Phone: +44 20 7946 0018",
    ]
)  # fmt: skip


@given(st.lists(_LINE, max_size=40))
def test_the_pieces_of_mail_in_any_order_are_read_or_held(lines: list[str]) -> None:
    understood("\r\n".join(lines).encode())


@given(st.text(max_size=2000))
def test_a_report_s_fields_are_read_from_any_text(text: str) -> None:
    for group in dsn.parse(text):
        assert all(name and "\n" not in value for name, value in group.items())
    address = dsn.recipient_of(text)
    assert address == "" or "@" in address


@given(st.text(max_size=2000))
def test_what_html_shows_is_found_in_any_text(text: str) -> None:
    assert len(phrases.from_html(text)) <= len(text) * 18 + 1  # NFKD is not applied; an entity grows to a character
    phrases.fold(text)


@pytest.mark.parametrize("filling", ["<style>", "<a ", "<!--", "<", "&", "<table><tr><td>", "<b>x", "</p>", "&#60;"])
def test_hostile_html_costs_no_more_than_it_is_long(filling: str) -> None:
    body = filling * (900_000 // len(filling))
    head = "From: a@b.example\r\nReturn-Path: <>\r\nSubject: Undeliverable\r\nContent-Type: text/html\r\n\r\n"
    mail = message.read((head + body).encode())
    robots.read(mail, INVITATION)
    bounce.read(mail)
    calendar.read(mail, INVITATION)


def test_the_phrases_own_words_in_endless_repetition_cost_little() -> None:
    dice = random.Random(7)  # noqa: S311 -- repeatable on purpose
    words = [
        w for topics in phrases.lexicon().values() for lines in topics.values() for line in lines for w in line.split()
    ]
    for _ in range(20):
        text = phrases.fold(" ".join(dice.choices(words, k=8)) + " ") * 2000
        for topic in ("absent", "automatic", "received", "takes_part", "bounce", "challenge"):
            phrases.find(topic, text[: phrases.PROSE])


# ---------------------------------------------------------------- sealed mail


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("smime-encrypted", "encrypted"),
        ("pgp-encrypted-mime", "encrypted"),
        ("pgp-encrypted-inline", "encrypted"),
        ("winmail-only", "winmail"),
    ],
)
def test_what_only_a_key_or_outlook_opens_is_held_with_the_reason(name: str, reason: str) -> None:
    said = reading.read(_load(name), INVITATION)
    assert (said.kind, said.reason) == ("held", reason)


@pytest.mark.parametrize(
    "name", ["smime-signed-clear", "smime-signed-opaque", "pgp-signed-inline", "winmail-beside-text"]
)
def test_what_is_only_signed_is_read_like_any_reply(name: str) -> None:
    said = reading.read(_load(name), INVITATION)
    assert said.kind == "registration"
    values = {f: v.value for f, v in said.answers[0].values().items()}
    assert values == {
        "email": "ruth@carers.example",
        "name": "Ruth Owens",
        "title": "General Secretary",
        "phone": "+442079460018",
        "organisation": "Carers Union",
        "mode": "online",
    }


def _load(name: str) -> Message:
    return message.read((HERE / f"{name}.eml").read_bytes())
