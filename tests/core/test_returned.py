"""Mail that comes back reaches its person: whose it was, what follows, and what ends it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from mailbot import mailouts, notices, outbox, tokens
from mailbot.errors import GiveUp
from mailbot.models import Notice, Outbox, Participant, Returned
from tests.core.conftest import EVENT, GUIDE, NOW, Core, Sink
from tests.core.test_intake import mail, take

OWN = "rsvp@workers-network.example"
AWA = "awa@cnts.sn.example"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def report(
    address: str = AWA,
    *,
    status: str = "5.1.1",
    returned_head: str = "",
    to: str = OWN,
    action: str = "failed",
    said: str = "550 5.1.1 User unknown",
    text: str = "I'm sorry to have to inform you that your message could not be delivered.",
    extra: str = "",
) -> bytes:
    """Return a delivery report as Postfix writes it."""
    number = abs(hash((address, status, returned_head, to, action, said, extra)))
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx1.example (Mail Delivery System)\r\nTo: {to}\r\n{extra}"
        f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{number}@mx1.example>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx1.example\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {said}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{returned_head}Subject: Guide\r\n\r\n--b--\r\n"
    ).encode()


def complaint(returned_head: str) -> bytes:
    """Return a feedback report (RFC 5965): somebody pressed the spam button."""
    return (
        "From: fbl@provider.example\r\nTo: rsvp@workers-network.example\r\nSubject: complaint\r\n"
        "Message-ID: <fbl-1@provider.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an email abuse report.\r\n\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: fbl/1.0\r\n"
        f"Version: 1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{returned_head}Subject: Guide\r\n\r\nx\r\n"
        "--b--\r\n"
    ).encode()


def sent(core: Core, at: datetime = NOW) -> Outbox:
    """Register Awa, let the answer leave, and return it."""
    take(core, mail(), at=at)
    core.deliverer().deliver(at)
    (row,) = core.outbox()
    assert row.state == "sent"
    return row


def guide_at(core: Core, at: datetime) -> Outbox:
    """Let what is due leave and return the guide."""
    mailouts.plan(core.database, core.config, at)
    core.deliverer().deliver(at)
    (row,) = core.outbox("guide")
    return row


def head(row: Outbox) -> str:
    return f"Message-ID: {row.message_id}\r\n"


def reach(core: Core) -> list[str]:
    return [p.reachable for p in core.people()]


def told(core: Core) -> list[tuple[str, str]]:
    with core.database.read() as session:
        return [(n.kind, n.detail) for n in notices.still_open(session)]


@pytest.mark.parametrize("way", ["plus", "delivered-to", "message-id", "exchange", "own header", "recipient"])
def test_a_report_finds_its_person_by_whatever_it_kept(core: Core, way: str) -> None:
    core.configure(smtp='maildir = "sent"\nenvelope_sender = "plus"')
    row = sent(core)
    plus = tokens.plus_address(OWN, tokens.ENVELOPE, tokens.of_message_id(row.message_id))
    other = "somewhere@else.example"  # an alias led there: the address itself says nothing
    raw = {
        "plus": report(other, to=plus),
        "delivered-to": report(other, to="undisclosed-recipients:;", extra=f"Delivered-To: {plus.upper()}\r\n"),
        "message-id": report(other, returned_head=head(row)),
        "exchange": report(other, returned_head=f"Message-ID: <x@y>\r\nX-Microsoft-Original-{head(row)}"),
        "own header": report(
            other, returned_head=f"Message-ID: <x@y>\r\nX-Mailbot-Id: {row.message_id.strip('<>')}\r\n"
        ),
        "recipient": report(AWA),
    }[way]
    (taken,) = take(core, raw)
    assert (taken.disposition, reach(core), core.outbox()[0].state) == ("bounce", ["unreachable"], "failed")
    assert [kind for kind, _ in told(core)] == ["unreachable"]
    assert "mail_comes_back" in core.people()[0].review.split()


def test_reports_go_to_an_address_that_names_the_mail_where_that_may_be(core: Core) -> None:
    core.configure(smtp='host = "127.0.0.1"\nsecurity = "none"\nenvelope_sender = "plus"')
    take(core, mail())
    senders: list[str] = []

    class Noting(Sink):
        def offer(self, sender: str, *rest: object) -> None:
            senders.append(sender)
            super().offer(sender, *rest)  # type: ignore[arg-type]

    core.deliverer(Noting()).deliver(NOW)
    (row,) = core.outbox()
    assert senders == [tokens.plus_address(OWN, tokens.ENVELOPE, tokens.of_message_id(row.message_id))]
    assert b"From: =?utf-8" in core.sinks[0].delivered[0][1]
    assert b"+b" not in core.sinks[0].delivered[0][1].partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "raw",
    [
        report("nobody@else.example"),
        report("nobody@else.example", to=tokens.plus_address(OWN, tokens.ENVELOPE, "a" * 32)),
        report("nobody@else.example", returned_head="Message-ID: <aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@x.example>\r\n"),
    ],
    ids=["of a stranger's mail", "with a forged plus", "with a forged id"],
)
def test_a_report_of_nothing_that_we_sent_changes_nothing(core: Core, raw: bytes) -> None:
    row = sent(core)
    (taken,) = take(core, raw)
    assert (taken.disposition, taken.review, reach(core)) == ("bounce", "nothing_sent_there", ["yes"])
    assert core.outbox()[0].state == row.state == "sent"


def test_a_report_that_only_names_an_address_needs_a_mail_that_went_there_lately(core: Core) -> None:
    sent(core)
    take(core, report(AWA), at=NOW + 11 * DAY)
    assert reach(core) == ["yes"]


def test_a_report_of_the_copy_to_ourselves_says_nothing_of_the_participant(core: Core) -> None:
    row = sent(core)
    take(core, report("rsvp+mailbot-copy@workers-network.example", returned_head=head(row)))
    assert (reach(core), core.outbox()[0].state) == (["yes"], "sent")


def test_delays_and_deliveries_are_no_failures(core: Core) -> None:
    row = sent(core)
    for action, status in (("delayed", "4.4.1"), ("delivered", "2.0.0"), ("relayed", "2.0.0")):
        take(core, report(returned_head=head(row), action=action, status=status, said="250 ok"))
    assert (reach(core), core.rows(Returned), core.outbox()[0].state) == (["yes"], [], "sent")


def test_nothing_more_goes_to_a_dead_address_and_everything_owed_once_it_writes(core: Core) -> None:
    sent(core)
    guide = guide_at(core, GUIDE)
    take(core, report(returned_head=head(guide)), at=GUIDE + HOUR)
    assert (reach(core), guide_at(core, GUIDE + 2 * HOUR).state) == (["unreachable"], "failed")

    take(core, mail("Bonjour,\n\nJe participe toujours en ligne.\n\nAwa Ndiaye\n", at=GUIDE + DAY), at=GUIDE + DAY)
    assert (reach(core), guide_at(core, GUIDE + DAY).state) == (["yes"], "sent")
    assert told(core) == []
    assert core.people()[0].review == ""


def test_a_question_from_a_dead_address_makes_it_alive_as_well(core: Core) -> None:
    row = sent(core)
    take(core, report(returned_head=head(row)), at=NOW + HOUR)
    (asked,) = take(core, mail("Le webinaire sera-t-il enregistré ?\n\nAwa", at=NOW + DAY), at=NOW + DAY)
    assert (asked.disposition, reach(core)) == ("question", ["yes"])
    assert core.outbox()[-1].state == "waiting"


@pytest.mark.parametrize("headers", [{"Auto_Submitted": "auto-replied"}, {"Subject": "Absent du bureau"}])
def test_a_programs_answer_from_a_dead_address_proves_nothing(core: Core, headers: dict[str, str]) -> None:
    row = sent(core)
    take(core, report(returned_head=head(row)), at=NOW + HOUR)
    told_ = {"subject": headers.pop("Subject")} if "Subject" in headers else {}
    text = "Je suis absent du bureau. En cas d'urgence, merci de contacter mon collègue."
    take(core, mail(text, at=NOW + DAY, **headers, **told_), at=NOW + DAY)
    assert reach(core) == ["unreachable"]


def test_what_was_written_before_the_mail_came_back_proves_nothing(core: Core) -> None:
    row = sent(core)
    take(core, report(returned_head=head(row)), at=NOW + 5 * HOUR)
    take(core, mail("Le webinaire sera-t-il enregistré ?", at=NOW + HOUR), at=NOW + 6 * HOUR)
    assert reach(core) == ["unreachable"]


def test_an_acknowledgement_that_came_back_is_never_sent_again(core: Core) -> None:
    row = sent(core)
    take(core, report(returned_head=head(row)), at=NOW + HOUR)
    take(core, mail(at=NOW + DAY), at=NOW + DAY)
    first, second = core.outbox("acknowledgement")
    assert (first.state, second.state) == ("failed", "waiting")  # the second answers another message


def test_answers_that_wait_for_a_dead_address_are_withdrawn_whoever_they_are_about(core: Core) -> None:
    row = sent(core)
    take(core, mail("Le webinaire sera-t-il enregistré ?\n\nAwa", at=NOW + HOUR), at=NOW + HOUR)
    take(core, report(returned_head=head(row)), at=NOW + HOUR)
    assert [r.state for r in core.outbox()] == ["failed", "withdrawn"]


def test_who_wants_answers_at_a_dead_address_gets_them_at_the_one_they_write_from(core: Core) -> None:
    row = sent(core)
    take(core, report(returned_head=head(row)), at=NOW + HOUR)
    question = "Le webinaire sera-t-il enregistré ?\n\nEva"
    take(core, mail(question, sender="Eva <eva@x.example>", at=NOW + DAY, Reply_To=AWA), at=NOW + DAY)
    assert core.outbox()[-1].recipient == "eva@x.example"
    assert reach(core) == ["unreachable"]


def test_everybody_who_gets_mail_by_way_of_a_dead_address_is_unreachable(core: Core) -> None:
    first, second = core.someone(1, write_to=AWA), core.someone(2, write_to=AWA)
    core.someone(3)
    with core.database.write() as session:
        owed = [outbox.Owed(f"guide {n}", "guide", EVENT, GUIDE + 7 * DAY, AWA, "fr", NOW, GUIDE, n)
                for n in (first, second)]  # fmt: skip
        outbox.put(session, owed, NOW, "workers-network.example")
    core.deliverer().deliver(NOW)
    row = core.outbox("guide")[0]
    take(core, report(returned_head=head(row)))
    assert reach(core) == ["unreachable", "unreachable", "yes"]
    assert len(told(core)) == 2


def test_mail_that_comes_back_for_now_is_tried_again_and_counted(core: Core) -> None:
    sent(core)
    guide = guide_at(core, GUIDE)
    full = {"status": "5.2.2", "said": "552 5.2.2 Mailbox full"}
    for day in (0, 1, 2):
        now = GUIDE + day * DAY
        take(core, report(returned_head=head(guide), extra=f"X-N: {day}\r\n", **full), at=now + HOUR)
        waiting = core.outbox("guide")[0]
        assert (reach(core), waiting.state, waiting.next_attempt_at) == (["yes"], "waiting", now + DAY + HOUR)
        before = waiting.body
        core.deliverer().deliver(now + DAY + HOUR)
        again = core.outbox("guide")[0]
        assert (again.state, again.message_id, again.body) == ("sent", guide.message_id, before)
    take(core, report(returned_head=head(guide), extra="X-N: 3\r\n", **full), at=GUIDE + 3 * DAY + 2 * HOUR)
    assert (reach(core), core.outbox("guide")[0].state) == (["unreachable"], "withdrawn")
    assert [kind for kind, _ in told(core)] == ["unreachable"]


def test_three_times_in_one_bad_day_is_no_dead_address(core: Core) -> None:
    row = sent(core)
    for n in range(5):
        take(core, report(returned_head=head(row), status="4.4.7", said="4.4.7 expired", extra=f"X-N: {n}\r\n"))
    assert reach(core) == ["yes"]


def test_a_sign_of_life_ends_the_count(core: Core) -> None:
    row = sent(core)
    for day in range(8):
        now = NOW + day * DAY
        soft = report(returned_head=head(row), status="4.4.7", said="4.4.7 expired", extra=f"X-N: {day}\r\n")
        take(core, soft, at=now)
        if day % 2:
            take(core, mail(f"Une question {day} : sera-t-il enregistré ?", at=now + 2 * HOUR), at=now + 2 * HOUR)
    assert reach(core) == ["yes"]


def test_a_refusal_by_policy_is_not_tried_again_by_itself(core: Core) -> None:
    sent(core)
    guide = guide_at(core, GUIDE)
    take(core, report(returned_head=head(guide), status="5.7.1", said="550 5.7.1 rejected as spam"), at=GUIDE + HOUR)
    assert (reach(core), core.outbox("guide")[0].state) == (["yes"], "failed")


def test_a_complaint_ends_all_mail_and_only_a_person_takes_that_back(core: Core) -> None:
    sent(core)
    guide = guide_at(core, GUIDE)
    (taken,) = take(core, complaint(f"{head(guide)}To: {AWA}\r\n"), at=GUIDE + HOUR)
    assert (taken.disposition, reach(core)) == ("bounce", ["complained"])
    assert core.outbox("guide")[0].state == "sent"  # it did arrive

    (again,) = take(core, mail("Le webinaire sera-t-il enregistré ?", at=GUIDE + DAY), at=GUIDE + DAY)
    assert "not_answered_complained" in again.review.split()
    assert reach(core) == ["complained"]
    assert guide_at(core, GUIDE + 6 * DAY).state == "sent"
    assert len(core.outbox()) == 2


def test_who_complained_and_registers_anew_is_recorded_and_gets_no_mail(core: Core) -> None:
    row = sent(core)
    take(core, complaint(f"{head(row)}To: {AWA}\r\n"))
    with core.database.write() as session:
        session.execute(sa.delete(Outbox))
        session.execute(sa.delete(Participant))
    take(core, mail(at=NOW + DAY), at=NOW + DAY)
    assert (reach(core), core.outbox()) == (["complained"], [])


def test_mail_to_nobody_who_is_registered_is_told_too(core: Core) -> None:
    take(core, mail("Le webinaire sera-t-il enregistré ?", sender="Eva <eva@x.example>"))
    core.deliverer().deliver(NOW)
    (row,) = core.outbox()
    take(core, report("eva@x.example", returned_head=head(row)))
    assert told(core) == [("came_back", "5.1.1 smtp; 550 5.1.1 User unknown")]


def test_an_address_with_a_slip_is_noticed_when_it_is_typed(core: Core) -> None:
    text = (
        "Bonjour,\n\nVeuillez inscrire :\n\nNom : Fatou Sow\nCourriel : fatou.sow@gmial.com\nTitre : secrétaire\n"
        "Téléphone : +221 77 450 55 55\nParticipation : en ligne\n"
    )
    take(core, mail(text))
    assert "perhaps_address:fatou.sow@gmail.com" in next(p for p in core.people() if p.email).review.split()


def test_an_address_that_comes_back_is_offered_with_what_may_have_been_meant(core: Core) -> None:
    text = "Je participerai en ligne.\n\nAwa Ndiaye\nCNTS Sénégal\nsecretariat@cnts.sn.example\n"
    take(core, mail(text, sender="Awa Ndiaye <awa.ndiaye@gmial.com>"))
    core.deliverer().deliver(NOW)
    (row,) = core.outbox()
    take(core, report(row.recipient, returned_head=head(row)))
    (person,) = core.people()
    assert set(person.review.split()) >= {
        "mail_comes_back", "perhaps_address:awa.ndiaye@gmail.com", "other_address:secretariat@cnts.sn.example",
    }  # fmt: skip
    assert told(core)[0][1].endswith("perhaps awa.ndiaye@gmail.com, secretariat@cnts.sn.example")


def test_an_address_that_the_server_refuses_at_once_is_dead_as_well(core: Core) -> None:
    take(core, mail())
    refusal = GiveUp(f"mx.example refuses {AWA}: 550 5.1.1 <{AWA}> User unknown", code=550)
    core.deliverer(Sink(told={"offer": [refusal]})).deliver(NOW)
    assert (reach(core), core.outbox()[0].state) == (["unreachable"], "failed")


def test_a_refusal_of_what_is_said_is_none_of_the_address(core: Core) -> None:
    take(core, mail())
    core.deliverer(Sink(told={"offer": [GiveUp("mx.example takes no message: 554 5.7.1 spam", code=554)]})).deliver(NOW)
    assert (reach(core), core.outbox()[0].state) == (["yes"], "failed")


def test_what_organisers_should_know_is_written_down_once_and_again_after_it_was_over(core: Core) -> None:
    with core.database.write() as session:
        assert notices.tell(session, "came_back", "a@b.example", NOW, address="a@b.example")
        assert not notices.tell(session, "came_back", "a@b.example", NOW + DAY)
        session.execute(sa.update(Notice).values(settled_at=NOW, told_at=NOW))
        session.expire_all()
        assert notices.tell(session, "came_back", "a@b.example", NOW + DAY)
        (one,) = notices.still_open(session)
        assert (one.at, one.told_at) == (NOW + DAY, None)
        with pytest.raises(ValueError, match="no such kind"):
            notices.tell(session, "gossip", "x", NOW)


def test_the_same_report_twice_is_one(core: Core) -> None:
    row = sent(core)
    raw = report(returned_head=head(row))
    assert [r.disposition for r in take(core, raw, raw.replace(b"\r\n", b"\n"))] == ["bounce", "duplicate"]
    assert len(core.rows(Returned)) == len(core.rows(Notice)) == 1


def test_news_that_came_back_is_told_once_they_are_heard_of(core: Core) -> None:
    sent(core)
    mailouts.plan(core.database, core.config, NOW)
    core.configure(start="2027-03-31T14:00:00", end="2027-03-31T17:15:00")
    mailouts.plan(core.database, core.config, NOW + HOUR)
    core.deliverer().deliver(NOW + HOUR)
    (moved,) = core.outbox("moved")
    take(core, report(returned_head=head(moved)), at=NOW + 2 * HOUR)
    mailouts.plan(core.database, core.config, NOW + 3 * HOUR)
    assert core.outbox("moved")[0].state == "failed"
    take(core, mail("Le webinaire sera-t-il enregistré ?", at=NOW + DAY), at=NOW + DAY)
    mailouts.plan(core.database, core.config, NOW + DAY)
    assert core.outbox("moved")[0].state == "waiting"
