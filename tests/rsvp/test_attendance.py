"""How somebody takes part is told clause by clause, and a "not" counts where it stands."""

from __future__ import annotations

import pytest

from mailbot.rsvp import attendance, ways


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


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Desta vez não é online, vou mesmo aí a Genebra.", "in_person"),
        ("Participará no webinário à distância, a partir de Luanda.", "online"),
        ("De todos modos me inscribo, por conexión, no me da el bolsillo.", "online"),
        ("I would have loved to come to Geneva, so expect me on the screen.", "online"),
        ("J'aurais aimé venir à Genève ; ce sera donc en ligne.", "online"),
        ("Me hubiera gustado ir a Ginebra, pero participaré por internet.", "online"),
        ("Gostaria de ter ido a Genebra, mas vou participar pela internet.", "online"),
        ("Ich wäre gern nach Genf gekommen, nehme aber online teil.", "online"),
        ("Avrei voluto venire a Ginevra, ma mi collego da remoto.", "online"),
        ("En el mail puse presencial: es VIRTUAL, no presencial.", "online"),
        ("J'avais coché en ligne, mais finalement je viens en personne.", "in_person"),
        ("I ticked online; please make that in person.", "in_person"),
        ("online -> in person", "in_person"),
        ("Over the web of course, as flights to Geneva aren't in our budget.", "online"),
        ("Inscrivez-moi en ligne pour l'instant, j'ai déposé ma demande de visa.", "online"),
        ("I'll be watching from home, the couch will do for a conference room.", "online"),
        ("No podré viajar a Ginebra, ni en sueños, pero no lo pierdo: quiero conectarme aquí.", "online"),
    ],
)
def test_a_way_that_is_wished_denied_or_only_let_guess_does_not_count_against_the_one_that_is_said(
    text: str, mode: str
) -> None:
    assert {m.value for m in attendance.modes(text)} == {mode}


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("connexion depuis Zinder", "online"),
        ("desde Tacuarembó, mirando la pantalla", "online"),
        ("Je serai derrière mon ordi", "online"),
        ("I will use the computer of the mission", "online"),
        ("Quero participar sim, do meu computador", "online"),
        ("Ich verfolge es von zu Hause", "online"),
        ("Seguo tutto da casa", "online"),
        ("My flight and my hotel are booked", "in_person"),
        ("Les billets sont pris", "in_person"),
    ],
)
def test_a_way_may_be_guessed_from_what_goes_with_it_but_not_surely(text: str, mode: str) -> None:
    found = attendance.modes(text, hints=True)
    assert {m.value for m in found} == {mode}


@pytest.mark.parametrize(
    "text",
    [
        "Pour le mode (Genève ou connexion) je trancherai la semaine prochaine.",
        "Online or in person, I will tell you later.",
        "Voy a participar, pero todavía no sé si online.",
        "Ich weiß noch nicht, ob ich nach Genf komme.",
        "Please call me on my phone.",
    ],
)
def test_a_way_that_is_left_open_is_none(text: str) -> None:
    assert [m for m in attendance.modes(text, hints=True) if not m.weak] == []


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Cette fois je ne ferai pas le voyage.", "online"),
        ("Nadie viaja.", "online"),
        ("This time it won't be online.", "in_person"),
        ("Ich reise nicht an.", None),
        ("Je participe.", None),
    ],
)
def test_where_only_one_way_is_denied_the_other_is_left(text: str, mode: str | None) -> None:
    left = ways.implied(text)
    assert (left.value if left else None) == mode
