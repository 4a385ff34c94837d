"""What participants live through: real mailboxes, real SMTP, a clock that jumps. Each test is one promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.conftest import Mail, Organisation, registration

AWA = "awa.ndiaye@cnts.sn.example"
DAKAR = ZoneInfo("Africa/Dakar")
Golden = Callable[[Mail, str], None]


def kinds(mails: list[Mail]) -> list[str]:
    """Return which mails these are."""
    return [mail.kind for mail in mails]


@pytest.mark.parametrize(
    ("language", "sender", "phone"),
    [
        ("fr", "Awa Ndiaye <awa.ndiaye@cnts.sn.example>", "+221 77 450 12 34"),
        ("en", "Grace Achieng <grace@kuhw.ke.example>", "+254 722 418 563"),
        ("es", "Lucía Quispe <lucia@csut.pe.example>", "+51 987 415 263"),
        ("pt", "Inês Falcão <ines@ugtp.pt.example>", "+351 912 548 736"),
    ],
)
def test_a_registration_is_acknowledged_in_the_writers_language(
    organisation: Organisation, golden: Golden, language: str, sender: str, phone: str
) -> None:
    name, _, address = sender.removesuffix(">").partition(" <")
    message_id = organisation.reply(registration(language, name=name, phone=phone), sender=sender)

    (mail,) = organisation.at("2027-03-02 09:00")

    assert mail["To"].addresses[0].addr_spec == address
    assert mail["In-Reply-To"] == message_id
    assert mail["Auto-Submitted"] == "auto-replied"
    assert (mail.kind, mail["Content-Language"]) == ("acknowledgement", language)
    golden(mail, f"acknowledgement-{language}")


def test_what_is_missing_is_asked_for_and_read_from_the_answer(organisation: Organisation, golden: Golden) -> None:
    organisation.reply("Bonjour,\n\nJe participerai en ligne.\n\nAwa Ndiaye\n")
    (asking,) = organisation.at("2027-03-02 09:00")
    golden(asking, "acknowledgement-something-missing")

    filled = {"Titre": "secrétaire générale", "Téléphone": "+221 77 450 12 34", "Organisation": "CNTS Sénégal"}
    lines = [
        f"{line} {filled[label]}" if (label := line.split(":")[0].strip("-* \u00a0\u202f")) in filled else line
        for line in asking.text.splitlines()
    ]
    answer = "Bonjour,\n\nVoici.\n\n" + "\n".join(f"> {line}" for line in lines)
    organisation.reply(answer, answers=str(asking["Message-ID"]))
    (thanks,) = organisation.at("2027-03-03 09:00")

    (person,) = organisation.people()
    assert (person.title, person.phone, person.organisation) == (
        "secrétaire générale", "+221774501234", "CNTS Sénégal",
    )  # fmt: skip
    golden(thanks, "acknowledgement-completed")


def test_online_participants_get_guide_and_reminder_at_their_moments_and_once(
    organisation: Organisation, golden: Golden
) -> None:
    organisation.reply(registration(), zone=DAKAR)
    organisation.at("2027-03-02 09:00")

    assert organisation.at("2027-03-23 13:59") == []
    (guide,) = organisation.at("2027-03-23 14:00")  # the same wall clock, though the clocks change in between
    assert organisation.at("2027-03-23 14:01") == []
    assert organisation.at("2027-03-30 13:29") == []
    (reminder,) = organisation.at("2027-03-30 13:30")
    assert organisation.at("2027-03-30 13:45") == organisation.at("2027-03-30 18:00") == []

    golden(guide, "guide-fr")
    golden(reminder, "reminder-fr")


def test_who_comes_in_person_gets_neither_guide_nor_reminder(organisation: Organisation) -> None:
    organisation.reply(registration(in_person=True))
    organisation.at("2027-03-02 09:00")

    assert organisation.at("2027-03-23 14:00") == organisation.at("2027-03-30 13:30") == []


def test_a_late_registrant_gets_the_guide_at_once_and_the_reminder_in_time(organisation: Organisation) -> None:
    organisation.reply(registration("en"))
    assert kinds(organisation.at("2027-03-30 13:00")) == ["acknowledgement", "guide"]
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder"]


def test_whoever_registers_in_the_last_half_hour_gets_only_the_guide(organisation: Organisation) -> None:
    organisation.reply(registration("en"))
    assert kinds(organisation.at("2027-03-30 13:41")) == ["acknowledgement", "guide"]
    assert organisation.at("2027-03-30 13:50") == organisation.at("2027-03-30 14:05") == []


def test_who_cancels_after_the_guide_is_not_reminded(organisation: Organisation, golden: Golden) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-23 14:00")
    organisation.reply("Bonjour,\n\nJe dois malheureusement annuler ma participation au webinaire.\n\nAwa Ndiaye\n")
    (farewell,) = organisation.at("2027-03-25 10:00")

    golden(farewell, "acknowledgement-cancelled")
    assert organisation.people()[0].status == "declined"
    assert organisation.at("2027-03-30 13:30") == []


def test_a_switch_to_online_in_the_last_week_brings_the_guide_at_once(organisation: Organisation) -> None:
    organisation.reply(registration(in_person=True))
    organisation.at("2027-03-02 09:00")
    organisation.reply("Bonjour,\n\nJe ne pourrai pas venir à Genève, mais je suivrai par WebEx.\n\nAwa Ndiaye\n")

    assert kinds(organisation.at("2027-03-26 09:00")) == ["acknowledgement", "guide"]
    assert organisation.people()[0].mode == "online"


def test_a_correction_changes_only_what_it_says(organisation: Organisation, golden: Golden) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.reply("Bonjour,\n\nMon numéro était faux, voici le bon : +221 77 450 12 99.\n\nMerci\nAwa Ndiaye\n")
    (mail,) = organisation.at("2027-03-03 09:00")

    (person,) = organisation.people()
    assert person.phone == "+221774501299"
    assert (person.name, person.title, person.mode) == ("Awa Ndiaye", "secrétaire générale", "online")
    golden(mail, "acknowledgement-changed")


def test_both_organisers_copies_of_one_reply_are_one(organisation: Organisation) -> None:
    organisation.reply(registration(), to=(0, 1))

    assert kinds(organisation.at("2027-03-02 09:00")) == ["acknowledgement"]
    assert Counter(row.disposition for row in organisation.received()) == {"registration": 1, "duplicate": 1}
    assert len(organisation.people()) == 1


def test_a_colleague_sent_instead_is_registered_in_place_of_the_writer(organisation: Organisation) -> None:
    organisation.reply(
        "Bonjour,\n\nJe ne pourrai pas participer. Mon collègue Ousmane Faye, chargé de mission "
        "(ousmane.faye@cnts.sn.example, tél. +221 77 638 12 45), me remplacera en ligne.\n\nCordialement,\nAwa Ndiaye\n"
    )
    organisation.at("2027-03-02 09:00")

    assert [(p.name, p.email, p.status) for p in organisation.people()] == [
        ("Ousmane Faye", "ousmane.faye@cnts.sn.example", "registered")
    ]
    (guide,) = organisation.at("2027-03-23 14:00")
    assert guide["To"].addresses[0].addr_spec == "ousmane.faye@cnts.sn.example"


def test_a_question_is_answered_as_one_and_registers_nobody(organisation: Organisation, golden: Golden) -> None:
    organisation.reply("Bonjour,\n\nLe webinaire sera-t-il enregistré ?\n\nMerci,\nAwa Ndiaye\n")
    (mail,) = organisation.at("2027-03-02 09:00")

    assert organisation.people() == []
    assert "enregistré" in organisation.received()[0].question
    golden(mail, "acknowledgement-question")


def test_robots_and_our_own_mail_are_never_answered(organisation: Organisation) -> None:
    robot, own = "Robot <robot@mail.example>", "Réseau <rsvp@workers-network.example>"
    for sender, header in (
        (robot, ("Auto-Submitted", "auto-replied")),
        (robot, ("X-Autoreply", "yes")),
        (own, ("X-Mailbot-Mail", "guide")),
    ):
        organisation.reply(registration(), sender=sender, headers=[header], subject="Réponse automatique : absent")

    assert organisation.at("2027-03-02 09:00") == []
    assert organisation.people() == []


def test_a_registration_by_way_of_a_list_is_recorded_and_the_list_not_answered(organisation: Organisation) -> None:
    organisation.reply(registration(), headers=[("List-Id", "<syndicats.liste.example>"), ("Precedence", "list")])

    assert organisation.at("2027-03-02 09:00") == []
    assert [(p.name, p.status) for p in organisation.people()] == [("Awa Ndiaye", "registered")]
    assert "not_answered_list" in organisation.received()[0].review


def test_one_address_gets_a_bounded_number_of_acknowledgements_a_day(organisation: Organisation) -> None:
    for number in range(14):
        organisation.reply(registration(phone=f"+221 77 450 12 {number + 20}"))
    assert len(organisation.at("2027-03-02 09:00")) == 10

    organisation.reply(registration())
    assert len(organisation.at("2027-03-03 09:01")) == 1


def test_mail_that_comes_back_makes_unreachable_until_they_write_again(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    (guide,) = organisation.at("2027-03-23 14:00")
    organisation.deliver(bounce_of(guide, AWA))
    organisation.at("2027-03-23 14:05")
    assert organisation.people()[0].reachable == "unreachable"
    assert [m.state for m in organisation.outbox() if m.mail == "guide"] == ["failed"]

    organisation.reply(
        "Bonjour,\n\nJe n'ai pas reçu le guide de connexion, je participe toujours en ligne.\n\nAwa Ndiaye\n"
    )
    assert "guide" in kinds(organisation.at("2027-03-24 09:00"))
    assert organisation.people()[0].reachable == "yes"


def bounce_of(mail: Mail, address: str) -> bytes:
    """Return the delivery report that a Postfix sends when nobody has this address."""
    report = EmailMessage()
    report["Return-Path"] = "<>"
    report["From"] = "MAILER-DAEMON@mx1.workers-network.example"
    report["To"] = "rsvp@workers-network.example"
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Message-ID"] = "<bounce-1@mx1.workers-network.example>"
    report["Auto-Submitted"] = "auto-replied"
    report.set_content(
        f"I'm sorry to have to inform you that your message could not be delivered.\n<{address}>: unknown"
    )
    report.add_attachment(
        f"Reporting-MTA: dns; mx1.workers-network.example\n\nFinal-Recipient: rfc822; {address}\nAction: failed\n"
        "Status: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n".encode(),
        maintype="message", subtype="delivery-status-raw",
    )  # fmt: skip
    text = report.as_bytes().replace(b"message/delivery-status-raw", b"message/delivery-status")
    text = text.replace(b"multipart/mixed;", b"multipart/report; report-type=delivery-status;")
    returned = f"Content-Type: text/rfc822-headers\n\nMessage-ID: {mail['Message-ID']}\nTo: {address}\n\n".encode()
    closing = text.rstrip().rsplit(b"\n", 1)[-1]
    return text.rstrip()[: -len(closing)] + closing[:-2] + b"\n" + returned + closing + b"\n"


def test_a_message_that_cannot_be_read_is_held_and_the_next_goes_on(organisation: Organisation) -> None:
    organisation.deliver(b"Content-Type: multipart/mixed; boundary=x\r\nFrom: x@y.example\r\n\r\n--x\r\n" * 300)
    organisation.deliver(b"\x00\xff\xfe not a mail at all")
    organisation.reply(registration())

    assert kinds(organisation.at("2027-03-02 09:00")) == ["acknowledgement"]
    assert len(organisation.people()) == 1
    assert all(row.disposition != "new" for row in organisation.received())


def test_a_registration_after_the_end_is_held_for_a_person(organisation: Organisation) -> None:
    organisation.reply(registration())
    assert organisation.at("2027-03-30 17:16") == []
    (row,) = organisation.received()
    assert (row.disposition, row.reason.split(":")[0]) == ("held", "event_over")


def test_words_too_few_to_tell_a_language_are_answered_in_the_invitations(organisation: Organisation) -> None:
    organisation.reply("OK. Eva Sol", sender="Eva Sol <eva@csut.pe.example>", subject="Re: 2.º seminario web de la Red")
    (mail,) = organisation.at("2027-03-02 09:00")
    assert mail["Content-Language"] == "es"
