"""Names come out as they would stand on a list, and only what looks like a name is one."""

from __future__ import annotations

import pytest

from mailbot.rsvp import names


@pytest.mark.parametrize(
    ("written", "listed"),
    [
        ("OBAME NGUEMA Prosper", "Prosper Obame Nguema"),
        ("Brunner, Reto", "Reto Brunner"),
        ("LE GOFF Hervé", "Hervé Le Goff"),
        ("Dr. Fadi N. Haddad", "Fadi N. Haddad"),
        ("Samira EL FASSI-NGUYEN", "Samira El Fassi-Nguyen"),
        ("krisia marisol portillo", "Krisia Marisol Portillo"),
        ("PARK Seo-yeon (Ms.)", "Seo-yeon Park"),
        ("Irma Yolanda Batzibal", "Irma Yolanda Batzibal"),
        ("yusmary del valle colina", "Yusmary del Valle Colina"),
        ("Mag.ª Notburga Moosbrugger", "Notburga Moosbrugger"),
        ("Univ.-Prof. DDr. Franz Huber, MBA", "Franz Huber"),
        ("Comr. (Mrs) Hauwa Lamido", "Hauwa Lamido"),
        ("Engr. Ngozi Okafor-Eze, FNSE", "Ngozi Okafor-Eze"),
        ("Smt. Lakshmi Narayanan", "Lakshmi Narayanan"),
        ("Cr. Eugenio Larrañaga Bove", "Eugenio Larrañaga Bove"),
        ("Gent.ma Dott.ssa Elena Conti", "Elena Conti"),
        ("Srª Drª Marta Simões", "Marta Simões"),
        ("Présent ! Kabeya Mutombo", "Kabeya Mutombo"),
        ("Rogelio Villacorte Jr", "Rogelio Villacorte Jr"),
        ("Justice Mensah", "Justice Mensah"),
        ("Ilma Rezende Brandão", "Ilma Rezende Brandão"),
    ],
)
def test_a_name_is_put_in_natural_order_and_case(written: str, listed: str) -> None:
    assert names.natural(written) == listed


def test_the_case_of_another_writing_is_taken_over() -> None:
    assert names.natural("Gordon MACPHAIL", ("Gordon MacPhail",)) == "Gordon MacPhail"


@pytest.mark.parametrize("text", ["Hortêncio Trindade d'Alva", "Abdulrahman al-Ghamdi", "Jeanne d’Arc Uwimana"])
def test_a_small_prefix_does_not_hide_a_name(text: str) -> None:
    assert names.is_name(text)
    assert names.natural(text) == text


@pytest.mark.parametrize(
    "text", ["Bien cordialement", "Trade Union", "General Secretary", "en ligne", "23 octobre", "Best Regards"]
)
def test_what_is_no_name_is_told(text: str) -> None:
    assert not names.is_name(text)


@pytest.mark.parametrize("text", ["P. O'Callaghan-Reyes", "J.-B. Ferrari", "Devon"])
def test_a_first_name_or_initials_are_only_part_of_a_name(text: str) -> None:
    assert names.is_partial(text)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Professor Imogen Hartley-Voss FAcSS", "Imogen Hartley-Voss"),
        ("Ruth Baker PhD", "Ruth Baker"),
        ("Angus McPhail", "Angus McPhail"),
        ("Melle OUCHÈNE Lynda", "Lynda Ouchène"),
        ("Eladia Ramírez viuda de Cáceres", "Eladia Ramírez viuda de Cáceres"),
    ],
)
def test_a_fellowship_is_no_name_and_a_widow_keeps_hers(written: str, name: str) -> None:
    assert names.natural(written) == name
