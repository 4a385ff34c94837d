"""What organisers change, lived through: events moved, cancelled, on again, gone; mail-outs; templates that fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mailbot import notices
from mailbot.config import builtin_templates
from tests.journeys.conftest import Mail, Organisation, registration
from tests.journeys.test_changes import CANCEL, guided, method, registered
from tests.journeys.test_journeys import AWA, kinds
from tests.journeys.test_time import sequence, uid

Golden = Callable[[Mail, str], None]
OFF = "cancelled = true"
WHY = f'{OFF}\ncancelled_because.fr = "L’intervenante est souffrante."\ncancelled_because.en = "The speaker is ill."'
GUIDE = '[[event.mailout]]\nname = "guide"\nbefore = "{before}"\n'
REMINDER = '[[event.mailout]]\nname = "reminder"\nbefore = "30 minutes"\nlate = "never"\n'
MARIE = "Marie Curti <marie@usl.ch.example>"
GRACE = "Grace Achieng <grace@kuhw.ke.example>"


def states(organisation: Organisation, mail: str) -> list[tuple[str, str]]:
    """Return what became of each mail of a kind, and why."""
    return [(row.state, row.reason) for row in organisation.outbox() if row.mail == mail]


def told(organisation: Organisation) -> list[str]:
    """Return what organisers should know at present, as words."""
    with organisation.parts[0].read() as session:
        return [notice.kind for notice in notices.still_open(session)]


# ---- moved


def test_an_event_moved_to_another_hour_says_what_was_and_what_is(organisation: Organisation, golden: Golden) -> None:
    first = guided(organisation)
    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    (moved,) = organisation.at("2027-03-24 09:00")
    (second,) = organisation.at("2027-04-06 15:00")
    golden(moved, "moved-fr")
    golden(second, "guide-moved-fr")
    assert [sequence(m) for m in (first, moved, second)] == [0, 1, 1]


def test_an_event_moved_into_the_next_days_sends_the_guide_at_once_with_the_new_time(
    organisation: Organisation, golden: Golden
) -> None:
    registered(organisation)
    organisation.configure(start="2027-03-10T14:00:00", end="2027-03-10T16:00:00")
    (guide,) = organisation.at("2027-03-05 09:00")
    golden(guide, "guide-moved-earlier-fr")
    (reminder,) = organisation.at("2027-03-10 13:30")
    assert reminder.kind == "reminder"
    assert organisation.at("2027-03-23 14:00") == organisation.at("2027-03-30 13:30") == []


def test_who_registers_after_a_move_reads_of_no_change_in_the_guide(organisation: Organisation) -> None:
    organisation.at("2027-03-02 09:00")
    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    organisation.at("2027-03-03 09:00")
    organisation.reply(registration())
    organisation.at("2027-03-04 09:00")
    (guide,) = organisation.at("2027-04-06 15:00")
    assert "Nouvel horaire" not in str(guide["Subject"])
    assert "changé" not in guide.text


def test_an_event_moved_back_does_not_promise_the_guide_that_they_have(organisation: Organisation) -> None:
    guided(organisation)
    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    organisation.at("2027-03-24 09:00")
    organisation.configure(start="2027-03-30T14:00:00", end="2027-03-30T17:15:00")
    (back,) = organisation.at("2027-03-25 09:00")
    assert "Le guide de connexion a été envoyé le mardi 23 mars 2027." in back.text
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder"]


# ---- cancelled


def test_a_cancelled_event_is_told_once_to_everybody_who_was_coming_and_nothing_else_leaves(
    organisation: Organisation, golden: Golden
) -> None:
    guide = guided(organisation)
    organisation.reply(registration("en", name="Grace Achieng", in_person=True), sender=GRACE)
    organisation.reply(registration(name="Marie Curti"), sender=MARIE)
    organisation.at("2027-03-23 15:00")
    organisation.reply("Bonjour,\n\nJe dois annuler ma participation.\n\nMarie Curti\n", sender=MARIE)
    organisation.at("2027-03-23 16:00")

    organisation.configure(event_keys=WHY)
    online, in_person = sorted(organisation.at("2027-03-24 09:00"), key=lambda m: str(m["To"]))
    assert kinds([online, in_person]) == ["event_cancelled", "event_cancelled"]  # and none to who had cancelled
    assert [method(m) for m in (guide, online, in_person)] == ["REQUEST", "CANCEL", ""]
    assert uid(online) == uid(guide)
    assert sequence(online) > sequence(guide)
    golden(online, "event-cancelled-fr")
    golden(in_person, "event-cancelled-en")
    for moment in ("2027-03-24 09:01", "2027-03-25 09:00", "2027-03-30 13:30", "2027-03-30 14:00"):
        assert organisation.at(moment) == []
    organisation.stop()
    assert organisation.at("2027-03-30 14:01") == []


def test_mail_that_waits_for_a_cancelled_event_is_withdrawn(organisation: Organisation) -> None:
    registered(organisation)
    organisation.smtp.stop()
    organisation.at("2027-03-23 14:00")
    assert [state for state, _ in states(organisation, "guide")] == ["waiting"]
    organisation.configure(event_keys=OFF)
    organisation.at("2027-03-23 14:05")
    assert states(organisation, "guide") == [("withdrawn", "event_cancelled")]
    organisation.smtp.start()
    (mail,) = organisation.at("2027-03-23 14:06")
    assert (mail.kind, method(mail)) == ("event_cancelled", "")  # no entry had ever reached them


def test_whoever_registers_for_a_cancelled_event_is_told_so_and_is_in_the_registry(
    organisation: Organisation, golden: Golden
) -> None:
    organisation.configure(event_keys=WHY)
    organisation.at("2027-03-02 08:00")
    organisation.reply(registration())
    (answer,) = organisation.at("2027-03-02 09:00")
    golden(answer, "acknowledgement-event-cancelled")
    assert answer["Auto-Submitted"] == "auto-replied"
    assert [p.status for p in organisation.people()] == ["registered"]
    assert organisation.at("2027-03-03 09:00") == organisation.at("2027-03-23 14:00") == []


def test_whoever_registers_in_the_very_turn_that_notices_the_cancellation_is_told_once(
    organisation: Organisation,
) -> None:
    registered(organisation)
    organisation.configure(event_keys=OFF)
    organisation.reply(registration("en", name="Grace Achieng"), sender=GRACE)
    mails = organisation.at("2027-03-03 09:00")
    told = sorted((str(m["To"].addresses[0].addr_spec), m.kind) for m in mails)
    assert told == [(AWA, "event_cancelled"), ("grace@kuhw.ke.example", "acknowledgement")]
    assert all("nnulé" in str(m["Subject"]) or "Cancelled" in str(m["Subject"]) for m in mails)
    assert organisation.at("2027-03-04 09:00") == []


def test_whoever_declines_or_asks_about_a_cancelled_event_gets_the_usual_answer(organisation: Organisation) -> None:
    registered(organisation)
    organisation.configure(event_keys=OFF)
    organisation.at("2027-03-03 09:00")
    organisation.reply("Bonjour,\n\nLe webinaire sera-t-il reporté ?\n\nMerci,\nAwa Ndiaye\n")
    (question,) = organisation.at("2027-03-03 10:00")
    assert "Votre question est bien arrivée" in question.text
    assert "n’aura pas lieu" in question.text
    organisation.reply(CANCEL)
    (farewell,) = organisation.at("2027-03-03 11:00")
    assert "vous ne participerez pas" in farewell.text
    assert "Si vos projets changent" not in farewell.text


def test_an_event_that_takes_place_after_all_says_so_gives_the_entry_back_and_goes_on(
    organisation: Organisation, golden: Golden
) -> None:
    guide = guided(organisation)
    organisation.configure(event_keys=WHY)
    (off,) = organisation.at("2027-03-24 09:00")
    organisation.reply(registration("en", name="Grace Achieng"), sender=GRACE)
    organisation.at("2027-03-24 10:00")

    organisation.configure(event_keys="")
    mails = {(m["To"].addresses[0].addr_spec, m.kind): m for m in organisation.at("2027-03-25 09:00")}
    grace = "grace@kuhw.ke.example"
    assert set(mails) == {(AWA, "event_restored"), (grace, "event_restored"), (grace, "guide")}
    on = mails[AWA, "event_restored"]
    assert [method(m) for m in (guide, off, on)] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [sequence(m) for m in (guide, off, on)] == [0, 1, 2]
    assert uid(on) == uid(guide)
    golden(on, "event-restored-fr")
    golden(mails[grace, "event_restored"], "event-restored-en")
    assert organisation.at("2027-03-26 09:00") == []
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder", "reminder"]


def test_a_cancellation_that_nobody_was_told_of_is_taken_back_in_silence(organisation: Organisation) -> None:
    registered(organisation)
    organisation.smtp.stop()
    organisation.configure(event_keys=OFF)
    organisation.at("2027-03-03 09:00")
    organisation.configure(event_keys="")
    organisation.at("2027-03-03 09:10")
    organisation.smtp.start()
    assert organisation.at("2027-03-03 09:20") == []
    assert states(organisation, "event_cancelled") == [("withdrawn", "event_restored")]
    assert kinds(organisation.at("2027-03-23 14:00")) == ["guide"]


def test_an_event_may_be_cancelled_more_than_once(organisation: Organisation) -> None:
    mails = [guided(organisation)]
    for day in (24, 26):
        organisation.configure(event_keys=OFF)
        mails += organisation.at(f"2027-03-{day} 09:00")
        organisation.configure(event_keys="")
        mails += organisation.at(f"2027-03-{day + 1} 09:00")
    assert kinds(mails) == ["guide", *["event_cancelled", "event_restored"] * 2]
    assert [sequence(m) for m in mails] == [0, 1, 2, 3, 4]


def test_a_cancelled_event_that_takes_place_on_another_day_is_told_by_one_mail(
    organisation: Organisation, golden: Golden
) -> None:
    guided(organisation)
    organisation.configure(event_keys=OFF)
    organisation.at("2027-03-24 09:00")
    organisation.configure(event_keys="", start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    (mail,) = organisation.at("2027-03-25 09:00")
    golden(mail, "event-restored-moved-fr")
    assert organisation.at("2027-03-25 09:01") == []
    assert kinds(organisation.at("2027-04-06 15:00")) == ["guide"]


def test_an_event_moved_while_it_is_cancelled_tells_nobody_before_it_is_on_again(organisation: Organisation) -> None:
    registered(organisation)
    organisation.configure(event_keys=OFF)
    assert kinds(organisation.at("2027-03-03 09:00")) == ["event_cancelled"]
    organisation.configure(start="2027-04-13T15:00:00", end="2027-04-13T17:00:00")
    assert organisation.at("2027-03-04 09:00") == []
    organisation.configure(event_keys="")
    assert kinds(organisation.at("2027-03-05 09:00")) == ["event_restored"]


# ---- gone


def test_an_event_taken_out_of_the_configuration_sends_nothing_and_its_answers_are_held(
    organisation: Organisation,
) -> None:
    guide = guided(organisation)
    organisation.smtp.stop()
    organisation.at("2027-03-30 13:30")
    kept = organisation.folder / "config.toml"
    kept.write_text(kept.read_text("utf-8").replace('slug = "webinaire-2"', 'slug = "webinaire-3"'), "utf-8")
    organisation.stop()
    organisation.smtp.start()
    assert organisation.at("2027-03-30 13:31") == []
    assert states(organisation, "reminder") == [("withdrawn", "event_gone")]

    organisation.reply(CANCEL, answers=str(guide["Message-ID"]))
    assert organisation.at("2027-03-30 13:32") == []
    (row,) = [r for r in organisation.received() if r.disposition == "held"]
    assert row.reason.startswith("event_gone: webinaire-2")
    assert row.event is None
    assert [(p.event, p.status) for p in organisation.people()] == [("webinaire-2", "registered")]


def test_organisers_hear_of_people_whose_event_was_taken_out_until_it_is_back(organisation: Organisation) -> None:
    registered(organisation)
    kept = organisation.folder / "config.toml"
    kept.write_text(kept.read_text("utf-8").replace('slug = "webinaire-2"', 'slug = "webinaire-3"'), "utf-8")
    organisation.stop()
    assert organisation.at("2027-03-23 14:00") == organisation.at("2027-03-23 14:01") == []
    assert told(organisation) == ["event_gone"]
    organisation.configure()
    assert kinds(organisation.at("2027-03-23 14:05")) == ["guide"]
    assert told(organisation) == []


# ---- mail-outs


def test_a_mail_out_that_is_added_after_its_moment_goes_at_once_to_whoever_is_owed_it(
    organisation: Organisation,
) -> None:
    templates = own_templates(organisation)
    shutil.copytree(templates / "reminder", templates / "agenda")
    organisation.configure(event_extra=REMINDER)
    registered(organisation)
    assert organisation.at("2027-03-23 14:00") == []
    organisation.configure(event_extra=GUIDE.format(before="7 days") + REMINDER)
    assert kinds(organisation.at("2027-03-24 09:00")) == ["guide"]
    organisation.configure(
        event_extra=GUIDE.format(before="7 days") + REMINDER + '[[event.mailout]]\nname = "agenda"\nbefore = "2 days"\n'
    )
    assert organisation.at("2027-03-28 13:59") == []
    assert kinds(organisation.at("2027-03-28 14:00")) == ["agenda"]
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder"]


def test_a_mail_out_that_is_taken_out_while_it_waits_is_not_sent(organisation: Organisation) -> None:
    registered(organisation)
    organisation.smtp.stop()
    organisation.at("2027-03-23 14:00")
    organisation.configure(event_extra=REMINDER)
    organisation.smtp.start()
    assert organisation.at("2027-03-23 14:05") == []
    assert states(organisation, "guide") == [("withdrawn", "mailout_removed")]
    assert kinds(organisation.at("2027-03-30 13:30")) == ["reminder"]


def test_a_mail_out_that_is_put_off_while_it_waits_goes_at_its_new_moment(organisation: Organisation) -> None:
    registered(organisation)
    organisation.smtp.stop()
    organisation.at("2027-03-23 14:00")
    organisation.configure(event_extra=GUIDE.format(before="3 days") + REMINDER)
    organisation.smtp.start()
    assert organisation.at("2027-03-23 14:05") == []
    assert organisation.at("2027-03-27 13:59") == []
    assert kinds(organisation.at("2027-03-27 14:00")) == ["guide"]
    assert organisation.at("2027-03-28 14:00") == []


def test_a_mail_out_that_was_sent_is_not_sent_again_at_another_moment(organisation: Organisation) -> None:
    guided(organisation)
    organisation.configure(event_extra=GUIDE.format(before="3 days") + REMINDER)
    assert organisation.at("2027-03-27 14:00") == []


# ---- templates


def own_templates(organisation: Organisation) -> Path:
    """Give the organisation a folder of templates of its own."""
    folder = organisation.folder / "templates"
    shutil.copytree(builtin_templates(), folder)
    organisation.configure(top='templates = "templates"')
    return folder


def test_a_template_mended_while_mail_waits_is_the_one_that_is_sent(organisation: Organisation) -> None:
    guide = own_templates(organisation) / "guide" / "fr.md"
    registered(organisation)
    organisation.at("2027-03-23 13:55")  # composed ahead
    assert [row.body is not None for row in organisation.outbox() if row.mail == "guide"] == [True]
    guide.write_text(guide.read_text("utf-8").replace("Gardez ce message", "Gardez bien ce message"), "utf-8")
    (mail,) = organisation.at("2027-03-23 14:00")
    assert "Gardez bien ce message" in mail.text


@pytest.mark.parametrize("broken_at", ["2027-03-23 13:40", "2027-03-23 13:55"])
def test_a_template_that_fails_keeps_its_mail_waiting_says_so_once_and_mends_itself(
    organisation: Organisation, caplog: pytest.LogCaptureFixture, broken_at: str
) -> None:
    guide = own_templates(organisation) / "guide" / "fr.md"
    registered(organisation)
    organisation.reply(registration("en", name="Grace Achieng"), sender=GRACE)
    organisation.at("2027-03-03 09:00")
    organisation.at(broken_at)
    good = guide.read_text("utf-8")
    guide.write_text(good.replace("{{ event.title }}", "{{ event.titel }}"), "utf-8")
    caplog.clear()

    assert [m["Content-Language"] for m in organisation.at("2027-03-23 14:00")] == ["en"]  # the others go on
    for moment in ("14:00:30", "14:05", "16:00", "20:00"):
        assert organisation.at(f"2027-03-23 {moment}") == []
    ((state, reason),) = [(s, r) for s, r in states(organisation, "guide") if s != "sent"]
    assert state == "waiting"
    assert "could not be composed" in reason
    assert "titel" in reason
    assert [r.getMessage() for r in caplog.records].count("not_composed") == 1
    assert told(organisation) == ["not_composed", "mail_late"]

    guide.write_text(good, "utf-8")
    assert kinds(organisation.at("2027-03-23 20:01")) == ["guide"]  # at once, not after hours of backing off
    assert told(organisation) == []


# ---- clocks, and a worker that was down


def test_in_autumn_too_the_guide_keeps_the_wall_clock_and_the_reminder_its_half_hour(
    organisation: Organisation,
) -> None:
    organisation.configure(start="2027-11-02T14:00:00", end="2027-11-02T16:00:00")  # the clocks change on 31 October
    organisation.reply(registration())
    organisation.at("2027-10-01 09:00")
    assert organisation.at("2027-10-26 13:59") == []
    assert kinds(organisation.at("2027-10-26 14:00")) == ["guide"]
    assert organisation.at("2027-11-02 13:29:59") == []
    assert kinds(organisation.at("2027-11-02 13:30")) == ["reminder"]


def test_a_guide_whose_hour_the_clock_skips_goes_right_after_the_gap(organisation: Organisation) -> None:
    organisation.configure(start="2027-04-04T02:30:00", end="2027-04-04T04:00:00")  # 28 March has no 02:30
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    assert organisation.at("2027-03-28 01:59:59") == []
    assert kinds(organisation.at("2027-03-28 03:00")) == ["guide"]


def test_a_reminder_across_the_clock_change_is_exact(organisation: Organisation) -> None:
    organisation.configure(start="2027-03-28T03:15:00", end="2027-03-28T04:00:00")  # 30 minutes before is 01:45
    organisation.reply(registration())
    organisation.at("2027-03-02 09:00")
    organisation.at("2027-03-21 03:15")
    assert organisation.at("2027-03-28 01:44:59") == []
    assert kinds(organisation.at("2027-03-28 01:45")) == ["reminder"]


@pytest.mark.parametrize(
    ("down", "back", "expected"),
    [
        ("2027-03-23 13:58", "2027-03-23 14:03", ["guide"]),
        ("2027-03-23 13:58", "2027-03-26 08:00", ["guide"]),
        ("2027-03-23 13:58", "2027-03-30 13:31", ["guide"]),
        ("2027-03-23 13:58", "2027-03-30 15:00", ["guide"]),
        ("2027-03-23 13:58", "2027-03-30 17:15", []),
        ("2027-03-30 13:28", "2027-03-30 13:33", ["reminder"]),
        ("2027-03-30 13:28", "2027-03-30 13:59:59", ["reminder"]),
        ("2027-03-30 13:28", "2027-03-30 14:00", []),
        ("2027-03-30 13:28", "2027-04-02 09:00", []),
    ],
)
def test_a_worker_that_was_down_over_the_moment_owes_what_is_still_of_use(
    organisation: Organisation, down: str, back: str, expected: list[str]
) -> None:
    registered(organisation)
    if down > "2027-03-24":
        organisation.at("2027-03-23 14:00")
    organisation.at(down)
    organisation.stop()
    assert kinds(organisation.at(back)) == expected
    assert organisation.at(back) == []


def test_a_reply_that_lay_there_while_we_were_down_is_read_and_served_by_its_age(organisation: Organisation) -> None:
    registered(organisation)
    organisation.stop()
    organisation.now = organisation.now.replace(day=20)
    organisation.reply(CANCEL)  # before the guide's moment, read after it
    assert kinds(organisation.at("2027-03-24 09:00")) == ["acknowledgement"]
    assert organisation.people()[0].status == "declined"


def test_what_arrives_while_we_are_down_until_after_the_event_is_held_for_a_person(organisation: Organisation) -> None:
    registered(organisation)
    organisation.stop()
    organisation.reply(registration("en", name="Grace Achieng"), sender=GRACE)
    organisation.reply(CANCEL)
    assert organisation.at("2027-04-02 09:00") == []
    assert [r.reason.partition(":")[0] for r in organisation.received() if r.disposition == "held"] == [
        "event_over"
    ] * 2
    assert [p.status for p in organisation.people()] == ["registered"]
