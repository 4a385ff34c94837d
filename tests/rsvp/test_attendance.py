"""How somebody takes part is told clause by clause, and a "not" counts where it stands."""

from __future__ import annotations

import pytest

from mailbot.rsvp import attendance


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Je ne pourrai pas venir à Genève, mais je suivrai par WebEx.", "online"),
        ("Ya no podré viajar, participaré en línea.", "online"),
        ("Please change me from online to in person.", "in_person"),
        ("Passem-me por favor para online em vez de presencial.", "online"),
        ("I will assist online, NÃO presencial.", "online"),
        ("By internet, not by feet.", "online"),
        ("J'opte pour la salle plutôt que pour la webcam.", "in_person"),
        ("Non vengo più a Ginevra, mi collego da remoto.", "online"),
        ("Ich komme nach Genf.", "in_person"),
        ("Ich nehme per Videokonferenz teil.", "online"),
        ("Буду участвовать онлайн.", "online"),
    ],
)
def test_the_way_that_is_meant_is_told_from_the_one_that_is_not(text: str, mode: str) -> None:
    assert {m.value for m in attendance.modes(text)} == {mode}


@pytest.mark.parametrize(
    "text",
    [
        "Je ne pourrai me joindre à vous, ni en ligne ni en personne.",
        "Whether he travels or dials in we will let you know.",
        "Que ce soit à Genève ou par WebEx, je ne serai pas disponible.",
    ],
)
def test_what_is_left_open_or_denied_is_no_way_to_take_part(text: str) -> None:
    assert attendance.modes(text) == []


def test_the_ticked_box_counts() -> None:
    assert attendance.checked_mode("( ) presencialmente (X) pela internet") == "online"


def test_a_tag_question_asks_nothing() -> None:
    assert attendance.questions("Vai ser on-line mesmo, tá?") == []
    assert attendance.questions("Haverá tradução simultânea para o português?") != []
