"""The guide: when to connect, also where it goes out late, and whom it is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.compose import Composer
from tests.compose.conftest import MORE_LANGUAGES, opened

NOW = {"fr": "dès maintenant", "en": "now", "es": "ahora mismo", "pt": "agora mesmo", "ar": "الآن",
       "ru": "прямо сейчас"}  # fmt: skip
ALERT = {"fr": "rappel", "en": "alert", "es": "aviso", "pt": "aviso", "ar": "تنبيه", "ru": "напоминани"}
MINUTES = {"ar": "30 دقيقة", "ru": "30 минут"}


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_from_the_moment_to_connect_the_guide_says_now_and_promises_no_alert(composer: Composer, language: str) -> None:
    letter = composer.sample("guide", language)
    connect = letter.event.starts - timedelta(minutes=30)
    text = composer.render(replace(letter, now=connect)).text
    assert text.count(NOW[language]) == 2  # the first sentence, and the box with the times
    assert "13:30" not in text.replace("h", ":")
    assert MINUTES.get(language, "30 min") not in text
    assert ALERT[language] not in text
    assert "text/calendar" in opened(composer.compose(replace(letter, now=connect))).kinds


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_before_that_moment_the_guide_says_when_to_connect(composer: Composer, language: str) -> None:
    letter = composer.sample("guide", language)
    text = composer.render(replace(letter, now=letter.event.starts - timedelta(minutes=31))).text
    assert "13:30" in text.replace("h", ":")
    assert MINUTES.get(language, "30 min") in text
    assert ALERT[language] in text


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_of_two_guides_at_one_address_the_colleague_s_bears_their_name(composer: Composer, language: str) -> None:
    own, theirs = (composer.sample("guide", language, case) for case in ("online", "colleague"))
    assert own.recipient == theirs.recipient
    assert theirs.person is not None
    assert str(theirs.person.name) in composer.render(theirs).subject
    assert own.recipient.name not in composer.render(own).subject
