"""The acknowledgement: first what it is and what to do, then values beside their words, doubts, lines to fill in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from mailbot.addresses import Address
from mailbot.compose import Composer, Letter, Person, Shown
from mailbot.compose.context import differs
from mailbot.compose.letter import SURE
from mailbot.rsvp import answer
from tests.compose.conftest import MORE_LANGUAGES, Opened

FULL = Person(
    "Awa Ndiaye", "awa@cnts.sn.example", "Secrétaire", "+221771234567", "CNTS", "online", utc_offset=0,
    values={"name": Shown("Awa Ndiaye", "Awa NDIAYE"), "phone": Shown("+221771234567", "77 123 45 67")},
)  # fmt: skip
AWA = Address("Awa Ndiaye", "awa@cnts.sn.example")


@pytest.mark.parametrize("language", MORE_LANGUAGES)
@pytest.mark.parametrize("case", ["registered", "missing", "declined", "several", "question"])
def test_the_first_lines_say_what_it_is_and_what_to_do(composer: Composer, language: str, case: str) -> None:
    text = composer.render(composer.sample("acknowledgement", language, case)).text
    greeting, empty, what, todo = text.splitlines()[:4]
    assert composer.sample("acknowledgement", language).recipient.name in greeting
    assert empty == ""
    assert what
    assert todo


def test_doubt_begins_where_reading_says_it_does() -> None:
    assert answer.SURE == SURE


def test_a_value_stands_beside_its_words_only_where_they_say_something_else(compose: Callable[..., Opened]) -> None:
    text = compose(person=FULL, recipient=AWA).plain
    assert "- Nom : Awa Ndiaye\n" in text
    assert "- Téléphone : +221 77 123 45 67 (vous avez écrit : « 77 123 45 67 »)\n" in text


@pytest.mark.parametrize(
    ("field", "value", "words", "says"),
    [
        ("name", "Élodie Müller", "Mme ELODIE MÜLLER,", False),
        ("name", "Awa Ndiaye", "A. Ndiaye", True),
        ("phone", "+221 77 123 45 67", "00221 77.123.45.67", False),
        ("phone", "+41 22 319 85 00", "+41 (0)22 319 85 00", False),
        ("phone", "+221 77 123 45 67", "77 123 45 67", True),
        ("mode", "en ligne", "En ligne", False),
        ("mode", "en ligne", "depuis mon bureau", True),
        ("title", "Présidente", "", False),
    ],
)
def test_words_differ_in_substance_not_in_form(field: str, value: str, words: str, says: bool) -> None:
    assert differs(field, value, words) is says


def test_what_is_unsure_is_asked(compose: Callable[..., Opened]) -> None:
    unsure = replace(FULL, values={"title": Shown("Secrétaire", "Secrétaire", 0.5)})
    text = compose(person=unsure, recipient=AWA).plain
    assert "- Titre : Secrétaire – est-ce exact ?\n" in text
    assert text.count("est-ce exact") == 2  # the line, and the sentence that points to it


def test_an_unsure_name_is_not_greeted_with(compose: Callable[..., Opened]) -> None:
    unsure = replace(FULL, values={"name": Shown("Awa Ndiaye", "awa.ndiaye", 0.5)})
    assert compose(person=unsure, recipient=AWA).text.startswith("Bonjour,")


def test_what_is_missing_is_asked_for_in_lines_to_fill_in(compose: Callable[..., Opened]) -> None:
    partly = replace(FULL, phone=None, mode=None, values={})
    mail = compose(person=partly, recipient=AWA, missing=("phone", "mode"))
    assert "\n\nTéléphone :\nParticipation (en ligne ou en personne) :\n\n" in mail.plain
    assert mail.message["Subject"].startswith("Inscription enregistrée, à compléter")


def test_nothing_is_asked_of_somebody_who_will_not_come(compose: Callable[..., Opened]) -> None:
    gone = Person(email=AWA.email, status="declined")
    text = compose(person=gone, case="declined", recipient=AWA, missing=("name", "phone")).text
    assert "Téléphone" not in text


def test_a_colleague_without_an_address_is_told_through_who_registered_them(compose: Callable[..., Opened]) -> None:
    colleague = replace(FULL, name="Komlan Mensah", email=None)
    mail = compose(person=colleague, recipient=AWA)
    assert "enregistrée pour Komlan Mensah" in mail.message["Subject"]
    assert mail.text.startswith("Bonjour Awa Ndiaye,")
    assert "merci de les lui transmettre" in mail.text


def test_an_answer_to_another_address_of_the_same_person_is_their_own(compose: Callable[..., Opened]) -> None:
    mail = compose(person=FULL, recipient=Address("NDIAYE Awa", "awa.private@mail.example"))
    assert "Votre inscription est enregistrée." in mail.text


def test_the_guide_is_announced_for_its_day_and_then_as_following(
    compose: Callable[..., Opened], letter: Letter
) -> None:
    assert "Le guide de connexion sera envoyé le mardi 16 octobre 2018" in compose(person=FULL).text
    late = letter.event.starts - timedelta(days=2)
    assert "Le guide de connexion suit dans un message séparé." in compose(person=FULL, now=late).text
    assert "guide" not in compose(person=replace(FULL, mode="in_person")).text
    assert "guide" not in compose(person=FULL, now=letter.event.ends).text


def test_somebody_without_good_enough_a_connection_hears_of_the_computer(compose: Callable[..., Opened]) -> None:
    assert "Un ordinateur dans un bureau" in compose(person=replace(FULL, needs_access=True)).text


def test_each_of_several_people_is_asked_for_what_is_theirs(compose: Callable[..., Opened]) -> None:
    other = Person(name="Komlan Mensah", title="Conseiller", organisation="CNTS", mode="in_person")
    text = compose(person=None, people=(FULL, other), missing=("phone",)).plain
    assert "2 inscriptions sont enregistrées." in text
    assert "À compléter pour Komlan Mensah\n\nNom : Komlan Mensah\nTéléphone :\n\n" in text
    assert text.count("\nTéléphone :\n") == 1


def test_a_question_without_a_registration_is_answered_with_the_lines_to_register(
    compose: Callable[..., Opened],
) -> None:
    text = compose(person=None, case="question", question="Et le son ?").plain
    assert "Et le son ?" in text
    assert "\n\nNom :\nTitre :\nTéléphone :\nOrganisation :\n" in text


def test_a_language_without_templates_gives_way_to_the_first(compose: Callable[..., Opened]) -> None:
    mail = compose(person=FULL, language="it")
    assert mail.message["Content-Language"] == "fr"


def test_the_same_letter_gives_the_same_bytes(composer: Composer, letter: Letter) -> None:
    assert composer.compose(letter) == composer.compose(letter)


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_the_reminder_fits_a_phones_screen_and_begins_with_the_link(composer: Composer, language: str) -> None:
    shown = composer.render(composer.sample("reminder", language))
    assert len(shown.subject) <= 60
    assert len(shown.text) <= 400
    assert shown.text.splitlines()[1].startswith("https://")


def test_the_password_is_looked_up_only_by_a_mail_that_says_it(composer: Composer, letter: Letter) -> None:
    class Locked:
        def reveal(self) -> str:
            raise AssertionError("asked for the password")

    webex = letter.event.webex.model_copy(update={"password": Locked()})
    locked = letter.event.model_copy(update={"webex": webex})
    assert composer.compose(replace(letter, event=locked))
    with pytest.raises(AssertionError, match="asked"):
        composer.compose(replace(letter, mail="guide", event=locked))


@pytest.mark.parametrize("language", MORE_LANGUAGES)
@pytest.mark.parametrize("case", ["registered", "changed", "declined", "tentative", "calendar", "question"])
def test_a_question_is_quoted_once_and_passed_on_whatever_else_the_message_says(
    composer: Composer, language: str, case: str
) -> None:
    letter = composer.sample("acknowledgement", language, case)
    asked = "Le son, et les sous-titres ?"
    without, with_it = (composer.render(replace(letter, question=q)).text for q in ("", asked))
    assert asked not in without
    before, _, _ = with_it.replace("\u202f", " ").replace("\u00a0", " ").partition(asked)
    assert with_it.count("sous-titres") == 1
    assert re.search("organisers|organisation|organizador|organização|التنظيم|организатор", before)


@pytest.mark.parametrize("language", MORE_LANGUAGES)
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("case", ["registered", "changed", "tentative", "calendar"])
def test_before_lines_to_fill_in_a_sentence_says_what_they_are_for(
    composer: Composer, language: str, case: str, several: bool
) -> None:
    letter = composer.sample("acknowledgement", language, "missing")
    partly = letter.person
    assert partly is not None
    whole = replace(partly, phone="+221771234567", mode="online")
    form = replace(letter, case=case, people=(partly, partly) if several else (partly,))
    full = replace(form, people=(whole, whole) if several else (whole,), missing=())
    asks = {
        "fr": "Il nous manque",
        "en": "still need",
        "es": "Todavía nos",
        "pt": "Ainda falta",
        "ar": "نقصنا",
        "ru": "не хватает",
    }[language].casefold()
    assert asks in composer.render(form).text.casefold()
    assert asks not in composer.render(full).text.casefold()


@pytest.mark.parametrize("language", MORE_LANGUAGES)
def test_where_nothing_is_required_no_empty_form_is_announced(composer: Composer, language: str) -> None:
    letter = composer.sample("acknowledgement", language, "question")
    asks = composer.render(letter).text
    asks_nothing = composer.render(replace(letter, event=letter.event.model_copy(update={"required": ()}))).text
    to_register = {"fr": "Pour vous inscrire", "en": "To register", "es": "Para inscribirse", "pt": "Para fazer",
                   "ar": "للتسجيل", "ru": "Чтобы зарегистрироваться"}[language]  # fmt: skip
    assert to_register in asks
    assert to_register not in asks_nothing


@pytest.mark.parametrize(
    ("field", "words", "shown"),
    [
        ("mode", "casque", False),
        ("mode", "avec casque", False),
        ("mode", "depuis mon bureau", True),
        ("needs_access", "cybercafé", False),
        ("needs_access", "je n’ai pas d’ordinateur", True),
        ("phone", "77 123", True),
        ("title", "SG", True),
    ],
)
def test_a_fragment_is_not_shown_as_what_somebody_wrote(
    compose: Callable[..., Opened], field: str, words: str, shown: bool
) -> None:
    told = replace(FULL, needs_access=True, values={field: Shown("", words)})
    assert (words in compose(person=told, recipient=AWA).plain) is shown
