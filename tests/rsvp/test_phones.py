"""The right number is found, told apart from others, and completed only by a country that the message shows."""

from __future__ import annotations

import pytest

from mailbot.rsvp import phones, places
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


@pytest.mark.parametrize(
    "text",
    [
        "Téléphone de ma voisine : 79 64 21 80, mais le mien est le 71 48 30 52.",
        "Le numéro que vous avez (79 64 21 80) était celui du gardien ; notez plutôt le mien : 71 48 30 52.",
        "79642180 is my old one so use 71483052.",
        "I gave my husband's number by mistake, mine is 71 48 30 52 NOT 79 64 21 80.",
        "O 79642180 é do vizinho, o meu é 71483052.",
        "Usen el mío: 71 48 30 52, el 79 64 21 80 ya no sirve.",
        "Meine Nummer ist 71 48 30 52, nicht die 79 64 21 80.",
        "Il mio è 71 48 30 52 e non 79 64 21 80.",
        "Contactem-me pelo 71 48 30 52 e não pelo número fixo (79 64 21 80).",
    ],
)
def test_of_two_numbers_the_one_that_is_meant_is_told_from_the_others(text: str) -> None:
    answer = only(f"Je suis Awa Traoré et je participe en ligne. {text}", "Awa Traoré <awa.traore@gmail.example>")
    assert said(answer, "phone") == "71483052"


def test_a_wife_who_only_says_the_number_does_not_own_it() -> None:
    assert phones.find("My wife says the telephone is 01341 422 718")[0].whose != "not"


@pytest.mark.parametrize(
    ("list_", "digits"),
    [("1. Ana Gil\n2. vocal\n3. 923 412 836", "923412836"), ("1 Ana\n2 vocal\n3 641 826 357\n4 Red", "641826357")],
)
def test_what_counts_the_lines_of_a_list_is_no_digit_of_a_number(list_: str, digits: str) -> None:
    assert [p.digits for p in phones.find(list_)] == [digits]


def test_of_two_countries_the_one_counts_whose_way_of_writing_the_number_has() -> None:
    found = phones.find("Tel. 038 41 207 65")
    told = phones.resolve(found[0], [("FR", "place"), ("MG", "place")])
    assert told.value == "+261384120765"


def test_where_two_countries_fit_alike_a_person_is_asked() -> None:
    found = phones.find("Tel. 0384120765")
    assert phones.resolve(found[0], [("FR", "place"), ("MG", "place")]).confidence < 0.8


@pytest.mark.parametrize(
    ("address", "country"),
    [("a@union.qc.example", "CA"), ("a@undeb.wales.example", "GB"), ("a@sapo.example", "PT"), ("a@gmail.example", "")],
)
def test_domains_of_regions_and_of_one_country_s_providers_tell_the_country(address: str, country: str) -> None:
    assert places.of_domain(address) == country


def test_a_town_written_small_in_a_text_without_capitals_tells_the_country() -> None:
    assert places.in_text("i stay in malda west bengal. please give a seat in your ILO office") == ["IN"]
