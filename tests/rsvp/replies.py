"""Building replies for these tests: a text and a sender in, the reading out."""

from __future__ import annotations

from pathlib import Path

from mailbot import message, rsvp
from mailbot.rsvp.answer import Answer, Invitation, Reading

INVITATION = Invitation(
    message_ids=frozenset({"<invite@workers-network.example>"}),
    own_addresses=frozenset({"rsvp@workers-network.example"}),
    invitation_texts=((Path(__file__).parent.parent / "corpus" / "invitation.fr.txt").read_text(encoding="utf-8"),),
    subject_words=("webinaire", "webinar"),
)


def reply(text: str, sender: str = "Ama Serwaa <ama.serwaa@gmail.example>", subject: str = "Re: webinar") -> bytes:
    """Return a reply as it would lie in the mailbox."""
    head = (
        f"From: {sender}\r\nTo: rsvp@workers-network.example\r\nSubject: {subject}\r\n"
        "Date: Mon, 08 Oct 2018 10:00:00 +0000\r\nMessage-ID: <a@b.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    )
    return (head + text.strip() + "\r\n").encode()


def read(text: str, sender: str = "Ama Serwaa <ama.serwaa@gmail.example>", subject: str = "Re: webinar") -> Reading:
    """Return what a reply with this text says."""
    return rsvp.read(message.read(reply(text, sender, subject)), INVITATION)


def only(text: str, sender: str = "Ama Serwaa <ama.serwaa@gmail.example>") -> Answer:
    """Return the one answer of a reply."""
    answers = read(text, sender).answers
    assert len(answers) == 1
    return answers[0]


def said(answer: Answer, field: str) -> object:
    """Return a field's value, None where it is not given."""
    value = answer.values().get(field)
    return None if value is None else value.value
