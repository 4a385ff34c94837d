"""Of several people each gets the way to take part, the address and the computer that are said of them."""

from __future__ import annotations

import pytest

from mailbot.rsvp import each
from mailbot.rsvp.each import Person
from tests.rsvp.replies import only, said

ANA, LUIS, EVA = Person("Ana Gil", True), Person("Luis Paz", False), Person("Eva Roth", False)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("Luis Paz sera à Genève, alors il ira sur place. Moi je suivrai en ligne.", ("online", "in_person", None)),
        ("Only Luis will be in Geneva in person, the others join online.", ("online", "in_person", "online")),
        ("Só o Luis vai estar em Genebra, os outros acompanham on-line.", ("online", "in_person", "online")),
        ("Luis Paz y yo misma iremos a Ginebra; Eva Roth participará en línea.", ("in_person", "in_person", "online")),
        ("Ich nehme online teil. Eva Roth kommt persönlich nach Genf.", ("online", None, "in_person")),
        ("Luis Paz viene di persona, gli altri si collegano online.", ("online", "in_person", "online")),
    ],
)
def test_each_gets_the_way_that_is_said_of_them(text: str, ways: tuple[str | None, ...]) -> None:
    told = (each.way_of(text, (ANA, LUIS, EVA), one) for one in (ANA, LUIS, EVA))
    assert all(way is None or way.value == right for way, right in zip(told, ways, strict=True) if right)


def test_one_way_for_all_tells_nobody_apart() -> None:
    assert each.way_of("We all join online, Luis from Lima.", (ANA, LUIS), LUIS) is None


@pytest.mark.parametrize(
    "text",
    [
        "J'inscris notre directeur, Monsieur Reto Blum : il viendra en personne. Tout est à m'envoyer à moi.",
        "Our secretary Mr Reto Blum will take part online. Please send everything to this same e-mail.",
        "Inscribo al presidente, Sr. Reto Blum, en línea. La guía, a este mismo correo.",
    ],
)
def test_who_is_entered_is_written_to_where_the_message_says(text: str) -> None:
    answer = only(text, "Danielle Favre <danielle.favre@caisse.ch.example>")
    assert said(answer, "name") == "Reto Blum"
    assert said(answer, "email") == "danielle.favre@caisse.ch.example"


def test_the_address_that_the_writer_signs_with_goes_before_the_one_written_from() -> None:
    answer = only(
        "Je confirme ma participation en ligne.\n\nInès Jelassi\nCheffe de projet\nForum des travailleuses\n"
        "ines.jelassi@forum.tn.example\n+216 22 638 417",
        "Ines Jelassi <ines.j88@gmail.example>",
    )
    assert said(answer, "email") == "ines.jelassi@forum.tn.example"
