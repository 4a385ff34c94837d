"""Who says "I" comes, whomever else they name."""

from __future__ import annotations

import pytest

from mailbot import message, rsvp
from mailbot.rsvp.answer import Invitation

SIGNED = {"en": "Tom Hill\nOfficer\nTUC\n", "fr": "Luc Roy\nconseiller\nCGT\n", "es": "Ana Ruiz\nSecretaria\nUGT\n"}


def people(language: str, text: str) -> list[tuple[str, str]]:
    """Return names and ways to take part of those whom a short signed reply registers."""
    name = SIGNED[language].split("\n", 1)[0]
    raw = f"From: {name} <{name.split()[0].lower()}@mail.example>\nSubject: Re: webinar\n"
    raw += f"Content-Type: text/plain; charset=utf-8\n\n{text}\n\n{SIGNED[language]}"
    said = rsvp.read(message.read(raw.encode()), Invitation(subject_words=("webinar",)))
    assert said.kind == "registration"
    return [(str(a.name.value) if a.name else "", str(a.mode.value) if a.mode else "") for a in said.answers]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        (
            "en",
            "Hi, I will join online. My colleague Jane Poole (jane.poole@tuc.example) will come in person.",
            [("Tom Hill", "online"), ("Jane Poole", "in_person")],
        ),
        (
            "en",
            "Sign me up, online please. My colleague Jane Poole will come too, in person.",
            [("Tom Hill", "online"), ("Jane Poole", "in_person")],
        ),
        (
            "en",
            "I will attend online together with my colleague Jane Poole.",
            [("Tom Hill", "online"), ("Jane Poole", "online")],
        ),
        ("en", "Please register me online. My colleague Jane Poole cannot come.", [("Tom Hill", "online")]),
        (
            "fr",
            "Bonjour, je participerai en ligne. Mon collègue Paul Dumas participera aussi en ligne.",
            [("Luc Roy", "online"), ("Paul Dumas", "online")],
        ),
        (
            "es",
            "Hola, participaré en línea. También asistirá en línea mi compañera Rosa Gil.",
            [("Ana Ruiz", "online"), ("Rosa Gil", "online")],
        ),
        (
            "en",
            "I cannot make it. My colleague Jane Poole will replace me online.",
            [("Jane Poole", "online")],
        ),
        (
            "fr",
            "Je ne pourrai pas venir. Ma collègue Anne Bon me remplacera et viendra à Genève.",
            [("Anne Bon", "in_person")],
        ),
    ],
)
def test_the_writer_is_never_lost_behind_a_colleague(language: str, text: str, expected: list[tuple[str, str]]) -> None:
    assert people(language, text) == expected
