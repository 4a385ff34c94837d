"""No mail loops: robots get no answer, and those that can't be told from people get few."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailbot import notices, tokens
from mailbot.fingerprint import text_digest
from mailbot.models import Received
from tests.core.conftest import NOW, Core
from tests.core.test_intake import mail, take
from tests.core.test_returned import OWN

MINUTE = timedelta(minutes=1)
ROBOT = "Bonjour,\n\nNous avons bien reçu votre message numéro {n} et nous vous répondrons. Quand aura-t-il lieu ?\n"


def answering(core: Core, text: str, *, sender: str, at: object, answers: str = "", **headers: str) -> Received:
    """Let a message answer our latest mail, or another one, and return what became of it."""
    answers = answers or core.outbox()[-1].message_id
    raw = mail(text, sender=sender, at=at, **headers)
    raw = raw.replace(b"<invite-fr@workers-network.example>", answers.encode())
    return take(core, raw, at=at)[-1]


def acknowledged(core: Core) -> list[str]:
    return [row.recipient for row in core.outbox("acknowledgement")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"}, {"Auto_Submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"}, {"List_Id": "<l.example>"}, {"X_Mailbot_Mail": "acknowledgement"},
        {"Return_Path": "< >"}, {"sender": "Bot <no-reply@shop.example>"},
        {"sender": "List <owner-talk@lists.example>"},
        {"Reply_To": "noreply@shop.example"}, {"sender": "Talk <talk-request@lists.example>"},
        {"sender": "x <mailer-daemon@shop.example>"}, {"sender": "x <bounces+noreply@shop.example>"},
    ],
    ids=lambda headers: next(iter(headers.items()))[1],
)  # fmt: skip
def test_whatever_shows_a_program_or_a_list_is_not_answered(core: Core, headers: dict[str, str]) -> None:
    take(core, mail("Bonjour,\n\nLe webinaire sera-t-il enregistré ?\n\nMerci", **headers))
    assert core.outbox() == []


def test_who_is_called_like_a_program_but_is_none_is_answered(core: Core) -> None:
    for sender in ("Noreen Ply <noreen.reply@union.example>", "Request Owner <owner@union.example>",
                   "Jean Noel <jean-noel@union.example>"):  # fmt: skip
        take(core, mail("Le webinaire sera-t-il enregistré ?", sender=sender))
    assert len(acknowledged(core)) == 3


def test_mail_to_the_envelopes_sender_is_never_answered(core: Core) -> None:
    core.configure(smtp='maildir = "sent"\nenvelope_sender = "plus"')
    take(core, mail())
    to = tokens.plus_address(OWN, tokens.ENVELOPE, tokens.of_message_id(core.outbox()[0].message_id))
    raw = mail("Le webinaire sera-t-il enregistré ?", at=NOW + MINUTE).replace(
        f"To: {OWN}".encode(), f"To: {to}".encode()
    )
    (row,) = take(core, raw, at=NOW + MINUTE)
    assert "not_answered_robot" in row.review.split()
    assert len(core.outbox()) == 1


def test_mail_from_our_own_plus_addresses_is_ours(core: Core) -> None:
    sender = tokens.plus_address(OWN, tokens.REPLY, "a" * 32)
    rows = take(core, mail(sender=f"Réseau <{sender}>"), mail(sender="X <registrar2+test@workers-network.example>"))
    assert [(r.disposition, r.rule) for r in rows] == [("unrelated", "from_organiser")] * 2
    assert core.people() == core.outbox() == []


def test_a_program_that_repeats_itself_from_one_address_is_answered_once(core: Core) -> None:
    take(core, mail())
    for n in range(6):
        answering(core, ROBOT.format(n=n), sender="Awa <awa@cnts.sn.example>", at=NOW + n * MINUTE,
                  message_id=f"<robot-{n}@x.example>")  # fmt: skip
    assert len(acknowledged(core)) == 2
    with core.database.read() as session:
        assert [n.kind for n in notices.still_open(session)] == ["answers_itself"]


def test_a_program_that_answers_from_another_address_each_time_is_answered_once(core: Core) -> None:
    take(core, mail())
    for n in range(6):
        answering(core, ROBOT.format(n=n), sender=f"Accueil <ticket-{n}@help.example>", at=NOW + n * MINUTE,
                  message_id=f"<robot-{n}@x.example>")  # fmt: skip
    assert acknowledged(core) == ["awa@cnts.sn.example", "ticket-0@help.example"]


def test_a_program_that_says_something_new_each_time_is_answered_a_bounded_number_of_times(core: Core) -> None:
    core.configure(extra="[limits]\nacknowledgements_per_address_and_day = 4")
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    take(core, mail())
    for n, word in enumerate(words):
        answering(core, f"Bonjour, à propos de {word} : quand aura lieu le webinaire ?", at=NOW + 20 * n * MINUTE,
                  sender=f"Accueil <ticket-{word}@help.example>", message_id=f"<robot-{n}@x.example>")  # fmt: skip
    assert len(acknowledged(core)) == 4
    assert "answered_too_often" in core.rows(Received)[-1].review.split()


@pytest.mark.parametrize(("pause", "times"), [(MINUTE, 3), (20 * MINUTE, 7)], ids=["at once", "after some time"])
def test_what_answers_at_once_gets_three_answers_and_who_takes_time_gets_all(
    core: Core, pause: timedelta, times: int
) -> None:
    take(core, mail("Une question : sera-t-il enregistré ?"))
    for n, word in enumerate(["alpha", "beta", "gamma", "delta", "epsilon", "zeta"]):
        answering(core, f"Et {word}, quand aura lieu le webinaire ?", at=NOW + n * pause,
                  sender="Awa <awa@cnts.sn.example>", message_id=f"<{n}@x.example>")  # fmt: skip
    assert len(acknowledged(core)) == times


def test_what_stands_behind_a_plus_makes_no_other_address(core: Core) -> None:
    core.configure(extra="[limits]\nacknowledgements_per_address_and_day = 3")
    for n in range(8):
        take(core, mail(f"Question {'x' * n} : sera-t-il enregistré ?", sender=f"Bot <bot+{n}@help.example>"))
    take(core, mail("Le webinaire sera-t-il enregistré ?", sender="Bottin <bottin@help.example>"))
    assert len(acknowledged(core)) == 4


def test_two_people_may_say_the_same(core: Core) -> None:
    people = [f"Participant {name} <{name}@union.example>" for name in ("awa", "ben", "eva")]
    for number, sender in enumerate(people):
        take(core, mail("Le webinaire sera-t-il enregistré ?", sender=sender))
        row = answering(core, "Merci ! Et quand recevrai-je le lien ?", sender=sender, at=NOW + MINUTE,
                        message_id=f"<thanks-{number}@x.example>")  # fmt: skip
        assert "not_answered" not in row.review
    assert len(acknowledged(core)) == 6


def test_texts_that_differ_in_numbers_only_are_one_and_other_words_are_not() -> None:
    assert text_digest("Ticket #4711 du 3.5. reçu") == text_digest("ticket 12 du 30.11. REÇU!")
    assert text_digest("Ticket 4711 reçu") != text_digest("Ticket 4711 perdu")
    assert text_digest("") == text_digest("12:30 – !") == ""


def test_a_new_day_is_a_new_count(core: Core) -> None:
    core.configure(extra="[limits]\nacknowledgements_per_address_and_day = 1")
    for day in range(3):
        at = NOW + timedelta(days=day, minutes=day)
        take(core, mail(f"{'Encore ' * day}une question : sera-t-il enregistré ?", at=at), at=at)
    assert len(acknowledged(core)) == 3
