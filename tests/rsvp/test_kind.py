"""What kind of reply it is, is told from what the sentences mean: invented replies in six languages (kinds.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from mailbot import message, reading
from mailbot.rsvp import refusals, words
from mailbot.rsvp.fold import fold
from tests.rsvp.replies import INVITATION, read, reply

KINDS: dict[str, list[list[str]]] = tomllib.loads((Path(__file__).parent / "kinds.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("kind", "row"), [(kind, row) for kind, rows in KINDS.items() for row in rows])
def test_a_reply_is_of_the_kind_that_its_sentences_mean(kind: str, row: list[str]) -> None:
    _, text, *subject = row
    raw = reply(text, subject=subject[0] if subject else "Re: webinar")
    assert reading.read(message.read(raw), INVITATION).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "I cannot travel to Geneva this year.",
        "Je ne peux pas me déplacer, désolé.",
        "No puedo viajar en octubre.",
        "Non posso spostarmi fino a Ginevra.",
    ],
)
def test_who_only_cannot_travel_is_looked_at_by_a_person(text: str) -> None:
    said = read(text)
    assert said.kind == "decline"
    assert "kind_unsure" in said.review


@pytest.mark.parametrize(
    "text",
    [
        "I cannot open the file that you sent.",
        "Je n'arrive pas à télécharger le programme.",
        "No puedo abrir el adjunto.",
        "Não consigo instalar o programa.",
        "Leider kann ich den Anhang nicht lesen.",
        "Purtroppo non riesco a scaricare il file.",
    ],
)
def test_who_cannot_open_a_file_does_not_decline(text: str) -> None:
    assert read(text).kind != "decline"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("neither, I'm afraid", "decline"),
        ("ninguna de las dos, lo siento", "decline"),
        ("ni en ligne ni sur place", "decline"),
        ("nenhuma das duas", "decline"),
        ("weder noch", "decline"),
        ("nessuna delle due", "decline"),
        ("online", "registration"),
    ],
)
def test_neither_is_an_answer_to_the_way_to_take_part(answer: str, kind: str) -> None:
    text = "Name: Ama Serwaa\nTitle: Nurse\nTelephone: +233 24 412 8365\nOrganisation: Nurses Union"
    assert read(f"{text}\nOnline or in person: {answer}").kind == kind


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Coucou, oui je viens samedi, en personne cette fois ! Bises", "Re: samedi"),
        ("Hi Tom, we confirm 18 guests for dinner, in person. Cheers", "Re: Thursday dinner"),
        ("Hola, te confirmo que voy el sábado a tu cumpleaños.", "Re: el sábado"),
        ("Ciao, ci sarò di persona domenica, portiamo il vino!", "R: domenica"),
    ],
)
def test_a_reply_to_somebody_elses_mail_is_not_about_the_event(text: str, subject: str) -> None:
    assert read(text, subject=subject).kind == "unrelated"


@pytest.mark.parametrize("text", ["Me inscribo, presencial.", "Count me in, online.", "Je m'inscris, en ligne."])
def test_a_new_mail_of_any_subject_registers(text: str) -> None:
    assert read(text, subject="23 October").kind == "registration"


def test_an_either_or_is_no_way_to_take_part() -> None:
    said = read("You invite our director to participate online or in person. Prior duties prevent her from joining.")
    assert said.kind == "decline"


def test_a_phrase_that_ends_with_not_denies_only_what_comes_next() -> None:
    text = fold("Desta vez não é online, vou a Genebra")
    hit = next(h for h in words.of(words.scan(text), "attendance.no") if text[h.start : h.end] == "desta vez nao")
    assert refusals.goes_on(text, hit)


@pytest.mark.parametrize(
    "text",
    [
        "I am attending a conference in Nairobi that day.",
        "Ce jour-là j'assiste à un congrès à Lomé.",
        "Ese día participo en otra reunión.",
        "Ich nehme an dem Tag an einer Tagung teil.",
    ],
)
def test_who_takes_part_in_something_else_is_away(text: str) -> None:
    assert read(text).kind == "decline"


def test_a_bare_list_is_in_the_language_of_its_thread() -> None:
    text = "Rose Achieng\nKenya Tea Pickers Union\n+254 722 413 658"
    assert read(text, subject="Re: Invitation: the webinar of the network on 23 October").language == "en"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("On behalf of Ms Efua Addo, I regret to inform you that she cannot attend.", "Efua Addo"),
        ("Sur instruction de M. Paul Zongo, je vous informe qu'il ne pourra prendre part au webinaire.", "Paul Zongo"),
        ("Por encargo de la Dra. Rosa Choc les comunico que no podrá asistir.", "Rosa Choc"),
        ("Im Auftrag von Frau Jana Holz teile ich mit, dass sie nicht teilnehmen kann.", "Jana Holz"),
        ("Dr. Ana Sitoe lamenta não poder comparecer.", "Ana Sitoe"),
        ("My colleague Tom Otieno told me of it. Unfortunately I cannot come.", "Ama Serwaa"),
        ("Merci à M. Paul Zongo pour l'information, mais je ne pourrai pas venir.", "Ama Serwaa"),
    ],
)
def test_a_refusal_is_written_down_for_whom_it_is_meant(text: str, name: str) -> None:
    said = read(f"{text}\n\nAma Serwaa\nAssistant")
    assert said.kind == "decline"
    assert [a.name.value for a in said.answers if a.name] == [name]
