"""Mails to organisers: the same words in each language, and nothing that somebody wrote becomes markup or a header."""

from __future__ import annotations

import email
import email.policy
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailbot.briefing import NOT_DONE, Done, kept, read_kept
from mailbot.compose.brief import Brief, Item, Say, compose_brief
from mailbot.config import Config, builtin_templates, load
from mailbot.models import NOTICES

ROOT = Path(__file__).parents[2]
LANGUAGES = ("fr", "en", "es", "pt")
EVIL = "**x** <b>y</b> {{ 7 * 7 }}\r\nBcc: eve@evil.example"


def flat(table: dict[str, Any], before: str = "") -> dict[str, str]:
    """Return a table of texts with dotted names."""
    found: dict[str, str] = {}
    for name, value in table.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {before + name: value}
    return found


def texts(language: str) -> dict[str, str]:
    """Return the organisers' words of a language."""
    return flat(tomllib.loads((builtin_templates() / "organisers" / f"{language}.toml").read_text("utf-8")))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The sample configuration."""
    for name in ("MAILBOT_IMAP_PASSWORD", "MAILBOT_SMTP_PASSWORD", "MAILBOT_WEBEX_PASSWORD"):
        assert name in (ROOT / "config.toml").read_text("utf-8")
    return load(ROOT / "config.toml")


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_has_the_same_words_with_the_same_places_to_fill_in(language: str) -> None:
    own, english = texts(language), texts("en")
    assert set(own) == set(english)
    for name, text in own.items():
        assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", english[name])), name


def test_every_kind_of_notice_and_every_result_has_its_words() -> None:
    english = texts("en")
    assert [kind for kind in NOTICES if f"kind.{kind}" not in english] == []
    assert [word for word in NOT_DONE if f"done.{word}" not in english] == []


def test_a_language_that_there_is_none_of_gives_way_to_english(tmp_path: Path) -> None:
    assert Say(tmp_path, "xx").text("done.settled") == "Settled."


@pytest.mark.parametrize("mail", ["alert", "digest", "decision"])
def test_what_people_wrote_stays_text(config: Config, mail: str) -> None:
    item = Item(1, EVIL, EVIL, "a@b.example", EVIL, EVIL, EVIL, EVIL, EVIL)
    brief = Brief(mail, "organiser@mail.example", "<one@mail.example>", datetime(2018, 10, 1, 8, 0, tzinfo=UTC), UTC,
                  subject=EVIL, heading=EVIL, items=(item,), how=EVIL, not_understood=True)  # fmt: skip
    made = email.message_from_bytes(compose_brief(brief, config), policy=email.policy.default)
    html = made.get_body(("html",))
    assert html is not None
    assert made["Bcc"] is None
    assert "<b>" not in html.get_content()
    assert "49" not in re.sub(r"\d{4,}|#\w+|\d+px", "", html.get_content().partition('role="main"')[2])
    assert made["X-Mailbot-Mail"] == mail
    assert compose_brief(brief, config) == compose_brief(brief, config)


def test_results_are_kept_as_they_were() -> None:
    done = [Done(17, "settled", "Awa", "", ""), Done(0, "not_understood", "", "", 'hé "x"')]
    assert read_kept(kept(done)) == done
    assert read_kept("no results") == []
