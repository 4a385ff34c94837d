"""The calendar entry, read back by another program and held against RFC 5545, 5546 and 6047."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import icalendar
import pytest

from mailbot.addresses import Address, key
from mailbot.compose import Composer, Letter, Person, uid_of
from mailbot.compose.ics import Entry, entry_text
from tests.compose import itip, screenshots
from tests.compose.conftest import Opened, opened
from tests.compose.test_headers import HOSTILE


def event_of(mail: Opened) -> Any:
    """Return the only event of a mail's calendar part."""
    calendar = icalendar.Calendar.from_ical(mail.part("text/calendar").get_content())
    (event,) = calendar.walk("VEVENT")
    assert event.errors == []
    return event


@pytest.fixture
def guide(composer: Composer) -> Letter:
    return composer.sample("guide", "fr")


@pytest.fixture
def send(composer: Composer, guide: Letter) -> Callable[..., Opened]:
    return lambda **changes: opened(composer.compose(replace(guide, **changes)))


def test_the_guide_carries_the_entry_as_programs_expect_it(send: Callable[..., Opened]) -> None:
    mail = send()
    assert mail.kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    part, attached = mail.part("text/calendar"), mail.part("application/ics")
    assert part.get_param("method") == "REQUEST"
    assert part.get_param("charset") == "utf-8"
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content() == part.get_payload(decode=True)


def test_the_entry_says_when_where_who_and_rings_before(send: Callable[..., Opened], guide: Letter) -> None:
    event = event_of(send())
    assert event["DTSTART"].dt == datetime(2018, 10, 23, 12, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2018, 10, 23, 15, 15, tzinfo=UTC)
    assert event["LOCATION"] == "https://workers-network.example/webex/join/webinaire-2"
    assert event["ORGANIZER"] == "mailto:rsvp@workers-network.example"
    assert event["ATTENDEE"] == f"mailto:{guide.recipient.email}"
    assert event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"
    assert event["STATUS"] == "CONFIRMED"
    assert event["SEQUENCE"] == 0
    (alarm,) = event.walk("VALARM")
    assert alarm["TRIGGER"].dt == timedelta(minutes=-30)
    assert alarm["ACTION"] == "DISPLAY"


def test_the_password_is_not_in_the_entry(send: Callable[..., Opened]) -> None:
    assert "Sample-1234" not in send().part("text/calendar").get_content()
    assert "Sample-1234" in send().text


def test_a_move_raises_the_sequence_and_keeps_the_uid(send: Callable[..., Opened]) -> None:
    before, after = event_of(send()), event_of(send(sequence=2))
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] == 2


def test_a_cancelled_event_cancels_the_entry(send: Callable[..., Opened]) -> None:
    mail = send(mail="event_cancelled", sequence=1)
    event = event_of(mail)
    assert mail.part("text/calendar").get_param("method") == "CANCEL"
    assert event["STATUS"] == "CANCELLED"
    assert event["SEQUENCE"] == 2
    assert event.walk("VALARM") == []


def test_the_callers_uid_counts_and_else_it_is_one_for_each_person_and_event(send: Callable[..., Opened]) -> None:
    assert (
        event_of(send(uid="webinaire-2-17@workers-network.example"))["UID"] == "webinaire-2-17@workers-network.example"
    )
    uids = {
        event_of(send(person=person))["UID"]
        for person in (
            Person(name="A", email="a@b.example"),
            Person(name="B", email="b@b.example"),
            Person(name="C"),
            Person(name="D"),
        )
    }
    assert len(uids) == 4
    assert uid_of("one", "A@b.example", "", "d.example") == uid_of("one", "a@B.example", "", "d.example")
    assert uid_of("one", "a@b.example", "", "d.example") != uid_of("two", "a@b.example", "", "d.example")


def test_who_comes_in_person_finds_the_place_and_no_link(send: Callable[..., Opened]) -> None:
    event = event_of(send(person=Person(name="A", email="a@b.example", mode="in_person")))
    assert event["LOCATION"] == "Geneva"
    assert "URL" not in event


def test_acknowledgement_and_reminder_carry_no_entry(composer: Composer) -> None:
    for mail in ("acknowledgement", "reminder"):
        assert "text/calendar" not in opened(composer.preview(mail, "en")).kinds


def test_nothing_is_put_into_a_calendar_after_the_event(send: Callable[..., Opened], guide: Letter) -> None:
    assert "text/calendar" not in send(now=guide.event.ends).kinds


def test_long_lines_are_folded_between_characters() -> None:
    moment = datetime(2018, 10, 23, 12, tzinfo=UTC)
    entry = Entry(
        uid="1@a.example", method="REQUEST", sequence=0, stamp=moment, starts=moment, ends=moment, url="",
        summary="Протекция, 社会保護; \\ «é»\n" * 12, description="", location="", language="fr",
        organizer=Address("Réseau", "o@a.example"), attendee=Address("Ñandú, 山田", "n@bücher.example"),
    )  # fmt: skip
    text = entry_text(entry)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    event = icalendar.Calendar.from_ical(text).walk("VEVENT")[0]
    assert event["SUMMARY"] == entry.summary
    assert event["ATTENDEE"] == "mailto:n@xn--bcher-kva.example"
    assert event["ATTENDEE"].params["CN"] == "Ñandú, 山田"


@pytest.mark.parametrize("mail", list(screenshots.mails()), ids=lambda mail: mail.name)
def test_every_entry_is_valid_by_the_rules_of_its_method(mail: screenshots.Mail) -> None:
    message = opened(mail.raw).message
    assert itip.faults(message) == []
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            (event,) = icalendar.Calendar.from_ical(part.get_content()).walk("VEVENT")
            assert event.errors == []


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_people_call_themselves_the_entry_stays_valid(composer: Composer, guide: Letter, text: str) -> None:
    person = replace(guide.everybody[0], name=text, organisation=text)
    mail = opened(composer.compose(replace(guide, person=person)))
    assert itip.faults(mail.message) == []
    event_of(mail)


@pytest.mark.parametrize("email", ["ñandú+1@bücher.example", "a%b&c?d#e/f@g.example", "o'neil@g.example"])
def test_whatever_the_address_the_attendee_is_a_uri_that_leads_back_to_it(
    composer: Composer, guide: Letter, email: str
) -> None:
    mail = opened(composer.compose(replace(guide, recipient=Address("A", email))))
    assert itip.faults(mail.message) == []
    assert key(unquote(event_of(mail)["ATTENDEE"].removeprefix("mailto:"))) == key(email)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("METHOD:REQUEST", "METHOD:CANCEL"), ("METHOD:REQUEST", "METHOD:PUBLISH"), ("\r\nUID:", "\r\nX-UID:"),
        ("STATUS:CONFIRMED", "STATUS:CANCELLED"), ("DTEND:2018", "DTEND:2017"), ("\r\nDTSTART:", "\r\nDTSTART;TZID=X:"),
        ("BEGIN:VALARM\r\n", ""), ("SEQUENCE:0", "SEQUENCE:-1"), ("TRIGGER:-PT", "TRIGGER:PT"),
        ("ROLE=REQ", "ROLE=OPT"),
        ("SEQUENCE:0", "SEQUENCE:0\r\nSEQUENCE:0"), ("CLASS:", "\x07CLASS:"), ("SUMMARY;", "SUMMARY;X=\u202e;"),
        ("CLASS:PUBLIC", "CLASS:PUBLIC\n"), ("TRANSP:", "TRANSPARENT" * 8 + ":"), ("ORGANIZER;CN", "ORGANIZER;\"CN"),
    ],
)  # fmt: skip
def test_the_checker_finds_each_kind_of_fault(send: Callable[..., Opened], good: str, bad: str) -> None:
    message = send().message
    assert itip.faults(message) == []
    for part in message.walk():
        if part.get_content_type() in ("text/calendar", "application/ics"):
            text = part.get_payload(decode=True).decode("utf-8")  # type: ignore[union-attr]
            assert good in text
            part.set_payload(base64.encodebytes(text.replace(good, bad).encode()))
    assert itip.faults(message) != []
