"""The rules of time, lived through: moved events, servers that are away, providers that are slow, crashes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.journeys.conftest import GENEVA, Mail, Organisation, registration
from tests.journeys.test_journeys import kinds


def test_a_moved_event_is_told_at_once_and_planned_anew(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    (first,) = organisation.at("2027-03-23 14:00")

    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    (moved,) = organisation.at("2027-03-24 09:00")
    assert moved.kind == "moved"
    assert organisation.at("2027-03-30 13:30") == []
    (second,) = organisation.at("2027-04-06 15:00")
    (reminder,) = organisation.at("2027-04-13 14:30")

    assert (first.kind, second.kind, reminder.kind) == ("guide", "guide", "reminder")
    assert sequence(first) < sequence(moved) <= sequence(second)
    assert uid(first) == uid(second)


def sequence(mail: Mail) -> int:
    """Return the SEQUENCE of a mail's calendar entry."""
    return int(entry(mail, "SEQUENCE"))


def uid(mail: Mail) -> str:
    """Return the UID of a mail's calendar entry."""
    return entry(mail, "UID")


def entry(mail: Mail, name: str) -> str:
    """Return one property of a mail's calendar entry."""
    part = next(part for part in mail.walk() if part.get_content_type() == "text/calendar")
    lines = str(part.get_content()).replace("\r\n ", "").splitlines()
    return next(line.partition(":")[2] for line in lines if line.startswith(f"{name}:"))


def test_an_event_moved_nearer_sends_the_guide_at_once_and_not_two_mails(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.configure(start="2027-03-10T14:00:00", end="2027-03-10T16:00:00")
    assert kinds(organisation.at("2027-03-05 09:00")) == ["guide"]


def test_who_registers_after_the_move_is_not_told_of_it(organisation: Organisation) -> None:
    organisation.at("2027-03-02 09:00")
    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    organisation.at("2027-03-03 09:00")
    organisation.reply(registration())
    assert kinds(organisation.at("2027-03-04 09:00")) == ["acknowledgement"]


def test_due_mail_waits_for_a_server_that_is_away(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.smtp.stop()
    assert organisation.at("2027-03-23 14:00") == []
    organisation.smtp.start()
    assert kinds(organisation.at("2027-03-23 14:01")) == ["guide"]


def test_a_reminder_that_comes_too_late_is_never_sent(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-23 14:00")
    organisation.smtp.stop()
    organisation.at("2027-03-30 13:30")
    organisation.smtp.start()
    assert organisation.at("2027-03-30 14:00") == []
    assert [m.state for m in organisation.outbox() if m.mail == "reminder"] == ["expired"]


@pytest.mark.parametrize(("back", "expected"), [("2027-03-30 13:35", ["guide"]), ("2027-03-25 09:00", ["guide"])])
def test_after_a_downtime_the_next_turn_owes_what_is_right(
    organisation: Organisation, back: str, expected: list[str]
) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.stop()
    assert kinds(organisation.at(back)) == expected
    assert "reminder" not in kinds(organisation.at("2027-03-30 13:50")) or back.startswith("2027-03-25")


def test_a_slow_provider_starts_the_mailout_early_so_that_the_last_is_on_time(organisation: Organisation) -> None:
    organisation.configure(smtp_extra='evidence = "none"\nmax_per_minute = 3')
    for number in range(9):
        organisation.reply(registration("en", name=f"Ann Number{number}x"), sender=f"Ann <ann{number}@mail.example>")
    moment = datetime(2027, 3, 2, 9, 0, tzinfo=GENEVA)
    for _ in range(5):
        organisation.at(f"{moment:%Y-%m-%d %H:%M}")
        moment += timedelta(minutes=1, seconds=1)
    assert len(organisation.mails()) == 9

    sent: list[tuple[str, int]] = []
    moment = datetime(2027, 3, 30, 13, 20, tzinfo=GENEVA)
    organisation.at("2027-03-23 13:50")
    for minute in range(8):
        organisation.at(f"2027-03-23 14:0{minute}")
    while moment <= datetime(2027, 3, 30, 13, 30, tzinfo=GENEVA):
        mails = organisation.at(f"{moment:%Y-%m-%d %H:%M:%S}")
        if mails:
            sent.append((f"{moment:%H:%M}", len(mails)))
        moment += timedelta(minutes=1)
    assert sent == [("13:27", 3), ("13:28", 3), ("13:29", 3)]


def test_greylisting_delays_and_does_not_lose(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.smtp.fault("RCPT", reply="451 4.7.1 greylisted, come back")
    assert organisation.at("2027-03-02 09:00") == []
    assert organisation.at("2027-03-02 09:00:30") == []
    assert kinds(organisation.at("2027-03-02 09:02")) == ["acknowledgement"]


def test_a_refusal_is_final_and_shown(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.smtp.fault("RCPT", reply="550 5.1.1 no such user")
    assert organisation.at("2027-03-02 09:00") == organisation.at("2027-03-03 09:00") == []
    (row,) = [r for r in organisation.outbox() if r.mail == "acknowledgement"]  # beside it, organisers are told
    assert (row.state, "no such user" in row.reason) == ("failed", True)


def test_a_mail_whose_answer_was_lost_is_found_in_the_copy_and_not_sent_twice(organisation: Organisation) -> None:
    organisation.configure(smtp_extra='evidence = "copy"')
    organisation.reply(registration())
    organisation.smtp.fault("DOT", store=True, then="reset")
    (mail,) = organisation.at("2027-03-02 09:00")
    assert [m.state for m in organisation.outbox()] == ["in_doubt"]

    organisation.deliver(organisation.smtp.messages[0].data)  # the copy to ourselves arrives like any mail
    assert organisation.at("2027-03-02 09:02") == []
    assert [m.state for m in organisation.outbox()] == ["sent"]
    assert mail.kind == "acknowledgement"


def test_a_mail_that_never_left_is_sent_again_with_the_same_bytes(organisation: Organisation) -> None:
    organisation.configure(smtp_extra='evidence = "copy"')
    organisation.reply(registration())
    organisation.smtp.fault("DOT", then="reset")
    assert organisation.at("2027-03-02 09:00") == []
    body = organisation.outbox()[0].body
    assert organisation.at("2027-03-02 09:02") == []  # absence proves nothing before some minutes
    organisation.at("2027-03-02 09:06")
    (delivered,) = organisation.smtp.messages
    assert body is not None
    assert delivered.data.replace(b"\r\n", b"\n").strip() == body.replace(b"\r\n", b"\n").strip()


def test_without_evidence_and_with_ask_nothing_is_repeated(organisation: Organisation) -> None:
    organisation.configure(smtp_extra='evidence = "none"\nin_doubt = "ask"')
    organisation.reply(registration())
    organisation.smtp.fault("DOT", store=True, then="reset")
    organisation.at("2027-03-02 09:00")
    organisation.stop()
    assert organisation.at("2027-03-02 10:00") == []
    assert [m.state for m in organisation.outbox()] == ["in_doubt"]


def test_a_clock_set_back_sends_nothing_twice(organisation: Organisation) -> None:
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-23 14:00")
    assert organisation.at("2027-03-23 13:00") == organisation.at("2027-03-23 14:00") == []
