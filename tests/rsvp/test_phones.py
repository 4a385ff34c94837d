"""The right number is found, told apart from others, and completed only by a country that the message shows."""

from __future__ import annotations

import pytest

from mailbot.rsvp import phones
from tests.rsvp.replies import only, said


@pytest.mark.parametrize(
    ("written", "country", "number"),
    [
        ("070-541 83 62", "SE", "+46705418362"),
        ("0471 / 30 18 47", "IT", "+390471301847"),
        ("0477/31.58.06", "BE", "+32477315806"),
        ("(226) 70 24 18 66", "BF", "+22670241866"),
        ("388 15-457-0921", "AR", "+5493884570921"),
        ("+353 (0)85 175 8793", "", "+353851758793"),
        ("00237 699 48 25 17", "", "+237699482517"),
    ],
)
def test_a_number_is_completed_by_the_country(written: str, country: str, number: str) -> None:
    found = phones.find(f"Tel. {written}")
    assert len(found) == 1
    assert phones.resolve(found[0], [(country, "domain")] if country else []).value == number


def test_without_a_country_the_digits_stay_and_a_person_is_asked() -> None:
    answer = only(
        "Oui je participe, en ligne\nBienvenu Kossi\ntel 70 11 24 56", "Bienvenu <bienvenu.k@outlook.example>"
    )
    assert said(answer, "phone") == "70112456"
    assert "country_unknown" in answer.review


def test_mobile_goes_before_office_and_never_a_fax() -> None:
    answer = only(
        "Je participe en ligne.\n\nCordialement\n\nRita Blum\nTel. 031 555 28 14\nMobile 079 154 82 36\n"
        "Fax 031 555 28 00",
        "Rita Blum <rita@vpls.ch.example>",
    )
    assert said(answer, "phone") == "+41791548236"


@pytest.mark.parametrize("text", ["le 23/10/2018 à 14h00", "01.10.2018 09:12", "2018-10-23 14", "SIRET x", "page 12"])
def test_dates_and_small_numbers_are_no_telephones(text: str) -> None:
    assert phones.find(text) == []


def test_two_numbers_behind_each_other_are_two() -> None:
    assert [p.digits for p in phones.find("675 41 82 63 / 691 82 63 57")] == ["675418263", "691826357"]
