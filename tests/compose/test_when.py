"""Nobody can misread when: the event's clock first, the participant's beside it, dates that read one way only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailbot.compose import Composer
from mailbot.compose.when import Clocks, own_zones
from mailbot.compose.words import Words, load
from mailbot.config import EventConfig
from tests.compose.conftest import LANGUAGES

NOW = datetime(2018, 10, 3, 12, tzinfo=UTC)


@pytest.fixture
def event(composer: Composer) -> EventConfig:
    return composer.config.events[0]


@pytest.fixture
def words(composer: Composer) -> dict[str, Words]:
    return {language: load(composer.templates, language) for language in LANGUAGES}


def told(event: EventConfig, words: Words, phone: str | None, offset: int | None = None) -> str:
    return Clocks(event, words, phone, offset, NOW).span(event.starts, event.ends).full


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("fr", "mardi 23 octobre 2018, 14h00–17h15, heure de Genève · 12h00–15h15 à Dakar"),
        ("en", "Tuesday 23 October 2018, 14:00–17:15 Geneva time · 12:00–15:15 in Dakar"),
        ("es", "martes 23 de octubre de 2018, 14:00–17:15, hora de Ginebra · 12:00–15:15 en Dakar"),
        ("pt", "terça-feira, 23 de outubro de 2018, 14h00–17h15, hora de Genebra · 12h00–15h15 em Dakar"),
    ],
)
def test_the_time_is_told_in_both_zones_as_the_language_does(
    event: EventConfig, words: dict[str, Words], language: str, expected: str
) -> None:
    assert told(event, words[language], "+221771234567") == expected


@pytest.mark.parametrize(
    ("phone", "offset", "expected"),
    [
        ("+41223198500", 120, "14:00–17:15 Geneva time"),
        ("+33683512794", 120, "14:00–17:15 Geneva time · 14:00–17:15 in Paris"),
        ("+243815602743", None, "14:00–17:15 Geneva time · 13:00–16:15 in Kinshasa · 14:00–17:15 in Lubumbashi"),
        ("+243815602743", 60, "14:00–17:15 Geneva time · 13:00–16:15 in Kinshasa"),
        ("+34612548730", None, "14:00–17:15 Geneva time · 14:00–17:15 in Madrid · 13:00–16:15 in the Canaries"),
        ("+61412345678", None, "14:00–17:15 Geneva time · 12:00–15:15 UTC"),
        ("+61412345678", 660, "14:00–17:15 Geneva time · 23:00 – Wednesday 24 October, 02:15 in Sydney"),
        ("+79161234567", 180, "14:00–17:15 Geneva time · 15:00–18:15 in Moscow"),
        ("+6857241638", None, "14:00–17:15 Geneva time · Wednesday 24 October, 02:00–05:15 in Apia"),
        ("+9779841527630", None, "14:00–17:15 Geneva time · 17:45–21:00 in Kathmandu"),
        (None, None, "14:00–17:15 Geneva time · 12:00–15:15 UTC"),
        (None, 0, "14:00–17:15 Geneva time · 12:00–15:15 UTC"),
        (None, -180, "14:00–17:15 Geneva time · 12:00–15:15 UTC · 09:00–12:15 (UTC−3, as in your message)"),
        (None, 345, "14:00–17:15 Geneva time · 12:00–15:15 UTC · 17:45–21:00 (UTC+5:45, as in your message)"),
        ("70112456", None, "14:00–17:15 Geneva time · 12:00–15:15 UTC"),
        ("+999", None, "14:00–17:15 Geneva time · 12:00–15:15 UTC"),
    ],
)
def test_the_participants_clock_comes_from_their_phone_then_their_mail_then_it_is_utc(
    event: EventConfig, words: dict[str, Words], phone: str | None, offset: int | None, expected: str
) -> None:
    assert told(event, words["en"], phone, offset) == f"Tuesday 23 October 2018, {expected}"


def test_an_offset_from_before_a_clock_change_still_tells_the_zone(event: EventConfig) -> None:
    november = datetime(2018, 11, 6, 13, tzinfo=UTC)
    span = (november, november + timedelta(hours=3))
    # Western Sydney wrote in October at +11 (summer), and Moscow's +3 is not among Australia's clocks.
    assert own_zones("+61412345678", 660, span, NOW) == ("Australia/Sydney",)
    assert own_zones("+243815602743", 120, span, NOW) == ("Africa/Lubumbashi",)


def test_the_clock_is_that_of_the_day_itself_across_a_clock_change(event: EventConfig, words: dict[str, Words]) -> None:
    later = event.model_copy(update={"start": datetime(2018, 10, 30, 14), "end": datetime(2018, 10, 30, 17, 15)})  # noqa: DTZ001 -- the wall clock
    assert told(event, words["en"], "+221771234567").endswith("12:00–15:15 in Dakar")
    assert told(later, words["en"], "+221771234567").endswith("13:00–16:15 in Dakar")


@pytest.mark.parametrize(
    ("zone", "address", "language", "expected"),
    [
        ("Europe/Zurich", "Geneva", "pt", "hora de Genebra"),
        ("Europe/Zurich", "4 route des Morillons, Geneva", "fr", "heure de Genève"),
        ("Europe/Zurich", "Route des Morillons 4, 1211 Genf 22", "es", "hora de Zúrich"),
        ("Europe/Zurich", "", "pt", "hora de Zurique"),
        ("Africa/Abidjan", "", "fr", "heure d’Abidjan"),
        ("Africa/Cairo", "", "fr", "heure du Caire"),
        ("Europe/Brussels", "Brussels", "fr", "heure de Bruxelles"),
        ("America/Lima", "Palacio", "es", "hora de Palacio"),
    ],
)
def test_the_place_of_the_clock_is_named_in_the_language(  # noqa: PLR0917 -- a table's columns
    event: EventConfig, words: dict[str, Words], zone: str, address: str, language: str, expected: str
) -> None:
    place = event.place.model_copy(update={"address": address})
    moved = event.model_copy(update={"timezone": zone, "place": place})
    assert expected in told(moved, words[language], "+221771234567")


def test_an_event_by_utc_is_told_in_utc_once(event: EventConfig, words: dict[str, Words]) -> None:
    place = event.place.model_copy(update={"address": ""})
    utc = event.model_copy(update={"timezone": "UTC", "place": place})
    assert told(utc, words["fr"], None) == "mardi 23 octobre 2018, 14h00–17h15 UTC"


def test_french_writes_the_first_of_a_month_as_a_rank(event: EventConfig, words: dict[str, Words]) -> None:
    first = event.model_copy(update={"start": datetime(2018, 11, 1, 9), "end": datetime(2018, 11, 1, 10)})  # noqa: DTZ001 -- the wall clock
    assert told(first, words["fr"], None).startswith("jeudi 1er novembre 2018, 9h00–10h00")


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+201001234567", "au Caire"),
        ("+525541873620", "à Mexico"),
        ("+2693345781", "aux Comores"),
        ("+50766148273", "au Panama"),
    ],
)
def test_french_places_take_their_preposition(
    event: EventConfig, words: dict[str, Words], phone: str, expected: str
) -> None:
    assert told(event, words["fr"], phone).endswith(expected)
