"""A label is known in every language, with typing errors, and its answer is what stands behind it."""

from __future__ import annotations

import pytest

from mailbot.rsvp import labels


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Nom et prénom : Awa Koné", "name", "Awa Koné"),
        ("* Position  : Program Manager", "title", "Program Manager"),
        ("POSTION   CHAIR LADY", "title", "CHAIR LADY"),
        ("[Phone] +81-90-7914-0357", "phone", "+81-90-7914-0357"),
        ("Participation .....: en ligne", "mode", "en ligne"),
        ("Entidad a la que representa: Instituto Foral", "organisation", "Instituto Foral"),
        ("Nom de la structure : Réseau ABC", "organisation", "Réseau ABC"),
        ("📞 06 38 41 72 05", "phone", "06 38 41 72 05"),
        ("En ligne ou en personne ? Sur place", "mode", "Sur place"),
        ("الاسم: آمنة الطيب", "name", "آمنة الطيب"),
        ("Телефон: 0555 48 20 17", "phone", "0555 48 20 17"),
        ("Rufnummer: 0341 97 15 482", "phone", "0341 97 15 482"),
        ("Qualifica: Segretaria", "title", "Segretaria"),
        ("Telemóvel: 934 187 526", "mobile", "934 187 526"),
        ("In person: no", "mode", "no"),
    ],
)
def test_a_labelled_line_is_taken_apart(line: str, field: str, value: str) -> None:
    found = labels.split(line)
    assert [(f.field, f.value) for f in found] == [(field, value)]


@pytest.mark.parametrize("line", ["Bonjour : merci", "I will attend the meeting online", "Merci beaucoup"])
def test_a_sentence_is_no_label(line: str) -> None:
    assert [f for f in labels.split(line) if f.field != "other"] == []


def test_several_labels_in_one_line_are_told_apart() -> None:
    found = labels.split("Attendee = Aigerim Nurlanova; role = gender adviser; phone = 8 701 231 53 35")
    assert [f.field for f in found] == ["name", "title", "phone"]


def test_the_invitations_own_words_ask_for_fields() -> None:
    assert labels.asked_for("the name of the organization they represent") == ["organisation"]
    assert labels.asked_for("courrier d'invitation en envoyant leur nom,") == ["name"]
