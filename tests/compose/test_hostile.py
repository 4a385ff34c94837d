"""Nothing that a participant wrote becomes markup, a template, a header or a calendar's property."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.addresses import Address
from mailbot.compose import Composer, Letter, Shown
from mailbot.compose.render import link, mask, tidy, to_html, to_text
from tests.compose.conftest import Opened, opened

NASTY = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) <https://evil.example>",
    "**bold** *em* `code` # heading",
    "{{ 7 * 7 }} {% include 'layout.html' %} {# no #}",
    "Robert\r\nBcc: everybody@a.example\r\n\r\nbody",
    "A\u202eevil\u2066 \u200eB",
    "&lt;b&gt; &amp; &#60;",
    "- item\n1. item\n> quote\n\n    code",
    "\ue02a\ue03c\ue041",
    "x" * 5000,
    "=?utf-8?q?hello?=",
    "---",
    "Subject: mine",
    "%n$s %s \\n \\",
)


class Tags(HTMLParser):
    """Collects the elements, attributes and words of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.found += [f"@{name}" for name, _ in attrs if name.startswith("on")]
        self.hidden += tag in ("style", "title")

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.words.append(data)


def looked_at(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    return tags


def with_words(letter: Letter, text: str) -> dict[str, object]:
    person = letter.everybody[0]
    values = {name: Shown(text, text, 0.4) for name in person.values}
    hostile = replace(person, name=text, title=text, organisation=text, phone=text, values=values)
    return {"person": hostile, "question": text, "subject": text, "recipient": Address(text, "a@b.example")}


@pytest.mark.parametrize("text", NASTY)
def test_hostile_words_add_no_element_link_or_header(compose: Callable[..., Opened], letter: Letter, text: str) -> None:
    plain, hostile = compose(**with_words(letter, "word")), compose(**with_words(letter, text))
    assert set(looked_at(hostile.html).found) <= set(looked_at(plain.html).found)
    assert looked_at(hostile.html).links == looked_at(plain.html).links
    assert hostile.message.keys() == plain.message.keys()


@pytest.mark.parametrize("text", ["<b>&amp;</b>", "**Awa** _N_ [x](y)", "{{ 7*7 }}", "1. Awa # N", "`~|\\"])
def test_what_people_wrote_is_shown_letter_for_letter_in_both_parts(
    compose: Callable[..., Opened], letter: Letter, text: str
) -> None:
    mail = compose(**with_words(letter, text))
    assert text in mail.text
    assert text in "".join(looked_at(mail.html).words)


def test_hostile_words_do_not_leave_their_line_in_the_calendar(composer: Composer) -> None:
    letter = composer.sample("guide", "fr")
    assert letter.person is not None
    name = 'X";ROLE=CHAIR:mailto:evil@a.example\r\nATTENDEE:mailto:evil@a.example'
    mail = opened(composer.compose(replace(letter, person=replace(letter.person, name=name))))
    event = icalendar.Calendar.from_ical(mail.part("text/calendar").get_content()).walk("VEVENT")[0]
    assert event["ATTENDEE"] == f"mailto:{letter.recipient.email}"
    assert event["ATTENDEE"].params["ROLE"] == "REQ-PARTICIPANT"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=400))
def test_any_text_is_one_line_of_words_in_markdown_and_html(text: str) -> None:
    masked, bare = mask(text), tidy(text)
    assert to_text(masked) == bare
    html = to_html(f"- Name: {masked}|")
    assert "<script" not in html
    assert looked_at(html).links == []
    assert set(looked_at(html).found) <= {"table", "tr", "th", "td", "ul", "li"}


def test_a_link_from_the_configuration_can_not_leave_its_place() -> None:
    assert link('https://a.example/x) "y" <z> `q`') == "https://a.example/x%29%20%22y%22%20%3Cz%3E%20%60q%60"
    assert link("https://a.example/j.php?MTID=m1_2&x=%20#top") == "https://a.example/j.php?MTID=m1_2&x=%20#top"
