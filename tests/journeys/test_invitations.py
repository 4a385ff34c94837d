"""Inviting people from a list, lived through: calendars that answer, the silent, the unreachable, nobody twice."""

from __future__ import annotations

import re
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from mailbot import guests
from mailbot.cli import invite as command
from mailbot.cli.app import app
from mailbot.models import Change
from tests.journeys.conftest import GENEVA, Mail, Organisation, registration
from tests.journeys.test_changes import method
from tests.journeys.test_journeys import kinds
from tests.journeys.test_offices import to
from tests.journeys.test_time import sequence, uid

AWA, GRACE, INES = "awa.ndiaye@cnts.sn.example", "grace@kuhw.ke.example", "ines@ugtp.pt.example"
LIST = f"""name,address,language,organisation
Awa Ndiaye,{AWA},fr,CNTS Sénégal
Grace Achieng,{GRACE},en,
,{INES},pt,UGTP
"""


@pytest.fixture
def invited(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Organisation:
    """An organisation that has written down whom to invite; nothing has left yet."""
    monkeypatch.setattr(command, "utc_now", lambda: organisation.now)
    (organisation.folder / "list.csv").write_text(LIST, "utf-8")
    organisation.at("2027-03-01 09:00")
    assert "3 mails leave" in run(organisation, "list.csv", "--yes")
    return organisation


def run(organisation: Organisation, *arguments: str) -> str:
    """Run `mailbot invite` beside the worker, and return what it says."""
    known = [str(organisation.folder / a) if a.endswith(".csv") else a for a in arguments]
    done = CliRunner().invoke(app, ["--config", str(organisation.folder / "config.toml"), "invite", *known])
    assert done.exit_code == 0, done.output
    return done.output


def entry(mail: Mail) -> str:
    """Return the calendar entry of a mail, its lines unfolded."""
    part = next(p for p in mail.walk() if p.get_content_type() == "text/calendar")
    return re.sub(r"\r?\n[ \t]", "", str(part.get_content())).replace("\r\n", "\n")


def standings(organisation: Organisation) -> dict[str, str]:
    """Return how each guest stands."""
    database, turns, _ = organisation.parts
    with database.read() as session:
        return {one.guest.email: one.how for one in guests.standing(session, turns.config.events[0])}


def calendar_reply(
    organisation: Organisation, invitation: Mail, state: str, *, sender: str, subject: str, threaded: bool = False
) -> None:
    """Let a calendar answer an invitation, as Outlook does: often without naming the message that it answers."""
    reply = EmailMessage(policy=SMTP)
    reply["From"], reply["To"], reply["Subject"] = sender, "rsvp@workers-network.example", subject
    reply["Date"] = format_datetime(organisation.now.astimezone(GENEVA))
    reply["Message-ID"] = f"<{state.lower()}.{len(subject)}@calendar.example>"
    if threaded:
        reply["In-Reply-To"] = str(invitation["Message-ID"])
    attendee = entry(invitation).partition("ATTENDEE")[2].partition("mailto:")[2].splitlines()[0]
    told = "\r\n".join((
        "BEGIN:VCALENDAR", "METHOD:REPLY", "VERSION:2.0", "BEGIN:VEVENT", f"UID:{uid(invitation)}",
        f"ATTENDEE;PARTSTAT={state}:mailto:{attendee}", f"SEQUENCE:{sequence(invitation)}", "DTSTAMP:20270301T090000Z",
        "DTSTART:20270330T120000Z", "END:VEVENT", "END:VCALENDAR", "",
    ))  # fmt: skip
    reply.set_content("\n")
    reply.add_alternative(told.encode(), maintype="text", subtype="calendar", params={"method": "REPLY"})
    organisation.deliver(reply.as_bytes())


def test_each_guest_is_invited_in_their_language_with_an_entry_that_asks_and_has_no_link(
    invited: Organisation,
) -> None:
    mails = invited.at("2027-03-01 09:01")
    assert to(mails) == {AWA: ["invitation"], GRACE: ["invitation"], INES: ["invitation"]}
    assert [m["Content-Language"] for m in mails] == ["fr", "en", "pt"]
    for mail in mails:
        assert method(mail) == "REQUEST"
        assert "PARTSTAT=NEEDS-ACTION" in entry(mail)
        assert "webex" not in mail.as_string()
        assert "webex" not in entry(mail)
    awa, grace, ines = mails
    assert "Organisation" not in awa.text.partition("Titre :")[2].partition("2e webinaire")[0]  # known, so not asked
    assert "Organisation:" in grace.text
    assert "Nome:" in ines.text
    assert invited.at("2027-03-01 09:02") == []


def test_nobody_is_invited_twice_whoever_runs_the_command_how_often(invited: Organisation) -> None:
    assert "3 left out: invited before" in run(invited, "list.csv", "--yes")
    assert len(invited.at("2027-03-01 09:01")) == 3
    (invited.folder / "more.csv").write_text(LIST + "Another,another@union.example,fr,\n", "utf-8")
    assert "1 mail leaves" in run(invited, "more.csv", "--yes").replace("1 mail leave", "1 mail leaves")
    assert to(invited.at("2027-03-01 09:05")) == {"another@union.example": ["invitation"]}
    run(invited, "more.csv", "--yes")
    invited.stop()
    assert invited.at("2027-03-01 09:06") == []


def test_an_accept_registers_with_what_is_known_and_asks_for_the_rest(invited: Organisation) -> None:
    awa, *_ = invited.at("2027-03-01 09:01")
    calendar_reply(invited, awa, "ACCEPTED", sender=f"<{AWA}>", subject="Accepté : rencontre")
    (asking,) = invited.at("2027-03-02 09:00")
    (person,) = invited.people()
    assert (person.status, person.name, person.organisation) == ("registered", "Awa Ndiaye", "CNTS Sénégal")
    assert "other_event" not in person.review  # though neither thread nor subject says which event it is
    asked = asking.text.replace("\u00a0", " ")
    assert [label in asked for label in ("\nTitre :", "\nTéléphone :", "\nParticipation (")] == [True] * 3
    assert "\nNom :" not in asked.partition("2e webinaire")[0]
    assert standings(invited)[AWA] == "answered"

    invited.reply("Bonjour,\n\nTitre : trésorière\nTéléphone : +221 77 450 12 34\nParticipation : en ligne\n",
                  sender=f"Awa Ndiaye <{AWA}>", answers=str(asking["Message-ID"]))  # fmt: skip
    assert kinds(invited.at("2027-03-03 09:00")) == ["acknowledgement"]
    (guide,) = invited.at("2027-03-23 14:00")
    assert uid(guide) == uid(awa)  # one entry in their calendar, not two
    assert sequence(guide) > sequence(awa)
    assert "webex" in entry(guide)


def test_what_somebody_writes_counts_more_than_what_the_list_says(invited: Organisation) -> None:
    awa, *_ = invited.at("2027-03-01 09:01")
    calendar_reply(invited, awa, "ACCEPTED", sender=f"<{AWA}>", subject="Accepté : 2e webinaire")
    invited.at("2027-03-02 09:00")
    invited.reply(registration(organisation="Union des travailleurs du Sénégal"), sender=f"Awa Ndiaye <{AWA}>")
    invited.at("2027-03-03 09:00")
    (person,) = invited.people()
    assert person.organisation == "Union des travailleurs du Sénégal"
    with invited.parts[0].read() as session:
        query = sa.select(Change.new, Change.place).where(Change.field == "organisation").order_by(Change.id)
        assert next(tuple(row) for row in session.execute(query)) == ("CNTS Sénégal", "list")


@pytest.mark.parametrize(("state", "status"), [("TENTATIVE", "tentative"), ("DECLINED", "declined")])
def test_a_calendars_perhaps_and_no_are_understood(invited: Organisation, state: str, status: str) -> None:
    _, grace, _ = invited.at("2027-03-01 09:01")
    calendar_reply(invited, grace, state, sender=f"Grace Achieng <{GRACE}>", subject="2e webinaire", threaded=True)
    (answer,) = invited.at("2027-03-02 09:00")
    (person,) = invited.people()
    assert (person.status, person.name, person.language) == (status, "Grace Achieng", "en")
    assert answer["Content-Language"] == "en"  # the calendar says nothing of it, the list does
    assert standings(invited)[GRACE] == "answered"


def test_who_is_silent_is_asked_once_more_and_whoever_answered_or_cannot_be_reached_is_not(
    invited: Organisation,
) -> None:
    awa, grace, _ = invited.at("2027-03-01 09:01")
    assert "Nobody is silent" in run(invited, "--remind-silent", "--yes")  # they have had it for a minute
    invited.reply("Dear all,\n\nWill there be slides?\n\nGrace\n", sender=f"Grace <{GRACE}>",
                  answers=str(grace["Message-ID"]))  # fmt: skip
    bounce(invited, INES)
    invited.at("2027-03-03 09:00")
    assert standings(invited) == {AWA: "silent", GRACE: "answered", INES: "unreachable"}
    assert "3 invited: 1 answered, 1 silent, 1 unreachable" in run(invited)
    assert "Nothing was written down" in run(invited, "--remind-silent", "--dry-run")
    run(invited, "--remind-silent", "--yes")
    (reminder,) = invited.at("2027-03-03 09:01")
    assert (reminder.kind, reminder["To"].addresses[0].addr_spec) == ("invitation_reminder", AWA)
    assert uid(reminder) == uid(awa)
    invited.at("2027-03-10 09:00")
    assert "Nobody is silent" in run(invited, "--remind-silent", "--yes")
    assert invited.at("2027-03-10 09:01") == []


def test_who_answers_while_the_reminder_waits_does_not_get_it(invited: Organisation) -> None:
    awa, grace, _ = invited.at("2027-03-01 09:01")
    invited.at("2027-03-03 09:00")
    run(invited, "--remind-silent", "--yes")
    invited.reply("Will there be slides?\n\nGrace\n", sender=f"Grace <{GRACE}>", answers=str(grace["Message-ID"]))
    invited.reply(registration(), sender="Secrétariat <bureau@cnts.sn.example>", answers=str(awa["Message-ID"]))
    reminded = [
        address for address, mails in to(invited.at("2027-03-03 09:01")).items() if "invitation_reminder" in mails
    ]
    assert reminded == [INES]


def bounce(organisation: Organisation, address: str) -> None:
    """Let a mail server report that an address is unknown."""
    mail = next(m for m in organisation.mails(address) if m.kind == "invitation")
    report = (
        "From: MAILER-DAEMON@mail.example\r\nTo: rsvp@workers-network.example\r\nSubject: Undelivered\r\n"
        "Message-ID: <bounce@mail.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nUnknown user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mail.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {mail['Message-ID']}\r\n\r\n--b--\r\n"
    )
    organisation.deliver(report.encode())


def test_an_answer_from_another_address_counts_for_who_was_invited(invited: Organisation) -> None:
    awa, *_ = invited.at("2027-03-01 09:01")
    invited.reply(registration(), sender="Secrétariat <secretariat@cnts.sn.example>", answers=str(awa["Message-ID"]))
    invited.at("2027-03-02 09:00")
    assert standings(invited)[AWA] == "answered"


def test_who_registered_before_is_not_invited(organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "utc_now", lambda: organisation.now)
    organisation.reply(registration(), sender=f"Awa Ndiaye <{AWA}>")
    organisation.at("2027-03-01 09:00")
    (organisation.folder / "list.csv").write_text(LIST, "utf-8")
    said = run(organisation, "list.csv", "--yes")
    assert "1 left out: in the registry already" in said
    assert set(to(organisation.at("2027-03-01 09:01"))) == {GRACE, INES}


def test_who_registers_while_the_invitation_waits_does_not_get_it(invited: Organisation) -> None:
    invited.smtp.stop()
    invited.at("2027-03-01 09:01")
    invited.reply(registration(), sender=f"Awa Ndiaye <{AWA}>")
    invited.smtp.start()
    mails = invited.at("2027-03-01 09:05")
    assert to(mails) == {AWA: ["acknowledgement"], GRACE: ["invitation"], INES: ["invitation"]}


def test_invitations_hold_up_no_answer(invited: Organisation) -> None:
    invited.configure(smtp_extra='evidence = "none"\nmax_per_minute = 1')
    invited.reply(registration(), sender="Modou Sarr <modou@cnts.sn.example>")
    assert kinds(invited.at("2027-03-01 09:01")) == ["acknowledgement"]
    assert kinds(invited.at("2027-03-01 09:03")) == ["invitation"]


def test_a_cancelled_event_invites_nobody_and_once_it_is_on_again_the_list_does(invited: Organisation) -> None:
    invited.configure(event_keys="cancelled = true")
    assert invited.at("2027-03-01 09:01") == []
    invited.configure(event_keys="")
    assert invited.at("2027-03-01 09:02") == []
    run(invited, "list.csv", "--yes")
    assert len(invited.at("2027-03-01 09:03")) == 3


def test_an_event_that_moves_before_the_invitation_leaves_is_told_at_its_new_time(invited: Organisation) -> None:
    invited.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    awa, *_ = invited.at("2027-03-01 09:01")
    assert "13 avril 2027" in awa.text


def test_of_two_events_a_guests_mail_is_about_the_one_they_were_invited_to(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "utc_now", lambda: organisation.now)
    other = '[[event]]\nslug = "spring"\ntitle = "Spring"\nstart = 2027-05-04T10:00:00\nend = 2027-05-04T12:00:00\n'
    organisation.configure(event_extra=other + 'timezone = "Europe/Zurich"\n')
    organisation.at("2027-03-01 09:00")
    (organisation.folder / "list.csv").write_text(LIST, "utf-8")
    run(organisation, "list.csv", "--yes", "--event", "spring")
    organisation.at("2027-03-01 09:01")
    organisation.reply(registration(), sender=f"Awa Ndiaye <{AWA}>", subject="Inscription", answers="")
    organisation.at("2027-03-02 09:00")
    assert [p.event for p in organisation.people()] == ["spring"]


def test_a_list_with_mistakes_invites_nobody_and_names_every_line(tmp_path: Path, organisation: Organisation) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("name,address,language\nA,a@union.example,fr\nB,nobody,fr\nC,c@union.example,xx\n", "utf-8")
    done = CliRunner().invoke(app, ["--config", str(organisation.folder / "config.toml"), "invite", str(bad)])
    assert done.exit_code == 2
    assert "bad.csv:3:" in done.output
    assert "bad.csv:4:" in done.output
    assert organisation.at("2027-03-01 09:00") == []


def test_without_a_terminal_somebody_must_say_that_it_is_meant(
    organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "utc_now", lambda: datetime(2027, 3, 1, 9, 0, tzinfo=GENEVA))
    path = organisation.folder / "list.csv"
    path.write_text(LIST, "utf-8")
    done = CliRunner().invoke(app, ["--config", str(organisation.folder / "config.toml"), "invite", str(path)])
    assert done.exit_code != 0
    assert "--yes" in str(done.exception)
    assert organisation.at("2027-03-01 09:00") == []
