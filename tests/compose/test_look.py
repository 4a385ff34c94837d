"""How mails look: the same words in HTML and text, small, without images, on desk and phone, by day and night."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from mailbot.compose import Composer, Letter
from tests.compose import screenshots
from tests.compose.conftest import MORE_LANGUAGES, opened
from tests.compose.test_hostile import looked_at
from tests.conftest import must_have

AXE = Path(__file__).resolve().parents[1] / "vendor" / "axe-core" / "axe.min.js"
CLIPPED = 102_000
"""Bytes of HTML beyond which Gmail cuts a mail."""

NOT_IN_WORD = ("flex", "grid", "position", "background-image", "url(", "float", "calc(", "var(")
"""What Outlook's engine (Word) does not know."""

ALL = list(screenshots.mails())
SHOWN = (
    "acknowledgement-missing",
    "acknowledgement-unsure-fr",
    "acknowledgement-several-es",
    "guide-online",
    "reminder-online",
)
SOME = [mail for mail in ALL if mail.name.startswith(SHOWN)]
"""Enough to see every element of a mail, and every language."""


def words(text: str) -> list[str]:
    """Return the words of a text, without punctuation."""
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("mail", ALL, ids=lambda mail: mail.name)
def test_html_and_text_say_the_same(mail: screenshots.Mail) -> None:
    parts = opened(mail.raw)
    assert words(" ".join(looked_at(parts.html).words)) == words(parts.text)


@pytest.mark.parametrize("mail", ALL, ids=lambda mail: mail.name)
def test_the_html_survives_gmail_and_outlook(mail: screenshots.Mail) -> None:
    html = mail.html
    body = html.partition("<body")[2]
    assert len(html.encode()) < CLIPPED
    assert "<img" not in html
    assert "<link" not in html
    assert "@import" not in html
    assert set(looked_at(html).links) <= {"https://workers-network.example/webex/join/webinaire-2"}
    assert not [word for word in NOT_IN_WORD for style in re.findall(r'style="([^"]*)"', body) if word in style]
    assert "<!--[if mso]>" in body
    # What must have a style of its own, since many programs drop the sheet.
    assert not re.findall(
        r"<(?:p|h1|th|td|li|a)(?![^>]*style=)[^>]*>", body.replace("<!--[if mso]>", "").partition("main")[2]
    )


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_the_page_says_its_language_direction_and_subject(composer: Composer, language: str) -> None:
    shown = composer.render(composer.sample("guide", language))
    assert re.search(rf'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"', shown.html)
    assert "<title>" in shown.html
    assert shown.html.count("<h1") == 1


def test_the_largest_mail_that_there_can_be_is_not_clipped(composer: Composer, letter: Letter) -> None:
    person = letter.everybody[0]
    people = tuple(replace(person, name=f"{'Very long name ' * 20}{n}", email=None) for n in range(20))
    html = composer.render(replace(letter, person=None, people=people)).html
    assert len(html.encode()) < CLIPPED


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A Chromium for all tests here."""
    chromium = screenshots.browser_path()
    must_have(chromium, "Chromium", "chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=list(screenshots.QUIET))
        yield found
        found.close()


@pytest.fixture
def show(browser: Any) -> Iterator[Callable[..., Any]]:
    """Show a page of HTML; any request that it makes is a failure."""
    contexts, requests = [], []

    def shown(html: str, width: int, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 640}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.set_content(html)
        return page

    yield shown
    for context in contexts:
        context.close()
    assert requests == []


@pytest.mark.parametrize("mail", SOME, ids=lambda mail: mail.name)
def test_nothing_is_wider_than_the_smallest_phone(show: Callable[..., Any], mail: screenshots.Mail) -> None:
    for html in (mail.html, without_sheet(mail.html)):
        assert show(html, 320).evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mail", SOME, ids=lambda mail: mail.name)
def test_axe_core_finds_no_fault(show: Callable[..., Any], mail: screenshots.Mail, scheme: str) -> None:
    page = show(mail.html, 360, scheme)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    assert [f"{v['id']}: {v['help']} ({v['nodes'][0]['html'][:120]})" for v in found] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_ground_is_light_by_day_and_dark_by_night(
    show: Callable[..., Any], composer: Composer, scheme: str
) -> None:
    page = show(composer.render(composer.sample("guide", "en")).html, 360, scheme)
    colour = page.evaluate("getComputedStyle(document.querySelector('table.letter')).backgroundColor")
    red, green, blue = (int(n) for n in re.findall(r"\d+", colour)[:3])
    assert (red + green + blue > 600) == (scheme == "light")


def test_the_join_button_is_large_enough_for_a_thumb(show: Callable[..., Any], composer: Composer) -> None:
    page = show(composer.render(composer.sample("reminder", "en")).html, 320)
    box = page.locator("a.button").bounding_box()
    assert box["height"] >= 44
    assert box["y"] < 100


def without_sheet(html: str) -> str:
    """Return the page as programs show it that drop style sheets."""
    return re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
