"""Every language has every list that replies are read by: whoever adds a language sees here what is missing."""

from __future__ import annotations

import tomllib

import pytest

from mailbot.rsvp import words
from mailbot.rsvp.fold import fold

FULL = ("fr", "en", "es", "pt", "de", "it")
"""Languages in which replies are expected; the others need only their labels."""


def table(language: str) -> dict[str, dict[str, list[str]]]:
    """Return one language's file."""
    return tomllib.loads((words.FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("language", FULL)
def test_a_language_lacks_nothing_that_french_has(language: str) -> None:
    have = {f"{name}.{key}" for name, lists in table(language).items() for key, found in lists.items() if found}
    need = {f"{name}.{key}" for name, lists in table("fr").items() for key in lists}
    assert sorted(need - have) == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_language_has_the_labels_of_the_invitation(language: str) -> None:
    lists = table(language)["labels"]
    assert [f for f in ("name", "title", "phone", "organisation", "mode") if not lists.get(f)] == []


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_phrase_can_be_found_in_a_text(language: str) -> None:
    for name, lists in table(language).items():
        for key, phrases in lists.items():
            if name in ("words", "labels"):
                continue
            for phrase in phrases:
                text = fold(phrase.replace(" … ", " ").replace("*", ""))
                assert any(h.key == f"{name}.{key}" for h in words.scan(text)), f"{language} {name}.{key}: {phrase}"


def test_folding_moves_no_character() -> None:
    text = "Ça œuvre — «Ünïcödé» ’tis ŁØ ß İ ١٢٣ Привет"
    assert len(fold(text)) == len(text)
