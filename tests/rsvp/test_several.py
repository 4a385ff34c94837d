"""Several people in one message: whoever is counted in registers, and each gets what is said of them or of all."""

from __future__ import annotations

import pytest

from tests.rsvp.replies import read, said

OFFICE = "Segreteria Unione <segreteria@unione.it.example>"


def of_all(text: str, field: str, sender: str) -> list[tuple[object, object]]:
    """Return the names that a reply registers, each with one of its fields."""
    return [(said(a, "name"), said(a, field)) for a in read(text, sender).answers]


@pytest.mark.parametrize(
    "text",
    [
        "Siamo in due: io, Ivana Costa, segretaria, e Natalia Greco, volontaria. Io vengo a Ginevra, lei segue online.",
        "Seremos dos: yo, Ivana Costa, secretaria, y Natalia Greco, vocal. Yo voy a Ginebra, ella sigue en línea.",
        "There will be two of us: I, Ivana Costa, secretary, and Natalia Greco, trustee. I will come to Geneva.",
        "Nous serons deux : moi, Ivana Costa, secrétaire, et Natalia Greco, bénévole. Je viendrai à Genève.",
        "Vamos a ser dos, en línea. Yo, Ivana Costa, secretaria, desde Lima. Y Natalia Greco, vocal, desde Puno.",
        "Seremos dos en línea: yo, Ivana Costa, secretaria, desde Lima. Y Natalia Greco, vocal, desde Puno.",
        "Wir sind zu zweit: ich, Ivana Costa, Sekretärin, und Frau Natalia Greco, Referentin. Ich komme nach Genf.",
    ],
)
def test_whoever_is_counted_in_registers_beside_a_writer_who_says_i(text: str) -> None:
    names = [n for n, _ in of_all(text, "mode", "Ivana Costa <ivana@unione.it.example>")]
    assert names == ["Ivana Costa", "Natalia Greco"]


@pytest.mark.parametrize(
    "text",
    [
        "La section a désigné trois camarades, ils seront en ligne.\n\n"
        "NJOYA Ibrahim délégué du personnel 677 52 18 43\n"
        "Mme EBOA Charlotte, secrétaire à la formation, 699 14 36 82\n"
        "et le camarade TCHATCHOUA Régis (chargé des conflits) 655 28 71 94\n",
        "We have nominated three officers who will join online.\n\n"
        "Ibrahim Njoya chief steward +237 677 52 18 43\n"
        "Ms Charlotte Eboa, education officer, +237 699 14 36 82\n"
        "and comrade Régis Tchatchoua (grievance officer) +237 655 28 71 94\n",
    ],
)
def test_people_who_are_sent_stand_a_line_each_though_no_line_is_a_list(text: str) -> None:
    found = of_all(text, "phone", "Section Littoral <section@synapec.cm.example>")
    assert found == [
        ("Ibrahim Njoya", "+237677521843"),
        ("Charlotte Eboa", "+237699143682"),
        ("Régis Tchatchoua", "+237655287194"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Vamos participar em linha duas pessoas: a Ana Moreira, presidente, e a Rosa Pinto, tesoureira. "
        "Para as duas serve este endereço.",
        "Two of us will join online: Ana Moreira, chair, and Rosa Pinto, treasurer. Please send both links to me.",
        "Participaremos dos personas en línea: Ana Moreira, presidenta, y Rosa Pinto, tesorera. "
        "A las dos escríbanles a este correo.",
        "Due persone parteciperanno online: Ana Moreira, presidente, e Rosa Pinto, tesoriera. "
        "Per tutte e due scrivete a questo indirizzo.",
        "Deux personnes participeront en ligne : Ana Moreira, présidente, et Rosa Pinto, trésorière. "
        "Pour toutes les deux, écrivez à cette adresse.",
    ],
)
def test_what_is_to_go_to_the_writer_for_all_goes_there_for_each(text: str) -> None:
    found = of_all(text, "email", OFFICE)
    assert found == [("Ana Moreira", "segreteria@unione.it.example"), ("Rosa Pinto", "segreteria@unione.it.example")]


def test_a_first_name_below_the_letter_tells_which_of_those_named_writes() -> None:
    text = (
        "De la Red Caminos participaremos dos personas en línea: Astrid Caicedo, coordinadora, y Wilmer Banguera, "
        "enlace.\n\nUn abrazo,\nAstrid"
    )
    found = of_all(text, "email", "Coordinación <coordinacion@caminos.co.example>")
    assert found == [("Astrid Caicedo", "coordinacion@caminos.co.example"), ("Wilmer Banguera", None)]


@pytest.mark.parametrize(
    "text",
    [
        "Me permito confirmar la participación virtual de la señora Presidenta, Ana Bonilla Fallas. "
        "Favor dirigir la guía de conexión a mi persona por este correo.",
        "I am pleased to confirm the online participation of our President, Ms Ana Bonilla Fallas. "
        "Please send the connection guide to me at this address.",
        "Je vous confirme la participation en ligne de notre présidente, Mme Ana Bonilla Fallas. "
        "Merci de m'envoyer le guide de connexion à cette adresse.",
    ],
)
def test_who_asks_for_the_link_on_behalf_of_another_does_not_come(text: str) -> None:
    found = of_all(f"{text}\n\nJorge Mora\nAsistente", "mode", "Jorge Mora <jmora@caja.cr.example>")
    assert found == [("Ana Bonilla Fallas", "online")]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Hna. Berta Pivaral (religiosa; no tiene teléfono)", "Berta Pivaral"),
        ("Sr Berta Pivaral (nun; she has no telephone)", "Berta Pivaral"),
    ],
)
def test_semicolons_in_brackets_part_no_list(line: str, name: str) -> None:
    text = f"Three of us, online:\n\nAna Ucán (teacher, tel 5418 2635)\nTomás Chávez (mayor, tel 4182 6357)\n{line}\n"
    found = of_all(text, "mode", "Ana Ucán <ana@yahoo.gt.example>")
    assert [n for n, _ in found] == ["Ana Ucán", "Tomás Chávez", name]


def test_a_sentence_that_begins_like_a_label_names_nobody() -> None:
    text = (
        "I am directed by the Permanent Secretary to inform you that the following\n"
        "officers have been nominated to participate online:\n\n"
        "(i)  Mr. Lubasi Sitwala, Chief Planner, cell 0977 418 263\n"
        "(ii) Ms. Mutinta Hamoonga, Legal Officer, cell 0966 825 341\n"
    )
    found = of_all(text, "mode", "Office of the Permanent Secretary <ps.office@mols.zm.example>")
    assert [n for n, _ in found] == ["Lubasi Sitwala", "Mutinta Hamoonga"]
