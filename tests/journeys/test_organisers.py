"""What organisers get by mail, and what their answers do: alerts, the digest, decisions, messages passed on."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import sqlalchemy as sa

from mailbot.models import Change, Notice
from tests.journeys.conftest import GENEVA, Mail, Organisation, registration

ORGANISER = "Inês Duarte <registrar2@workers-network.example>"
QUESTION = "Bonjour,\n\nY aura-t-il une interprétation en portugais ?\n\nAwa Ndiaye\n"
EVE = "Awa Ndiaye <awa@elsewhere.example>"


def answer(organisation: Organisation, alert: Mail, text: str, **more: str) -> list[Mail]:
    """Let an organiser answer an alert the way mail programs do; returns the mails to organisers that follow."""
    before = len(organisation.told())
    quoted = "\n".join(f"> {line}" for line in alert.text.splitlines())
    written = f"{text}\n\nLe mar. 2 mars 2027 à 09:00, Réseau <rsvp@workers-network.example> a écrit :\n{quoted}\n"
    organisation.reply(written, sender=more.get("sender", ORGANISER), subject=f"Re: {alert['Subject']}",
                       answers=str(alert["Message-ID"]))  # fmt: skip
    organisation.at()
    return organisation.told()[before:]


def held(organisation: Organisation) -> Mail:
    """Let a message be held: a new number for somebody registered, from another address; returns the alert."""
    organisation.reply(registration())
    organisation.at("2027-03-02 08:00")
    organisation.reply("Bonjour, mon nouveau numéro est le +221 77 999 88 77.\nAwa Ndiaye\n", sender=EVE, answers="")
    organisation.at("2027-03-02 09:00")
    assert [m.disposition for m in organisation.received()] == ["registration", "held"]
    (alert,) = organisation.told("alert")
    return alert


def history(organisation: Organisation, who: str) -> list[tuple[str, str | None]]:
    """Return the changes that somebody made: field and new value."""
    with organisation.parts[0].read() as session:
        query = sa.select(Change.field, Change.new).where(Change.who == who).order_by(Change.id)
        return [(field, new) for field, new in session.execute(query)]


def open_numbers(organisation: Organisation) -> list[int]:
    """Return the numbers of what waits for a person."""
    with organisation.parts[0].read() as session:
        return list(session.scalars(sa.select(Notice.id).where(Notice.settled_at.is_(None)).order_by(Notice.id)))


# ---------------------------------------------------------------- alerts


def test_a_question_is_mailed_at_once_in_its_own_words_and_the_answer_goes_to_who_asks(
    organisation: Organisation,
) -> None:
    organisation.reply(QUESTION)
    organisation.at("2027-03-02 09:00")
    (alert,) = organisation.told("alert")
    assert "Y aura-t-il une interprétation en portugais" in alert.text
    assert "awa.ndiaye@cnts.sn.example" in str(alert["Reply-To"])
    assert "rsvp@workers-network.example" in str(alert["Reply-To"])
    assert alert["Subject"] == "Une question : Awa Ndiaye"
    assert (alert["Auto-Submitted"], alert["X-Mailbot-Mail"]) == ("auto-generated", "alert")


def test_an_answer_to_the_person_settles_the_question_and_nothing_is_mailed_for_it(organisation: Organisation) -> None:
    organisation.reply(QUESTION)
    organisation.at("2027-03-02 09:00")
    (alert,) = organisation.told("alert")
    told = EmailMessage(policy=SMTP)
    told["From"], told["To"] = ORGANISER, str(alert["Reply-To"])
    told["Message-ID"], told["In-Reply-To"] = "<answer@mail.example>", str(alert["Message-ID"])
    told["Subject"], told["Date"] = "Re: question", "Tue, 02 Mar 2027 09:30:00 +0100"
    told.set_content("Oui, en portugais et en espagnol. accepter\n")
    organisation.deliver(told.as_bytes())
    mails = len(organisation.mails()) + len(organisation.told())
    organisation.at("2027-03-02 09:31")
    assert open_numbers(organisation) == []
    assert len(organisation.mails()) + len(organisation.told()) == mails
    assert organisation.people() == []


def test_a_bad_hour_is_one_mail_after_the_first(organisation: Organisation) -> None:
    for minute in range(10):
        organisation.reply(QUESTION, sender=f"Awa {minute} <awa{minute}@cnts.sn.example>")
        organisation.at(f"2027-03-02 09:{minute:02}")
    organisation.at("2027-03-02 09:10")
    first, rest = organisation.told("alert")
    assert first.text.count("Une question") == 1
    assert rest.text.count("Une question") == 9
    for minute in range(15, 60, 5):
        organisation.reply(QUESTION, sender=f"Awa {minute} <awa{minute}@cnts.sn.example>")
        organisation.at(f"2027-03-02 09:{minute}")
    assert len(organisation.told("alert")) == 2


def test_what_was_told_is_not_told_again(organisation: Organisation) -> None:
    organisation.reply(QUESTION)
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-02 12:00")
    assert len(organisation.told("alert")) == 1


def test_organisers_that_want_none_get_no_alerts(organisation: Organisation) -> None:
    text = (organisation.folder / "config.toml").read_text("utf-8")
    organisation.stop()
    (organisation.folder / "config.toml").write_text(
        text.replace("[organisers]", '[organisers]\nalerts = false\ndigest = ""'), "utf-8"
    )
    organisation.reply(QUESTION)
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-03 09:00")
    assert organisation.told() == []
    assert len(open_numbers(organisation)) == 1


def test_an_alert_that_comes_back_does_not_make_alerts_for_ever(organisation: Organisation) -> None:
    organisation.reply(QUESTION)
    organisation.at("2027-03-02 09:00")
    for hour in range(10, 20):
        alert = organisation.told("alert")[-1]
        report = EmailMessage(policy=SMTP)
        report["From"], report["To"] = "MAILER-DAEMON@mx.example", "rsvp@workers-network.example"
        report["Subject"], report["Message-ID"] = "Undelivered Mail", f"<bounce-{hour}@mx.example>"
        report["Date"] = f"Tue, 02 Mar 2027 {hour}:00:00 +0100"
        report.set_content(
            "<registrar2@workers-network.example>: 550 5.1.1 no such user\n\nMessage-ID: " + str(alert["Message-ID"])
        )
        organisation.deliver(report.as_bytes())
        organisation.at(f"2027-03-02 {hour}:01")
    assert len(organisation.told("alert")) <= 3


# ---------------------------------------------------------------- digest


def test_the_digest_comes_at_its_hour_with_the_report_and_the_spreadsheet(organisation: Organisation) -> None:
    organisation.at("2027-03-01 09:00")
    organisation.reply(registration())
    organisation.at("2027-03-01 15:00")
    organisation.at("2027-03-02 07:59")
    assert organisation.told("digest") == []
    organisation.at("2027-03-02 08:00")
    organisation.at("2027-03-02 08:01")
    (digest,) = organisation.told("digest")
    assert "Awa Ndiaye" in digest.text
    assert [p.get_filename() for p in digest.iter_attachments()] == ["report.html", "participants.xlsx"]
    organisation.at("2027-03-03 08:00")
    assert len(organisation.told("digest")) == 1, "nothing happened since"


# ---------------------------------------------------------------- decisions by reply


def test_accept_records_what_was_held_for_who_was_meant_and_answers_them(organisation: Organisation) -> None:
    alert = held(organisation)
    (done,) = answer(organisation, alert, "Accepter, merci.")
    assert done.kind == "decision"
    assert [(p.name, p.phone) for p in organisation.people()] == [("Awa Ndiaye", "+221779998877")]
    assert ("phone", "+221779998877") in history(organisation, "organiser registrar2@workers-network.example")
    assert organisation.mails("awa@elsewhere.example"), "its writer is told what was noted"
    assert open_numbers(organisation) == []


def test_not_a_registration_sets_a_message_aside(organisation: Organisation) -> None:
    alert = held(organisation)
    (done,) = answer(organisation, alert, "Ce n'est pas une inscription.")
    assert "Écarté" in done.text
    assert organisation.received()[1].disposition == "unrelated"
    assert organisation.people()[0].phone == "+221774501234"
    assert open_numbers(organisation) == []


def test_corrections_are_written_as_participants_write_them(organisation: Organisation) -> None:
    organisation.reply(registration() + "\nMa connexion est trop faible, j'ai besoin d'un ordinateur.\n")
    organisation.at("2027-03-02 09:00")
    (alert,) = organisation.told("alert")
    answer(organisation, alert, "en personne, téléphone +221 77 111 22 33")
    (person,) = organisation.people()
    assert (person.mode, person.phone) == ("in_person", "+221771112233")
    assert {"mode", "phone"} <= {f for f, _ in history(organisation, "organiser registrar2@workers-network.example")}


def test_several_things_are_decided_a_line_each_by_number(organisation: Organisation) -> None:
    for n in range(3):
        organisation.reply(QUESTION, sender=f"Awa {n} <awa{n}@cnts.sn.example>")
    organisation.at("2027-03-02 09:00")
    (alert,) = organisation.told("alert")
    first, second, third = open_numbers(organisation)
    (done,) = answer(organisation, alert, f"{first} réglé\n{third} : fait")
    assert open_numbers(organisation) == [second]
    assert done.text.count("Réglé.") == 2
    (done,) = answer(organisation, alert, "réglé")
    assert open_numbers(organisation) == [second], "a line without a number decides nothing among several"
    assert "numéro" in done.text


def test_what_is_not_understood_is_answered_with_examples_and_changes_nothing(organisation: Organisation) -> None:
    alert = held(organisation)
    (done,) = answer(organisation, alert, "Hmm, je regarderai demain.")
    assert "pas été compris" in done.text
    assert "accepter" in done.text
    assert len(open_numbers(organisation)) == 1


def test_nobody_else_decides_by_answering_an_alert(organisation: Organisation) -> None:
    alert = held(organisation)
    assert answer(organisation, alert, "Accepter", sender="Eve <eve@evil.example>") == []
    assert organisation.people()[0].phone == "+221774501234"


def test_a_forged_organiser_without_a_token_decides_nothing(organisation: Organisation) -> None:
    held(organisation)
    (number,) = open_numbers(organisation)
    organisation.reply(f"{number} accepter\n", sender=ORGANISER, answers="", subject="Décision")
    organisation.at("2027-03-02 10:00")
    assert open_numbers(organisation) == [number]
    assert organisation.people()[0].phone == "+221774501234"


def test_the_answer_of_an_organisers_own_robot_is_not_answered(organisation: Organisation) -> None:
    alert = held(organisation)
    before = len(organisation.told())
    organisation.reply("Je suis absente.", sender=ORGANISER, subject=f"Re: {alert['Subject']}",
                       answers=str(alert["Message-ID"]), headers=[("Auto-Submitted", "auto-replied")])  # fmt: skip
    organisation.at("2027-03-02 10:00")
    assert len(organisation.told()) == before


# ---------------------------------------------------------------- passing on


HEADS = {
    "gmail": "---------- Forwarded message ---------\nDe : Komlan Mensah <komlan@cnts.sn.example>\n"
    "Date: lun. 1 mars 2027 à 10:00\nSubject: Webinaire\nTo: Inês <registrar2@workers-network.example>\n\n\n",
    "outlook": "________________________________\nDe : Komlan Mensah <komlan@cnts.sn.example>\n"
    "Envoyé : lundi 1 mars 2027 10:00\nÀ : Inês\nObjet : Webinaire\n\n",
}  # fmt: skip


def test_a_message_passed_on_in_the_text_registers_its_writer(organisation: Organisation) -> None:
    for program, head in HEADS.items():
        text = head.replace("komlan@", f"{program}@") + registration(name="Komlan Mensah")
        organisation.reply("Voici une inscription.\n\n" + text, sender=ORGANISER, subject="TR: Webinaire", answers="")
    organisation.at("2027-03-02 09:00")
    people = organisation.people()
    assert [(p.name, p.email) for p in people] == [
        ("Komlan Mensah", "gmail@cnts.sn.example"), ("Komlan Mensah", "outlook@cnts.sn.example")
    ]  # fmt: skip
    assert organisation.mails("gmail@cnts.sn.example")
    assert len(organisation.told("decision")) == 2


def test_a_message_passed_on_as_an_attachment_registers_its_writer(organisation: Organisation) -> None:
    inner = EmailMessage(policy=SMTP)
    inner["From"], inner["To"] = "Komlan Mensah <komlan@cnts.sn.example>", "registrar2@workers-network.example"
    inner["Subject"], inner["Date"] = "Webinaire", "Mon, 01 Mar 2027 10:00:00 +0000"
    inner["Message-ID"] = "<komlan-1@cnts.sn.example>"
    inner.set_content(registration(name="Komlan Mensah"))
    outer = EmailMessage(policy=SMTP)
    outer["From"], outer["To"] = ORGANISER, "rsvp@workers-network.example"
    outer["Subject"], outer["Message-ID"] = "Fwd: Webinaire", "<forward-1@mail.example>"
    outer["Date"] = organisation.now.astimezone(GENEVA).strftime("%a, %d %b %Y %H:%M:%S +0100")
    outer.set_content("Pour le registre.\n")
    outer.add_attachment(inner)
    organisation.deliver(outer.as_bytes())
    organisation.at("2027-03-02 09:00")
    assert [(p.name, p.email, p.mode) for p in organisation.people()] == [
        ("Komlan Mensah", "komlan@cnts.sn.example", "online")
    ]
    (mail,) = organisation.mails("komlan@cnts.sn.example")
    assert mail["In-Reply-To"] == "<komlan-1@cnts.sn.example>"


def test_an_organisers_own_letter_to_a_participant_registers_nobody(organisation: Organisation) -> None:
    told = EmailMessage(policy=SMTP)
    told["From"], told["To"], told["Cc"] = ORGANISER, "komlan@cnts.sn.example", "rsvp@workers-network.example"
    told["Subject"], told["Message-ID"] = "Re: Webinaire", "<letter-1@mail.example>"
    told["Date"] = "Mon, 01 Mar 2027 10:00:00 +0000"
    told.set_content("Merci.\n\n" + HEADS["outlook"] + registration(name="Komlan Mensah"))
    organisation.deliver(told.as_bytes())
    organisation.at("2027-03-02 09:00")
    assert organisation.people() == []
    assert organisation.told("decision") == []


def test_remove_erases_what_is_held_of_a_person(organisation: Organisation) -> None:
    alert = held(organisation)
    (done,) = answer(organisation, alert, "Supprimer.")
    assert "Supprimé" in done.text
    with organisation.parts[0].read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Notice).where(Notice.settled_at.is_(None))) == 0
    assert "elsewhere.example" not in " ".join(r.sender for r in organisation.received())


def test_the_name_of_an_office_gives_a_seat_there(organisation: Organisation) -> None:
    organisation.configure(
        event_extra='[[event.office]]\ncountry = "KE"\nname = "Nairobi office"\ncontact = "n@workers-network.example"\n'
    )
    organisation.reply(registration() + "\nMa connexion est trop faible, j'ai besoin d'un ordinateur.\n")
    organisation.at("2027-03-02 09:00")
    (alert,) = organisation.told("alert")
    assert "Aucun bureau" in alert.text
    answer(organisation, alert, "Nairobi office")
    assert open_numbers(organisation) == []
    assert [m.kind for m in organisation.mails("awa.ndiaye@cnts.sn.example")][-1] == "office_seat"


def test_a_letter_to_a_person_after_their_question_is_settled_is_left_alone(organisation: Organisation) -> None:
    organisation.reply(QUESTION)
    organisation.at("2027-03-02 09:00")
    (alert,) = organisation.told("alert")
    for n in range(2):
        told = EmailMessage(policy=SMTP)
        told["From"], told["To"] = ORGANISER, str(alert["Reply-To"])
        told["Message-ID"], told["In-Reply-To"] = f"<answer-{n}@mail.example>", str(alert["Message-ID"])
        told["Subject"], told["Date"] = "Re: question", "Tue, 02 Mar 2027 09:30:00 +0100"
        told.set_content("Oui.\n")
        organisation.deliver(told.as_bytes())
        organisation.at(f"2027-03-02 09:3{n}")
    assert organisation.told("decision") == []
