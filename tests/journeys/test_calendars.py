"""What people press in their calendar comes back as Google, Outlook and Apple write it, and is understood.

The messages in `calendars/` were written for these tests after the programs' forms; UID, address and title are put in.
"""

from __future__ import annotations

from pathlib import Path

import icalendar
import pytest

from mailbot.models import Participant
from tests.journeys.conftest import Mail, Organisation, registration

FORMS = Path(__file__).parent / "calendars"
AWA = "awa+1@cnts.sn.example"
TITLE = "2e webinaire du Réseau"

STATUS = {"accepted": "registered", "declined": "declined", "tentative": "tentative", "counter": "tentative"}
"""What each answer makes of a registration."""


def pressed(name: str, uid: str, title: str = TITLE) -> bytes:
    """Return the answer that a calendar sends."""
    text = (FORMS / f"{name}.eml").read_text("utf-8").replace("@UID@", uid).replace("@TITLE@", title)
    text = text.replace("@ADDRESS@", AWA).replace("@ADDRESS-BY-RFC-6068@", AWA.replace("+", "%2B"))
    return text.encode().replace(b"\n", b"\r\n")


def entry(mail: Mail) -> icalendar.Event:
    (part,) = (part for part in mail.walk() if part.get_content_type() == "text/calendar")
    return icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")[0]


@pytest.fixture
def invited(organisation: Organisation) -> icalendar.Event:
    """The entry that Awa got with the guide."""
    organisation.now = organisation.now.replace(day=2)
    organisation.reply(registration(), sender=f"Awa Ndiaye <{AWA}>")
    organisation.at("2027-03-02 09:00")
    (guide,) = organisation.at("2027-03-23 14:00")
    return entry(guide)


def awa(organisation: Organisation) -> Participant:
    (person,) = organisation.people()
    return person


@pytest.mark.parametrize("name", sorted(path.stem for path in FORMS.glob("*.eml")))
def test_what_somebody_presses_in_their_calendar_counts(
    organisation: Organisation, invited: icalendar.Event, name: str
) -> None:
    organisation.deliver(pressed(name, str(invited["UID"])))
    mails = organisation.at("2027-03-24 09:00")
    person, state = awa(organisation), name.partition("-")[2]
    assert (person.status, person.email, person.name) == (STATUS[state], AWA, "Awa Ndiaye")
    assert [row.disposition for row in organisation.received()][1:] == ["calendar_reply"]
    # Google says that its answers are made by a machine, which is never answered (RFC 3834); its calendar shows them.
    answered = state != "accepted" and not name.startswith("google")
    assert [mail.kind for mail in mails] == ["acknowledgement"] * answered
    # The time that is proposed, by the clocks in Geneva, for a person to look at.
    assert person.review == ("counter_proposal:2027-03-30T15:00+02:00" if state == "counter" else "")


def test_who_declines_in_the_calendar_has_the_entry_taken_back(
    organisation: Organisation, invited: icalendar.Event
) -> None:
    organisation.deliver(pressed("outlook-declined", str(invited["UID"])))
    (answer,) = organisation.at("2027-03-24 09:00")
    taken = entry(answer)
    assert (taken["UID"], taken["STATUS"]) == (invited["UID"], "CANCELLED")
    assert taken["SEQUENCE"] > invited["SEQUENCE"]


SOONER = """
[[event]]
slug = "webinaire-3"
title.fr = "Séance d’essai"
start = 2027-03-29T14:00:00
end = 2027-03-29T15:00:00
timezone = "Europe/Zurich"
subject_words = ["essai"]
"""


def test_an_answer_is_about_the_event_whose_entry_it_answers_whatever_comes_sooner(
    organisation: Organisation, invited: icalendar.Event
) -> None:
    organisation.configure(event_extra=SOONER)
    organisation.deliver(pressed("google-declined", str(invited["UID"]), title="(ohne Titel)"))
    organisation.at("2027-03-24 09:00")
    assert (awa(organisation).event, awa(organisation).status, awa(organisation).review) == (
        "webinaire-2", "declined", "",
    )  # fmt: skip


def test_an_answer_to_an_event_that_is_no_longer_there_is_held(
    organisation: Organisation, invited: icalendar.Event
) -> None:
    organisation.deliver(pressed("apple-declined", str(invited["UID"]).replace("webinaire-2", "webinaire-1")))
    organisation.at("2027-03-24 09:00")
    assert awa(organisation).status == "registered"
    assert organisation.received()[-1].disposition == "held"
    assert organisation.received()[-1].reason.startswith("event_gone")
