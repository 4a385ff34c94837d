"""Intake: one transaction a message, the odd one is held, the next goes on, and only people are answered."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot import intake, outbox, registry
from mailbot.models import Change, Outbox, Participant, Received
from tests.core.conftest import EVENT, NOW, START, Core
from tests.journeys.conftest import registration
from tests.journeys.test_journeys import bounce_of

HOUR = timedelta(hours=1)


def mail(
    text: str = "", *, sender: str = "Awa Ndiaye <awa@cnts.sn.example>", at: object = NOW, **headers: str
) -> bytes:
    one = EmailMessage()
    one["From"], one["To"], one["Date"] = sender, "rsvp@workers-network.example", format_datetime(at)  # type: ignore[arg-type]
    one["Message-ID"] = headers.pop("message_id", f"<{abs(hash((text, sender, str(at))))}@mail.example>")
    one["Subject"] = headers.pop("subject", "Re: Invitation : 2e webinaire")
    one["In-Reply-To"] = "<invite-fr@workers-network.example>"
    for name, told in headers.items():
        one[name.replace("_", "-")] = told
    one.set_content(text or registration())
    return one.as_bytes()


def take(core: Core, *raws: bytes, at: object = NOW) -> list[Received]:
    first = len(core.rows(Received))
    for raw in raws:
        core.collected(raw, NOW)
    while intake.take_one(core.database, core.config, at):  # type: ignore[arg-type]
        pass
    return core.rows(Received)[first:]


def test_one_message_is_one_transaction(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> int:
        raise ZeroDivisionError("at the very end")

    core.collected(mail())
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", fails)
        assert intake.take_one(core.database, core.config, NOW)
    assert core.people() == core.outbox() == core.rows(Change) == []
    (row,) = core.rows(Received)
    assert (row.disposition, row.reason) == ("held", "unforeseen: ZeroDivisionError: at the very end")
    assert (row.sender, row.subject) == ("awa@cnts.sn.example", "Re: Invitation : 2e webinaire")


def test_a_database_in_trouble_leaves_the_message_for_later(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    core.collected(mail())
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "put", full)
        with pytest.raises(sa.exc.OperationalError):
            intake.take_one(core.database, core.config, NOW)
    assert core.rows(Received)[0].disposition == "new"
    assert [r.disposition for r in take(core)] == []
    assert (core.rows(Received)[0].disposition, len(core.people())) == ("registration", 1)


POISON = [
    b"From: a@b.example\nSubject: =?utf-7?q?+2AA-?=\n\nhi",
    b"From: =?utf-7?q?+2AA-?= <a@b.example>\nDate: Fri, 31 Dec 9999 23:59:59 -1200\n\nhi",
    b"From: a@b.example\nMessage-ID: <\xed\xa0\x80@x>\nDate: Mon, 1 Jan 0001 00:00:00 +1400\n\nhi",
    b"From: a\x00b@c.example\nSubject: \x00\nReply-To: \x00@\x00\n\n\x00", b"", b"\n\n\n", b"\xff" * 5000,
    b"From: a@b.example\nContent-Type: text/plain; charset=utf-7\n\nNom : +2AA-\nT\xc3\xa9l : +2AA-\n",
    b"From: a@b.example\nReferences: " + b"<x@y> " * 20_000 + b"\n\nhi",
    b"Content-Type: multipart/mixed; boundary=x\n\n--x" * 400,
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(POISON)))
def test_a_poisoned_message_is_set_aside_or_read_and_the_next_goes_on(core: Core, number: int) -> None:
    rows = take(core, POISON[number], mail())
    assert rows[0].disposition != "new"
    assert rows[1].disposition == "registration"
    assert "awa@cnts.sn.example" in [p.email for p in core.people()]


def test_even_what_the_database_refuses_to_hold_is_held(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a character can be in a value but in no database: the poisoned row must not stand in everybody's way."""
    real = intake._read

    def poisoned(row: Received, *more: object) -> intake.Read:
        from dataclasses import replace

        read = real(row, *more)  # type: ignore[arg-type]
        return replace(read, message=replace(read.message, subject="\ud800")) if row.id == 1 else read

    monkeypatch.setattr(intake, "_read", poisoned)
    rows = take(core, mail(), mail(sender="Eva <eva@x.example>"))
    assert [r.disposition for r in rows] == ["held", "registration"]
    assert rows[0].reason.startswith("unforeseen: UnicodeEncodeError")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=2000), names=st.text(max_size=60))
def test_no_bytes_stop_the_intake(core: Core, raw: bytes, names: str) -> None:
    raws = [raw, mail()[:300] + raw, mail().replace(b"Awa Ndiaye", names.encode("utf-8", "replace"))]
    assert all(row.disposition != "new" for row in take(core, *raws))


def test_copies_are_one_also_when_the_first_is_held(core: Core) -> None:
    late = mail(at=START)
    rows = take(core, late, late.replace(b"\n", b"\r\n"), at=START + 24 * HOUR)
    assert [(r.disposition, r.duplicate_of) for r in rows] == [("held", None), ("duplicate", rows[0].id)]


def test_a_reused_message_id_with_another_text_is_another_message(core: Core) -> None:
    other = mail(registration(name="Eva Diallo"), message_id="<1@x>", sender="Eva Diallo <eva@x.example>")
    rows = take(core, mail(message_id="<1@x>"), other)
    assert [r.disposition for r in rows] == ["registration", "registration"]
    assert len(core.people()) == 2


def test_an_address_to_reply_to_that_is_ours_is_nobodys(core: Core) -> None:
    take(core, mail(Reply_To="rsvp@workers-network.example"))
    (person,) = core.people()
    assert person.write_to == "awa@cnts.sn.example"
    assert [r.recipient for r in core.outbox()] == ["awa@cnts.sn.example"]
    assert core.rows(Received)[0].sender == "awa@cnts.sn.example"


def test_the_answer_goes_where_the_writer_wants_it(core: Core) -> None:
    take(core, mail(Reply_To="Awa privat <awa@home.example>"))
    assert [r.recipient for r in core.outbox()] == ["awa@home.example"]


def test_a_clock_that_runs_ahead_does_not_make_what_follows_look_old(core: Core) -> None:
    take(core, mail(at=NOW + 20 * HOUR))
    text = "Bonjour,\n\nMon numéro était faux, voici le bon : +221 77 450 12 99.\n\nAwa Ndiaye\n"
    take(core, mail(text, at=NOW + HOUR), at=NOW + HOUR)
    assert core.people()[0].phone == "+221774501299"


def test_every_kind_is_answered_or_not_as_promised(core: Core) -> None:
    take(core, mail())
    assert Counter(r.mail for r in core.outbox()) == {"acknowledgement": 1}
    for headers in (
        {"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"}, {"Return_Path": "<>"},
        {"X_Mailbot_Mail": "guide", "sender": "rsvp@workers-network.example"},
        {"sender": "registrar2@workers-network.example"},
        {"sender": "MAILER-DAEMON@x.example"},
        {"List_Id": "<l.example>", "Precedence": "list", "List_Unsubscribe": "<mailto:a@b.example>"},
    ):  # fmt: skip
        take(core, mail("Je suis absent du bureau jusqu'au 3 mars.", **headers))  # type: ignore[arg-type]
    assert len(core.outbox()) == 1
    assert len(core.people()) == 1


def answered(core: Core) -> list[str]:
    return [r.case for r in core.outbox("acknowledgement")]


def test_each_turn_of_mind_has_its_answer(core: Core) -> None:
    take(core, mail())
    take(core, mail("Je dois annuler ma participation.\n\nAwa Ndiaye", at=NOW + HOUR), at=NOW + HOUR)
    take(
        core, mail("Je confirme que je ne pourrai pas participer.\n\nAwa Ndiaye", at=NOW + 2 * HOUR), at=NOW + 2 * HOUR
    )
    take(core, mail(at=NOW + 3 * HOUR), at=NOW + 3 * HOUR)
    assert answered(core) == ["registered", "cancelled", "unchanged", "registered"]
    from mailbot.letters import letter_for

    with core.database.read() as session:
        person = session.get_one(Participant, 1)
        assert person.status == "registered"
        person.status = "declined"  # as it was when the third was answered
        letter = letter_for(session, session.get_one(Outbox, 3), core.config, NOW)
    assert letter.case == "declined"


def returned(core: Core, row: Outbox, address: str) -> bytes:
    return bounce_of({"Message-ID": row.message_id}, address)  # type: ignore[arg-type]


def test_a_bounce_touches_only_whoever_had_that_address(core: Core) -> None:
    take(core, mail())
    (row,) = core.outbox()
    with core.database.write() as session:
        session.get_one(Outbox, row.id).state = "sent"
        person = session.get_one(Participant, 1)
        person.write_to = person.email = "awa@new.example"  # corrected before the report came
    take(core, returned(core, row, "awa@cnts.sn.example"))
    assert core.people()[0].reachable == "yes"
    assert core.outbox()[0].state == "failed"


def test_a_bounce_withdraws_what_waits(core: Core) -> None:
    take(core, mail())
    (row,) = core.outbox()
    with core.database.write() as session:
        session.get_one(Outbox, row.id).state = "sent"
        outbox.put(session, [outbox.Owed("guide 1", "guide", EVENT, START, "awa@cnts.sn.example", "fr", NOW, START, 1)],
                   NOW, "workers-network.example")  # fmt: skip
    take(core, returned(core, row, "awa@cnts.sn.example"))
    assert core.people()[0].reachable == "unreachable"
    assert [r.state for r in core.outbox()] == ["failed", "withdrawn"]


def test_one_transaction_may_not_register_half_of_a_delegation(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = registry.record, []

    def second_fails(session: object, event: str, *more: object) -> object:
        calls.append(real(session, event, *more))  # type: ignore[arg-type]
        raise ZeroDivisionError

    monkeypatch.setattr(registry, "record", second_fails)
    take(core, mail())
    assert (len(calls), core.people(), core.rows(Change)) == (1, [], [])
