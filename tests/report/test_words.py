"""The report says the same in every language, and never less."""

from __future__ import annotations

import functools
import re
import string
import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailbot import message, reading
from mailbot.compose import Composer
from mailbot.config import Config, EventConfig, builtin_templates
from mailbot.models import DISPOSITIONS, OUTBOX_STATES, REACHABLE, STATUSES
from mailbot.registry import suggest, vouched
from mailbot.report import words as words_module
from mailbot.report.words import Words
from mailbot.rsvp.answer import FIELDS, Invitation

LANGUAGES = ("fr", "en", "es", "pt")
MOMENT = datetime(2018, 10, 23, 12, 0, tzinfo=UTC)


def texts(language: str) -> dict[str, str]:
    """Return a language's own file, flat."""
    return dict(flat(tomllib.loads((builtin_templates() / "report" / f"{language}.toml").read_text("utf-8"))))


def flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield dotted keys and texts."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    own, english = texts(language), texts("en")
    assert own.keys() == english.keys()
    for key, text in own.items():
        assert text.strip(), key
        assert names(text) == names(english[key]), key


def names(text: str) -> set[str]:
    """Return the placeholders of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", ["fr", "es", "pt"])
def test_no_text_was_left_in_english(language: str) -> None:
    own, english = texts(language), texts("en")
    same = {k for k, v in own.items() if v == english[k] and re.search("[a-z]{4}", re.sub(r"\{.*?\}", "", v))}
    assert same <= {
        "figures.online", "mode.online", "mail.invitation", "letter.date", "table.search", "field.organisation",
        "pictures.organisations", "formats.moment", "formats.day", "formats.full", "formats.date", "field.question",
        "disposition.question", "field.email", "files.participants", "sign_in.signature",
    }  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_word_of_the_tables_has_a_name(language: str) -> None:
    words = Words(language)
    for group, codes in (
        ("disposition", ("new", *DISPOSITIONS)),
        ("status", STATUSES),
        ("reachable", REACHABLE),
        ("field", FIELDS),
        ("state", tuple(s for s in OUTBOX_STATES if s != "sent")),
        ("delivery", ("reached", "waiting", "in_doubt", "none", "no_address", "unreachable", "complained", "failed")),
        ("unreachable", ("no_address", "unreachable", "complained", "failed")),
    ):
        assert all(words.has(f"{group}.{code}") for code in codes), group


def test_a_reason_that_nobody_worded_is_still_a_sentence() -> None:
    assert Words("en").reason("odd_thing") == "The reader noted: odd thing."
    assert Words("en").reason("encrypted") == "The message is encrypted."
    assert Words("en").reason("whom_does_it_mean: Ana, Eva").endswith("means. (Ana, Eva)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_for_which_something_is_held_or_marked_for_review_is_a_sentence_here(language: str) -> None:
    said = re.compile(r'(?:Held\(\s*"|\b(?:held|reason)="|return "(?=too_|encrypted|winmail))([a-z_]+)"')
    source = Path(words_module.__file__).parents[1]
    files = [f for f in source.rglob("*.py") if f.parent.name not in {"report", "cli", "rehearsal"}]
    found = {word for f in files for word in said.findall(f.read_text("utf-8"))}
    marking = [f for f in files if f.parent.name in {"rsvp", "registry"}]
    marking += [f for f in files if f.stem in {"robots", "calendar", "intake", "recording", "returned", "loops"}]
    lines = (line for f in marking for line in f.read_text("utf-8").splitlines() if "review" in line)
    found |= {w for line in lines for w in re.findall(r'"([a-z]+_[a-z_]+)"', line)} - {"review_reasons", "auto_reply"}
    found |= {w for f in marking for w in re.findall(r'"(not_answered_[a-z]+|[a-z_]+_only)"', f.read_text("utf-8"))}
    found |= {f"{field}_not_found" for field in ("name", "title", "organisation")}  # put together where they are said
    assert {"encrypted", "too_large", "whom_does_it_mean", "took_too_long", "two_phones", "shared_address"} <= found
    found |= {*vouched.WORDS.values(), vouched.OTHER_ADDRESS, vouched.SAME_PERSON, *suggest.ABOUT_ADDRESS}
    assert {"not_answered_list", "not_answered_robot", "name_from_address_only"} <= found
    assert {"not_answered_repeats", "not_answered_dead", "nothing_sent_there"} <= found
    assert found <= worded(language)


@functools.cache
def said_of_the_corpora() -> frozenset[str]:
    """Return every word that reading the tests' messages says for a person to look at."""
    said: set[str] = set()
    for file in (f for folder in ("corpus", "kinds") for f in (Path(__file__).parents[1] / folder).rglob("*.eml")):
        found = reading.read(message.read(file.read_bytes()), Invitation())
        said.update(found.review, *(answer.review for answer in found.answers), [found.reason] * bool(found.reason))
    return frozenset(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_of_the_corpora_is_marked_with_a_word_that_the_report_cannot_say(language: str) -> None:
    assert len(said_of_the_corpora()) > 5
    assert {word.partition(":")[0] for word in said_of_the_corpora()} <= worded(language)  # a detail follows the colon


def worded(language: str) -> set[str]:
    """Return the review words that have a sentence in a language's own file."""
    return {key.removeprefix("reasons.") for key in texts(language) if key.startswith("reasons.")}


def test_plural_and_zero_follow_the_language() -> None:
    assert [Words("en").count("lists.people", n) for n in (0, 1, 2)] == ["0 people", "1 person", "2 people"]
    assert [Words("fr").count("lists.people", n) for n in (0, 1, 2)] == ["0 personne", "1 personne", "2 personnes"]
    assert Words("es").count("lists.people", 1_000_000).endswith("personas")


def test_moments_are_said_in_the_event_s_zone_and_with_its_name() -> None:
    words = Words("fr", ZoneInfo("Europe/Zurich"))
    assert words.full(MOMENT) == "mardi 23 octobre 2018, 14:00"
    assert words.zone_name() == "heure de Zurich"
    assert Words("es", ZoneInfo("America/La_Paz")).full(MOMENT) == "martes 23 de octubre de 2018, 08:00"
    assert Words("en").zone_name() == "UTC"
    assert Words("en").moment(None) == ""
    assert Words("pt").day(date(2018, 10, 4)) == "4 out."
    assert Words("en").distance(timedelta(days=6)) == "in 6 days"


@pytest.mark.parametrize(
    ("language", "clock", "place"),
    [
        ("fr", "heure de Genève", "Genève"),
        ("en", "Geneva time", "Geneva"),
        ("es", "hora de Ginebra", "Ginebra"),
        ("pt", "hora de Genebra", "Genebra"),
    ],
)
def test_an_event_s_place_and_clock_are_called_what_the_mails_call_them(
    event: EventConfig, settings: Config, language: str, clock: str, place: str
) -> None:
    words = Words(language).of(event, settings.templates)
    assert (words.zone_name(), words.place) == (clock, place)
    assert words.full(MOMENT) == Words(language, event.zone).full(MOMENT)
    mail = Composer(settings.templates, settings).sample("guide", language)
    assert clock in Composer(settings.templates, settings).render(mail).text.replace("\u00a0", " ")


def test_where_the_words_of_mails_cannot_be_read_the_zone_s_city_names_the_clock(
    event: EventConfig, tmp_path: Path
) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "fr.toml").write_text("locale = 5", "utf-8")
    words = Words("fr").of(event, tmp_path)
    assert (words.zone_name(), words.place) == ("heure de Zurich", "Geneva")


def test_countries_and_languages_have_names_in_the_language() -> None:
    words = Words("fr")
    assert (words.country("CH"), words.country(""), words.country("ZZ9")) == ("Suisse", "", "ZZ9")
    assert words.language_name("pt") == "portugais"
    assert words.language_name("mixed") == "plusieurs"
    assert (words.language_name(""), words.language_name("x?!")) == ("", "x?!")


def test_a_language_without_texts_falls_back_to_english() -> None:
    assert Words("sw").language == "en"


def test_own_texts_lie_over_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "fr.toml").write_text('[page]\nkind = "Liste"\n', "utf-8")
    words = Words("fr", templates=tmp_path)
    assert words.text("page.kind") == "Liste"
    assert words.text("yes_no.yes") == "oui"


def test_an_unknown_text_is_an_error_with_its_key() -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        Words("fr").text("no.such")
