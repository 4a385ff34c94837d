"""What is filled into a mail's lines is read back, in every language and way to reply; so are its set phrases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from mailbot import message, reading
from mailbot.compose import Composer, Letter
from mailbot.compose.words import load
from mailbot.rsvp.answer import Invitation, Reading
from tests.compose.conftest import LANGUAGES, MORE_LANGUAGES, Opened, opened

OURS = "rsvp@workers-network.example"
PHONE = "+221 77 123 45 67"
MODES = {
    "in_person": {"fr": "en personne", "en": "in person", "es": "en persona", "pt": "presencial", "ar": "حضوريًا",
                  "ru": "очно"},
    "online": {"fr": "en ligne", "en": "online", "es": "en línea", "pt": "online", "ar": "عبر الإنترنت",
               "ru": "онлайн"},
}  # fmt: skip
WROTE = {"fr": f"Le 3 oct. 2018 à 14:02, RSVP <{OURS}> a écrit :",
         "en": f"On Wed, Oct 3, 2018 at 2:02 PM RSVP <{OURS}> wrote:",
         "es": f"El mié, 3 oct 2018 a las 14:02, RSVP (<{OURS}>) escribió:",
         "pt": f"Em qua., 3 de out. de 2018 às 14:02, RSVP <{OURS}> escreveu:",
         "ar": f"في الأربعاء، 3 أكتوبر 2018 في 2:02 م تمت كتابة ما يلي بواسطة RSVP <{OURS}>:",
         "ru": f"ср, 3 окт. 2018 г. в 14:02, RSVP <{OURS}>:"}  # fmt: skip
COMES = {"fr": "Je participerai", "en": "I will take part", "es": "Voy a participar", "pt": "Vou participar",
         "ar": "سأشارك", "ru": "Буду участвовать"}  # fmt: skip
NO_COMPUTER = {"fr": "Je n’ai plus besoin d’un ordinateur", "en": "I no longer need a computer",
               "es": "Ya no necesito una computadora", "pt": "Já não preciso de um computador"}  # fmt: skip


def form(text: str) -> list[str]:
    """Return the lines of a mail that are to be filled in."""
    return [line for line in text.replace("\u00a0", " ").splitlines() if re.fullmatch(r"[^-,.]{1,60}:", line)]


def filled(text: str, told: list[str]) -> str:
    """Fill the lines in, in their order."""
    text = text.replace("\u00a0", " ")
    for line, value in zip(form(text), told, strict=True):
        text = text.replace(f"\n{line}\n", f"\n{line} {value}\n", 1)
    return text


def typed_above(text: str, told: list[str], language: str) -> str:
    """The lines copied to the top and filled in, the rest quoted below."""
    lines = [f"{line} {value}" for line, value in zip(form(text), told, strict=True)]
    named = [line for line in text.splitlines() if line.startswith(NAMED)]
    quoted = [f"> {line}" for line in text.splitlines()]
    return "\n".join([*named, *lines, "", WROTE[language], *quoted, ""])


def typed_between(text: str, told: list[str], language: str) -> str:
    """Filled in where the lines stand in the quoted mail."""
    quoted = "\n".join(f"> {line}" for line in filled(text, told).splitlines())
    return f"{WROTE[language]}\n{quoted}\n"


def sent_back(text: str, told: list[str], language: str) -> str:
    """The mail sent back whole, filled in, without a sign of quoting."""
    return filled(text, told)


NAMED = ("Nom : ", "Nom\u00a0: ", "Name: ", "Nombre: ", "Nome: ", "الاسم: ", "Имя и фамилия: ")
"""How the line begins that says whom a form is about."""

WAYS = [typed_above, sent_back, typed_between]
Way = Callable[[str, list[str], str], str]

AS_OURS = pytest.mark.xfail(strict=True, reason="a filled line, sent back unquoted, is taken for ours by its label")
WHOSE = pytest.mark.xfail(strict=True, reason="the line that says whom a form is about is taken away as ours")


def ways(languages: Iterable[str], *, known: Callable[[str, Way], pytest.MarkDecorator | None]) -> list[Any]:
    """Return every language and way to reply; `known` says what the reader is known not to tell yet."""
    pairs = [(language, way) for language in languages for way in WAYS]
    marks = [known(language, way) for language, way in pairs]
    return [
        pytest.param(*pair, marks=[mark] if mark else [], id=f"{pair[0]}-{pair[1].__name__}")
        for pair, mark in zip(pairs, marks, strict=True)
    ]


OWN = ways(MORE_LANGUAGES, known=lambda language, way: AS_OURS if (language, way) == ("ar", sent_back) else None)
COLLEAGUES = ways(MORE_LANGUAGES, known=lambda _, way: None if way is typed_above else WHOSE)
ONE_OF_SEVERAL = ways(
    MORE_LANGUAGES,
    known=lambda language, way: None if way is typed_above or (language, way) == ("en", sent_back) else WHOSE,
)


def answered(ours: Opened, text: str) -> Reading:
    """Read a reply to one of our mails."""
    reply = EmailMessage(policy=SMTP)
    reply["From"] = str(ours.message["To"])
    reply["To"] = OURS
    reply["Subject"] = "Re: " + str(ours.message["Subject"])
    reply["Date"] = "Wed, 03 Oct 2018 15:00:00 +0000"
    reply["Message-ID"] = "<filled.in@cnts.sn.example>"
    reply["In-Reply-To"] = ours_id = str(ours.message["Message-ID"])
    reply.set_content(text)
    known = Invitation(message_ids=frozenset({ours_id}), own_addresses=frozenset({OURS}), invitation_texts=(ours.text,))
    return reading.read(message.read(reply.as_bytes()), known)


def told_of(found: Reading, field: str) -> list[Any]:
    """Return what was read for a field, of everybody of whom it was said."""
    values = [getattr(answer, field) for answer in found.answers]
    return [value.value for value in values if value is not None]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("language", "way"), OWN)
def test_what_is_filled_in_is_read_back(composer: Composer, language: str, mode: str, way: Way) -> None:
    ours = opened(composer.preview("acknowledgement", language, "missing"))
    found = answered(ours, way(ours.text, [PHONE, MODES[mode][language]], language))
    assert found.kind == "registration"
    assert told_of(found, "phone") == ["+221771234567"]
    assert told_of(found, "mode") == [mode]
    assert told_of(found, "needs_access") == []


@pytest.mark.parametrize(("language", "way"), OWN)
def test_the_whole_form_below_a_question_is_read_back(composer: Composer, language: str, way: Way) -> None:
    ours = opened(composer.preview("acknowledgement", language, "question"))
    told = ["Awa Ndiaye Sow", TITLES[language], PHONE, "CNTS", MODES["online"][language]]
    found = answered(ours, way(ours.text, told, language))
    assert found.kind == "registration"
    for field, value in zip(("name", "title", "phone", "organisation", "mode"), told, strict=True):
        expected = {"phone": "+221771234567", "mode": "online"}.get(field, value)
        assert told_of(found, field) == [expected]


TITLES = {"fr": "Secrétaire générale", "en": "General Secretary", "es": "Secretaria General", "pt": "Secretária-Geral",
          "ar": "أمينة عامة", "ru": "Генеральный секретарь"}  # fmt: skip


def colleague(letter: Letter) -> Letter:
    """The acknowledgement for a colleague of whom phone and way to take part are missing."""
    person = letter.everybody[0]
    values = {name: shown for name, shown in person.values.items() if name not in ("phone", "mode")}
    partly = replace(person, phone=None, mode=None, values=values)
    return replace(letter, person=partly, missing=("phone", "mode"))


@pytest.mark.parametrize(("language", "way"), COLLEAGUES)
def test_what_is_filled_in_for_a_colleague_is_theirs(composer: Composer, language: str, way: Way) -> None:
    letter = colleague(composer.sample("acknowledgement", language, "colleague"))
    ours = opened(composer.compose(letter))
    found = answered(ours, way(ours.text, [PHONE, MODES["in_person"][language]], language))
    (theirs,) = [answer for answer in found.answers if answer.phone is not None]
    assert theirs.name is not None
    assert theirs.name.value == letter.everybody[0].name
    assert theirs.mode is not None
    assert theirs.mode.value == "in_person"


@pytest.mark.parametrize(("language", "way"), ONE_OF_SEVERAL)
def test_what_is_filled_in_for_one_of_several_is_theirs(composer: Composer, language: str, way: Way) -> None:
    letter = composer.sample("acknowledgement", language, "several")
    ours = opened(composer.compose(letter))
    found = answered(ours, way(ours.text, [PHONE], language))
    (theirs,) = [answer for answer in found.answers if answer.phone and answer.phone.value == "+221771234567"]
    assert theirs.name is not None
    assert theirs.name.value == letter.everybody[1].name


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_the_words_that_a_mail_offers_for_an_answer_are_read_as_they_are_meant(
    composer: Composer, language: str
) -> None:
    ours = opened(composer.preview("acknowledgement", language, "tentative"))
    decline = load(composer.templates, language).decline
    quoted = "\n".join([WROTE[language], *(f"> {line}" for line in ours.text.splitlines())])
    for said, kind in ((COMES[language], "registration"), (decline, "decline")):
        assert said in ours.text
        assert answered(ours, said).kind == kind
        assert answered(ours, f"{said}.\n\n{quoted}\n").kind == kind


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("mail", ["office_seat", "office_waiting"])
def test_a_computer_can_be_given_back_with_the_words_that_the_mail_offers(
    composer: Composer, mail: str, language: str
) -> None:
    ours = opened(composer.preview(mail, language))
    said = NO_COMPUTER[language]
    assert said in ours.text
    assert told_of(answered(ours, said), "needs_access") == [False]
