"""In which country somebody is: what shows it, what doesn't, and nothing guessed."""

from __future__ import annotations

import pytest

from mailbot import countries

LANGUAGES = ("fr", "en", "es", "pt")


@pytest.mark.parametrize(
    ("phone", "address", "organisation", "expected"),
    [
        ("+221771234567", "someone@union.example", "", "SN"),
        ("+221771234567", "someone@union.ml", "Syndicat du Togo", "SN"),  # where they are reached counts most
        ("771234567", "someone@union.sn", "", "SN"),
        ("", "someone@union.org.co", "", "CO"),
        ("", "someone@startup.co", "", ""),  # sold all over the world
        ("", "someone@yahoo.fr", "", ""),  # a provider: half of Africa has one
        ("", "someone@unions.uk", "", "GB"),
        ("", "someone@union.example", "Confédération nationale des travailleurs du Sénégal", "SN"),
        ("", "someone@union.example", "Sindicato de Guinea Ecuatorial", "GQ"),
        ("", "someone@union.example", "Union of Niger", "NE"),
        ("", "someone@union.example", "Network of Kenya and Uganda", ""),
        ("", "someone@union.eu", "", ""),
        ("+8821612345678", "", "", ""),  # a satellite's
        ("", "", "", ""),
    ],
)
def test_the_surest_thing_that_is_known_says_the_country(
    phone: str, address: str, organisation: str, expected: str
) -> None:
    assert countries.country(phone, address, organisation, LANGUAGES) == expected


def test_an_office_is_written_to_in_a_language_that_is_official_there() -> None:
    assert [countries.language_of(code, LANGUAGES) for code in ("SN", "KE", "PE", "MZ", "VN")] == [
        "fr", "en", "es", "pt", "",
    ]  # fmt: skip
