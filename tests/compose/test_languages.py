"""Languages that go the other way, count otherwise, or have but some of the mails."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailbot.compose import Composer, Letter, Person
from mailbot.compose.render import isolate
from mailbot.compose.when import Clocks
from mailbot.compose.words import Words, load
from tests.compose.conftest import LANGUAGES, MORE_LANGUAGES, opened, own_templates

NOW = datetime(2018, 10, 3, 12, tzinfo=UTC)


def words(composer: Composer, language: str) -> Words:
    return load(composer.templates, language)


@pytest.mark.parametrize("mail", ["acknowledgement", "guide", "reminder"])
def test_arabic_goes_from_right_to_left_also_where_a_program_drops_the_page_around_it(
    composer: Composer, mail: str
) -> None:
    html = composer.render(composer.sample(mail, "ar")).html
    assert '<html lang="ar" dir="rtl"' in html
    assert re.search(r'<div role="main"[^>]* lang="ar" dir="rtl"', html)


def test_a_phone_a_name_and_a_number_of_latin_script_stay_in_one_piece_in_arabic(composer: Composer) -> None:
    shown = composer.render(composer.sample("guide", "ar", "colleague"))
    assert f"عبر الهاتف: {isolate('+41 44 000 00 00')}" in shown.text
    assert isolate("Komlan Mensah") in shown.text
    assert isolate("Komlan Mensah") in shown.subject
    assert '<span dir="ltr">+41 44 000 00 00</span>' in shown.html
    assert "\u2068" not in shown.html.partition("<body")[2]


def test_what_people_copy_carries_no_invisible_characters(composer: Composer) -> None:
    text = composer.render(composer.sample("guide", "ar")).text
    assert "كلمة المرور: Sample-1234\n" in text
    assert "\nhttps://workers-network.example/webex/join/webinaire-2\n" in text


@pytest.mark.parametrize("language", [*LANGUAGES, "ru"])
def test_where_all_goes_one_way_nothing_is_isolated(composer: Composer, language: str) -> None:
    shown = composer.render(composer.sample("acknowledgement", language, "several"))
    assert not re.search("[\u2066-\u2069]", shown.subject + shown.text + shown.html)


def test_an_arabic_name_stays_in_one_piece_in_a_french_mail(composer: Composer, letter: Letter) -> None:
    person = replace(letter.everybody[0], name="سلمى 2", values={})
    shown = composer.render(replace(letter, person=person))
    assert f"- Nom\u00a0: {isolate('سلمى 2')}\n" in shown.text
    assert '<span dir="rtl">سلمى 2</span>' in shown.html


@pytest.mark.parametrize(
    ("language", "number", "people", "minutes"),
    [
        ("ar", 1, "شخص واحد", "دقيقة واحدة"),
        ("ar", 2, "شخصين", "دقيقتين"),
        ("ar", 3, "3 أشخاص", "3 دقائق"),
        ("ar", 10, "10 أشخاص", "10 دقائق"),
        ("ar", 11, "11 شخصًا", "11 دقيقة"),
        ("ar", 30, "30 شخصًا", "30 دقيقة"),
        ("ar", 100, "100 شخص", "100 دقيقة"),
        ("ru", 1, "1 человек", "1 минуту"),
        ("ru", 2, "2 человека", "2 минуты"),
        ("ru", 5, "5 человек", "5 минут"),
        ("ru", 21, "21 человек", "21 минуту"),
        ("ru", 30, "30 человек", "30 минут"),
        ("fr", 1, "1 inscription", "1 minute"),
        ("en", 30, "30 people", "30 minutes"),
    ],
)
def test_numbers_take_the_form_that_the_language_gives_them(
    composer: Composer, language: str, number: int, people: str, minutes: str
) -> None:
    said = words(composer, language)
    assert said.counted(said.people, number) == people
    assert said.counted(said.minutes, number) == minutes


def test_a_plural_form_that_is_missing_is_named(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path)
    path = templates / "words" / "ru.toml"
    path.write_text(path.read_text("utf-8").replace('few = "{count} минуты"\n', ""), "utf-8")
    problems = [str(problem) for problem in Composer(templates, composer.config).check()]
    assert problems == ['templates/words/ru.toml: "minutes.few" is missing, such as for 2']


@pytest.mark.parametrize(
    ("language", "phone", "offset", "expected"),
    [
        ("ar", "+21622456789", None, "من 14:00 إلى 17:15 بتوقيت جنيف · من 13:00 إلى 16:15 في تونس"),
        ("ar", "+6857241638", None, "من الأربعاء 24 أكتوبر الساعة 02:00 إلى 05:15 في أبيا"),
        ("ru", "+221771234567", None, "14:00–17:15 по женевскому времени · 12:00–15:15 в Дакаре"),
        ("ru", "+243815602743", None, "13:00–16:15 в Киншасе · 14:00–17:15 в Лубумбаши"),
        ("ru", "+61412345678", 660, "23:00 – среда, 24 октября, 02:15 (Сидней)"),
        ("ru", None, 345, "12:00–15:15 UTC · 17:45–21:00 (UTC+5:45, как в вашем письме)"),
    ],
)  # fmt: skip
def test_the_time_is_told_as_the_language_does(
    composer: Composer, language: str, phone: str | None, offset: int | None, expected: str
) -> None:
    event = composer.config.events[0]
    told = Clocks(event, words(composer, language), phone, offset, NOW).span(event.starts, event.ends).full
    assert expected in re.sub("[\u2066-\u2069]", "", told)


def test_an_office_s_hours_are_told_by_its_own_clock_first(composer: Composer) -> None:
    text = composer.render(composer.sample("office_seat", "en")).text
    assert "\n11:30–15:15 in Dakar · 13:30–17:15 Geneva time\n" in text


def test_what_a_language_leaves_out_goes_out_in_the_first_and_is_told_without_failing(composer: Composer) -> None:
    letter = replace(composer.sample("moved", "fr"), language="ar")
    assert opened(composer.compose(letter)).message["Content-Language"] == "fr"
    assert composer.check() == []
    (arabic, _) = [str(note) for note in composer.notes()]
    assert arabic.startswith("templates/words/ar.toml: moved, event_cancelled, event_restored, ")
    assert arabic.endswith(" go out in fr")


def test_the_first_language_must_have_every_mail(composer: Composer) -> None:
    config = composer.config.model_copy(update={"languages": ("ru", "fr")})
    problems = [str(problem) for problem in Composer(composer.templates, config).check()]
    assert "templates/moved/ru.md: there is no such template; translate moved/fr.md" in problems


def test_a_mail_that_a_language_says_it_has_must_be_there(composer: Composer, tmp_path: Path) -> None:
    templates = own_templates(tmp_path)
    (templates / "guide" / "ar.md").unlink()
    problems = [str(problem) for problem in Composer(templates, composer.config).check()]
    assert problems == ["templates/guide/ar.md: there is no such template; translate guide/fr.md"]


def test_words_that_are_changed_count_from_the_next_mail_on(composer: Composer, letter: Letter, tmp_path: Path) -> None:
    templates = own_templates(tmp_path)
    mine = Composer(templates, composer.config)
    assert "- Titre" in mine.render(letter).text
    path = templates / "words" / "fr.toml"
    path.write_text(path.read_text("utf-8").replace('title = "Titre"', 'title = "Fonction"', 1), "utf-8")
    os.utime(path, ns=(1, 1))
    assert "- Fonction" in mine.render(letter).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "mail", ["moved", "event_cancelled", "event_restored", "guide", "office_seat", "office_waiting"]
)
def test_a_mail_about_a_colleague_names_them_in_its_subject(composer: Composer, mail: str, language: str) -> None:
    letter = composer.sample(mail, language, "colleague")
    assert str(letter.everybody[0].name) in composer.render(letter).subject


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_what_is_to_be_confirmed_by_several_is_not_called_the_reader_s_own(composer: Composer, language: str) -> None:
    own, several, other = (
        composer.render(composer.sample("acknowledgement", language, case)).text.splitlines()[2:4]
        for case in ("tentative", "tentative_several", "tentative_colleague")
    )
    assert own[0] not in (several[0], other[0])
    assert "«" not in several[1] + other[1]
    assert "“" not in several[1] + other[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_an_event_is_cancelled_stands_below_what_to_do(composer: Composer, language: str) -> None:
    letter = composer.sample("event_cancelled", language, "reason")
    lines = composer.render(letter).text.splitlines()
    reason = letter.event.because_in(language)
    assert lines.index(reason) == 5


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_a_person_without_a_name_is_spoken_of_all_the_same(composer: Composer, language: str) -> None:
    for case in ("declined", "tentative", "changed", "registered"):
        letter = replace(composer.sample("acknowledgement", language), case=case, person=Person(phone="+221771234567"))
        shown = composer.render(letter)
        assert "None" not in shown.subject + shown.text
