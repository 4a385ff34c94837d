"""Changes of mind, lived through: participants who correct, cancel and come back. Each test is one promise."""

from __future__ import annotations

from collections.abc import Callable

from mailbot import registry
from mailbot.registry.history import SET_ASIDE
from tests.journeys.conftest import Mail, Organisation, registration
from tests.journeys.test_journeys import DAKAR, kinds
from tests.journeys.test_time import entry, sequence, uid

Golden = Callable[[Mail, str], None]
CANCEL = "Bonjour,\n\nJe dois malheureusement annuler ma participation au webinaire.\n\nAwa Ndiaye\n"
ONLINE = "Bonjour,\n\nJe ne pourrai pas venir à Genève, mais je suivrai par WebEx.\n\nAwa Ndiaye\n"
IN_PERSON = "Bonjour,\n\nFinalement, je viendrai à Genève : je participerai en personne.\n\nAwa Ndiaye\n"
OFFICE = "dans un bureau de votre pays"


def registered(organisation: Organisation, *, in_person: bool = False) -> None:
    """Let Awa register three weeks before the event."""
    organisation.reply(registration(in_person=in_person), zone=DAKAR)
    assert kinds(organisation.at("2027-03-02 09:00")) == ["acknowledgement"]


def guided(organisation: Organisation) -> Mail:
    """Let Awa register and get the guide."""
    registered(organisation)
    (guide,) = organisation.at("2027-03-23 14:00")
    return guide


def method(mail: Mail) -> str:
    """Return what a mail does to the calendar, "" where it carries nothing for it."""
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return str(parts[0].get_param("method")) if parts else ""


def test_a_correction_after_the_guide_does_not_promise_it_again(organisation: Organisation) -> None:
    guided(organisation)
    organisation.reply("Bonjour,\n\nMon numéro était faux, voici le bon : +221 77 450 12 99.\n\nMerci\nAwa Ndiaye\n")
    (mail,) = organisation.at("2027-03-24 09:00")
    assert organisation.people()[0].phone == "+221774501299"
    assert "Le guide de connexion a été envoyé le mardi 23 mars 2027." in mail.text
    assert method(mail) == ""


def test_who_cancels_after_the_guide_and_comes_back_finds_the_entry_and_the_link_again(
    organisation: Organisation, golden: Golden
) -> None:
    guide = guided(organisation)
    organisation.reply(CANCEL, zone=DAKAR)
    (farewell,) = organisation.at("2027-03-24 10:00")
    organisation.reply(registration(), zone=DAKAR)
    (welcome,) = organisation.at("2027-03-25 10:00")

    assert [method(m) for m in (guide, farewell, welcome)] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [sequence(m) for m in (guide, farewell, welcome)] == [0, 1, 2]
    assert uid(guide) == uid(farewell) == uid(welcome)
    golden(welcome, "acknowledgement-again")
    assert organisation.at("2027-03-26 09:00") == []  # the guide itself goes once
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder"]


def test_who_cancels_before_the_guide_and_comes_back_gets_it_once_and_in_time(organisation: Organisation) -> None:
    registered(organisation)
    organisation.reply(CANCEL)
    (farewell,) = organisation.at("2027-03-10 09:00")
    organisation.reply(registration())
    (welcome,) = organisation.at("2027-03-12 09:00")
    assert (method(farewell), method(welcome)) == ("", "")
    assert kinds(organisation.at("2027-03-23 14:00")) == ["guide"]
    assert organisation.at("2027-03-24 09:00") == []


def test_who_cancels_over_the_guides_moment_and_comes_back_gets_it_at_once(organisation: Organisation) -> None:
    registered(organisation)
    organisation.reply(CANCEL)
    organisation.at("2027-03-22 09:00")
    assert organisation.at("2027-03-23 14:00") == []
    organisation.reply(registration())
    assert kinds(organisation.at("2027-03-24 09:00")) == ["acknowledgement", "guide"]


def test_who_cancels_again_and_again_has_an_entry_that_always_counts_as_newer(organisation: Organisation) -> None:
    mails = [guided(organisation)]
    for day in (24, 25, 26):
        organisation.reply(CANCEL)
        mails += organisation.at(f"2027-03-{day} 09:00")
        organisation.reply(registration())
        mails += organisation.at(f"2027-03-{day} 10:00")
    assert [method(m) for m in mails] == ["REQUEST", *["CANCEL", "REQUEST"] * 3]
    assert [sequence(m) for m in mails] == list(range(7))
    assert organisation.people()[0].status == "registered"


def test_a_switch_to_online_in_the_last_week_brings_the_whole_guide(organisation: Organisation, golden: Golden) -> None:
    registered(organisation, in_person=True)
    assert organisation.at("2027-03-23 14:00") == []
    organisation.reply(ONLINE, zone=DAKAR)
    changed, guide = organisation.at("2027-03-26 09:00")
    golden(changed, "acknowledgement-switched-to-online")
    golden(guide, "guide-after-switch")
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder"]


def test_a_switch_to_in_person_after_the_guide_ends_the_mail_for_online(organisation: Organisation) -> None:
    guided(organisation)
    organisation.reply(IN_PERSON)
    assert kinds(organisation.at("2027-03-24 09:00")) == ["acknowledgement"]
    assert organisation.people()[0].mode == "in_person"
    assert organisation.at("2027-03-30 13:30") == []


def test_a_guide_on_the_last_day_offers_no_computer_that_nobody_could_find_any_more(organisation: Organisation) -> None:
    organisation.reply(registration())
    _, early = organisation.at("2027-03-29 13:00")
    organisation.reply(registration(name="Moussa Diop"), sender="Moussa Diop <moussa@cnts.sn.example>")
    _, late = organisation.at("2027-03-29 14:01")
    assert OFFICE in early.text
    assert OFFICE not in late.text


def test_two_changes_in_one_turn_leave_the_last_word_and_no_mail_says_otherwise(organisation: Organisation) -> None:
    guided(organisation)
    organisation.now = organisation.now.replace(hour=15)
    organisation.reply(CANCEL)
    organisation.now = organisation.now.replace(hour=16)
    organisation.reply(registration())
    first, second = organisation.at("2027-03-24 09:00")
    assert organisation.people()[0].status == "registered"
    assert ["enregistrée" in str(m["Subject"]) for m in (first, second)] == [True, True]
    assert (method(first), method(second), sequence(second)) == ("", "REQUEST", 2)

    organisation.reply(registration())
    organisation.now = organisation.now.replace(hour=10)
    organisation.reply(CANCEL)
    first, second = organisation.at("2027-03-25 09:00")
    assert organisation.people()[0].status == "declined"
    assert ["ne participerez pas" in str(m["Subject"]) for m in (first, second)] == [True, True]
    assert (method(first), method(second), sequence(second)) == ("", "CANCEL", 3)


def test_who_registers_and_cancels_before_we_look_is_not_told_that_they_are_registered(
    organisation: Organisation,
) -> None:
    organisation.reply(registration())
    organisation.now = organisation.now.replace(hour=10)
    organisation.reply(CANCEL)
    assert ["ne participerez pas" in str(m["Subject"]) for m in organisation.at("2027-03-02 09:00")] == [True, True]
    assert organisation.at("2027-03-23 14:00") == []


def test_a_perhaps_that_is_confirmed_after_the_reminders_moment_is_reminded_all_the_same(
    organisation: Organisation,
) -> None:
    guide = guided(organisation)
    calendar = (
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid(guide)}\r\nSEQUENCE:0\r\nDTSTAMP:20270324T080000Z\r\nORGANIZER:mailto:rsvp@workers-network.example\r\n"
        "ATTENDEE;PARTSTAT=TENTATIVE:mailto:awa.ndiaye@cnts.sn.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    answer(organisation, calendar, guide)
    organisation.at("2027-03-24 09:00")
    assert organisation.people()[0].status == "tentative"

    organisation.smtp.stop()
    organisation.at("2027-03-30 13:30")
    organisation.now = organisation.now.replace(minute=32)
    answer(organisation, calendar.replace("TENTATIVE", "ACCEPTED"), guide)
    organisation.at("2027-03-30 13:33")
    organisation.smtp.start()
    assert organisation.people()[0].status == "registered"
    assert "reminder" in kinds(organisation.at("2027-03-30 13:35"))


def answer(organisation: Organisation, calendar: str, guide: Mail) -> None:
    """Answer an invitation as a calendar does."""
    head = (
        "From: Awa Ndiaye <awa.ndiaye@cnts.sn.example>\r\nTo: rsvp@workers-network.example\r\nSubject: Invitation\r\n"
        f"Date: {organisation.now:%a, %d %b %Y %H:%M:%S +0000}\r\n"
        f"Message-ID: <c{organisation.now:%d%H%M}@mail.example>\r\n"
        f"In-Reply-To: {guide['Message-ID']}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/calendar; method=REPLY; charset=utf-8\r\n\r\n"
    )
    organisation.deliver((head + calendar).encode())


def test_a_change_that_arrives_while_the_guide_is_on_the_wire_is_obeyed_right_after_it(
    organisation: Organisation,
) -> None:
    registered(organisation)
    _, turns, boxes = organisation.parts
    (sink,) = turns.deliverer.sinks
    finish = sink.finish

    def cancel_meanwhile() -> str:
        organisation.reply(CANCEL)
        turns.collect(boxes[0])
        sink.finish = finish  # type: ignore[method-assign]
        return finish()

    sink.finish = cancel_meanwhile  # type: ignore[method-assign]
    guide, farewell = organisation.at("2027-03-23 14:00")
    assert kinds([guide, farewell]) == ["guide", "acknowledgement"]
    assert (method(farewell), uid(farewell)) == ("CANCEL", uid(guide))
    assert sequence(farewell) > sequence(guide)
    assert entry(farewell, "STATUS") == "CANCELLED"


def test_a_change_that_arrives_while_the_guide_is_being_refused_withdraws_it(organisation: Organisation) -> None:
    registered(organisation)
    organisation.smtp.fault("RCPT", reply="451 4.7.1 greylisted, come back")
    assert organisation.at("2027-03-23 14:00") == []
    organisation.reply(CANCEL)
    (farewell,) = organisation.at("2027-03-23 14:05")
    assert method(farewell) == ""  # there is no entry to be taken back
    assert [(r.state, r.reason) for r in organisation.outbox() if r.mail == "guide"] == [("withdrawn", "cancelled")]


def test_an_older_message_that_arrives_late_changes_nothing_and_is_not_passed_over(organisation: Organisation) -> None:
    registered(organisation)
    correction = "Bonjour,\n\nMon numéro était faux, voici le bon : {}.\n\nMerci\nAwa Ndiaye\n"
    organisation.now = organisation.now.replace(day=5)
    organisation.reply(correction.format("+221 77 450 12 99"))
    organisation.at("2027-03-05 09:00")
    organisation.now = organisation.now.replace(day=4)  # written before, delivered after
    organisation.reply(correction.format("+221 77 450 12 88"))
    organisation.now = organisation.now.replace(day=4, hour=10)
    organisation.reply(CANCEL)
    organisation.at("2027-03-06 09:00")

    (person,) = organisation.people()
    assert (person.phone, person.status) == ("+221774501299", "registered")
    assert "older_message" in person.review.split()
    with organisation.parts[0].read() as session:
        story = [change.new for change in registry.story(session, person.id) if change.field == SET_ASIDE]
    assert story == ["phone: +221774501288", "status: declined"]

    organisation.now = organisation.now.replace(day=7)
    organisation.reply(registration())  # which settles it
    organisation.at("2027-03-07 09:00")
    assert organisation.people()[0].review == ""


def test_an_older_message_that_says_the_same_is_no_matter(organisation: Organisation) -> None:
    registered(organisation)
    organisation.now = organisation.now.replace(day=5)
    organisation.reply(registration())
    organisation.at("2027-03-05 09:00")
    organisation.now = organisation.now.replace(day=4)
    organisation.reply(registration())
    organisation.at("2027-03-06 09:00")
    assert organisation.people()[0].review == ""
