"""Delivery, step by step, with a sink that fails at each of them: nothing lost, nothing doubled, nothing stuck."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
import sqlalchemy as sa

from mailbot import mailouts, outbox
from mailbot.cli import parts
from mailbot.database import Database
from mailbot.deliver import PACE, SETTLE_AFTER, UNPROVEN, Deliverer, NotYet
from mailbot.errors import GiveUp, InDoubt, TryLater
from mailbot.models import Fact, Outbox, Received
from tests.core.conftest import GUIDE, NOW, REMINDER, Core, Sink

MINUTE = timedelta(minutes=1)


@pytest.fixture
def due(core: Core) -> Core:
    """A guide that is due for one person."""
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE)
    return core


def state(core: Core) -> tuple[str, int]:
    row = core.outbox()[0]
    return row.state, row.attempts


def test_a_mail_is_in_doubt_in_the_database_before_the_dot_is_sent(due: Core) -> None:
    seen: list[str] = []
    sink = Sink(before_dot=lambda: seen.append(due.outbox()[0].state))
    assert due.deliverer(sink).deliver(GUIDE) == 1
    assert seen == ["in_doubt"]
    assert state(due) == ("sent", 1)
    assert len(sink.delivered) == 1


@pytest.mark.parametrize(
    ("stage", "error", "expected"),
    [
        ("open", TryLater("away"), ("waiting", 0)), ("open", GiveUp("wrong password"), ("waiting", 0)),
        ("open", OSError("odd"), ("waiting", 0)), ("offer", TryLater("451 later"), ("waiting", 1)),
        ("offer", GiveUp("550 unknown"), ("failed", 1)), ("offer", ValueError("ours"), ("waiting", 1)),
        ("finish", TryLater("451 later"), ("waiting", 1)), ("finish", GiveUp("554 spam"), ("failed", 1)),
        ("finish", InDoubt("cut"), ("in_doubt", 1)), ("finish", ValueError("ours"), ("in_doubt", 1)),
    ],
)  # fmt: skip
def test_every_fault_at_every_step_has_its_state_and_ends_the_turn(
    due: Core, stage: str, error: Exception, expected: tuple[str, int]
) -> None:
    sink = Sink({stage: [error]})
    deliverer = due.deliverer(sink)
    rounds = 0
    while deliverer.deliver(GUIDE):
        rounds += 1
        assert rounds < 5  # a turn must come to its end, whatever fails
    assert state(due) == expected
    assert sink.delivered == []
    assert (stage == "open") == bool(deliverer.trouble)


def test_what_a_database_error_left_claimed_is_sent_without_a_restart(
    due: Core, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, Exception("database or disk is full"))

    deliverer = due.deliverer()
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "note_in_doubt", full)
        with pytest.raises(sa.exc.OperationalError):
            deliverer.deliver(GUIDE)
    assert state(due) == ("claimed", 1)
    assert deliverer.sinks[0].delivered == []  # type: ignore[attr-defined]
    assert deliverer.deliver(GUIDE + 2 * MINUTE) == 1
    assert state(due) == ("sent", 2)


def test_a_result_that_could_not_be_noted_is_settled_by_evidence(due: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sa.exc.OperationalError("COMMIT", {}, Exception("database or disk is full"))

    deliverer = due.deliverer(evidence=lambda _row: True)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "note_sent", full)
        with pytest.raises(sa.exc.OperationalError):
            deliverer.deliver(GUIDE)
    assert state(due) == ("in_doubt", 1)
    assert deliverer.settle(GUIDE + PACE) == 1
    assert deliverer.deliver(GUIDE + PACE) == 0
    assert len(due.sinks[0].delivered) == 1


def doubtful(core: Core, evidence: object) -> Deliverer:
    deliverer = core.deliverer(Sink({"finish": [InDoubt("cut")] * 50}), evidence=evidence)  # type: ignore[arg-type]
    deliverer.deliver(GUIDE)
    assert state(core) == ("in_doubt", 1)
    return deliverer


def test_a_server_that_never_answers_the_dot_is_not_flooded(due: Core) -> None:
    """It may pass every one of them on: without any evidence the repetition must come to an end."""
    deliverer, now, handed = doubtful(due, lambda _row: None), GUIDE, 1
    while now < GUIDE + timedelta(hours=12):
        now += MINUTE
        deliverer.settle(now)
        handed += deliverer.deliver(now)
    assert handed == UNPROVEN
    (row,) = due.outbox()
    assert (row.state, "may be there" in row.reason) == ("failed", True)


def test_absence_proves_nothing_before_some_minutes_and_presence_does_at_once(due: Core) -> None:
    there: list[bool] = [False]
    deliverer = doubtful(due, lambda _row: there[0])
    due.configure(smtp='host = "127.0.0.1"\nsecurity = "none"\nevidence = "copy"')
    deliverer.config = due.config
    assert deliverer.settle(GUIDE + MINUTE / 2) == deliverer.settle(GUIDE + SETTLE_AFTER - MINUTE) == 0
    assert deliverer.settle(GUIDE + MINUTE / 2, starting=True) == 0
    there[0] = True
    assert deliverer.settle(GUIDE + PACE) == 1
    assert state(due) == ("sent", 1)


def test_while_nobody_can_tell_nothing_is_sent_again_and_nobody_else_is_asked(core: Core) -> None:
    for n in range(5):
        core.someone(n)
    mailouts.plan(core.database, core.config, GUIDE)
    asked: list[int] = []

    def away(row: Outbox) -> bool:
        asked.append(row.id)
        raise TryLater("127.0.0.1 did not answer in time")

    deliverer = core.deliverer(Sink({"finish": [InDoubt("cut")] * 50}), evidence=away)
    deliverer.deliver(GUIDE)
    assert deliverer.settle(GUIDE + timedelta(days=1)) == 0
    assert len(asked) == 1  # a frozen server costs one time-out a turn, not one a mail
    assert {row.state for row in core.outbox()} == {"in_doubt"}


def test_a_copy_is_missing_only_once_every_mailbox_was_read_since(due: Core) -> None:
    doubtful(due, lambda _row: None)
    due.configure(smtp='host = "127.0.0.1"\nsecurity = "none"\nevidence = "copy"')
    evidence = parts.evidence_of(due.config, due.database, lambda: GUIDE + SETTLE_AFTER + MINUTE)
    (row,) = due.outbox()

    def looked_at(moment: object) -> None:
        with due.database.write() as session:
            name = f"contact {due.config.mailboxes[0].name}"
            session.merge(Fact(name=name, value="ok", at=moment))

    with pytest.raises(NotYet):
        evidence(row)
    looked_at(GUIDE + SETTLE_AFTER - MINUTE)
    with pytest.raises(NotYet):
        evidence(row)
    looked_at(GUIDE + SETTLE_AFTER + 2 * MINUTE)  # by a clock that ran ahead
    with pytest.raises(NotYet):
        evidence(row)
    looked_at(GUIDE + SETTLE_AFTER)
    assert evidence(row) is False
    unread = due.collected()
    with pytest.raises(NotYet):
        evidence(row)
    with due.database.write() as session:
        copy = session.get_one(Received, unread)
        copy.disposition, copy.rule, copy.message_id = "unrelated", "own_mail", row.message_id
    assert evidence(row) is True


def test_a_repetition_has_the_same_bytes_whatever_changed_since(due: Core) -> None:
    deliverer = due.deliverer(Sink({"finish": [InDoubt("cut")]}), evidence=lambda _row: False)
    deliverer.deliver(GUIDE)
    first = due.outbox()[0].body
    with due.database.write() as session:
        from mailbot.models import Participant

        session.get_one(Participant, 1).name = "Somebody Else"
    assert deliverer.settle(GUIDE + SETTLE_AFTER) == 1
    deliverer.deliver(GUIDE + SETTLE_AFTER)
    assert due.sinks[0].delivered[0][1] == first


def test_what_changes_before_the_first_claim_is_composed_anew(core: Core) -> None:
    from mailbot.models import Participant

    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE - 5 * MINUTE)
    deliverer = core.deliverer()
    assert deliverer.prepare(GUIDE - 5 * MINUTE) == 1
    ahead = core.outbox()[0].body
    with core.database.write() as session:
        session.get_one(Participant, 1).name = "Aminata Sow"
    deliverer.deliver(GUIDE)
    assert ahead not in (None, core.sinks[0].delivered[0][1])
    assert b"Aminata Sow" in core.sinks[0].delivered[0][1]


def test_a_mail_that_cannot_be_composed_holds_up_no_other(core: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in (1, 2):
        core.someone(n)
    mailouts.plan(core.database, core.config, GUIDE)
    deliverer = core.deliverer()
    real = deliverer.composer.compose

    def picky(letter: object) -> bytes:
        if letter.recipient.email == "person1@union.example":  # type: ignore[attr-defined]
            raise KeyError("no such template")
        return real(letter)  # type: ignore[arg-type]

    monkeypatch.setattr(deliverer.composer, "compose", picky)
    while deliverer.deliver(GUIDE):
        pass
    assert [row.state for row in core.outbox()] == ["waiting", "sent"]
    assert "could not be composed" in core.outbox()[0].reason


def test_the_rate_that_the_provider_allows_is_kept(core: Core) -> None:
    core.configure(smtp='maildir = "sent"\nmax_per_minute = 7')
    for n in range(20):
        core.someone(n)
    mailouts.plan(core.database, core.config, GUIDE)
    deliverer, sent = core.deliverer(), []
    for second in range(0, 181, 5):
        now = GUIDE + timedelta(seconds=second)
        while n := deliverer.deliver(now):
            sent += [now] * n
    assert len(sent) == 20
    for at in sent:
        assert sum(at <= other < at + PACE for other in sent) <= 7


def test_several_connections_share_the_work_and_no_mail(core: Core) -> None:
    for n in range(25):
        core.someone(n)
    mailouts.plan(core.database, core.config, GUIDE)
    deliverer = core.deliverer(Sink(), Sink({"open": [TryLater("away")] * 99}), Sink())
    now = GUIDE
    while any(row.state != "sent" for row in core.outbox()):
        deliverer.deliver(now)
        now += MINUTE
        assert now < REMINDER
    everybody = [to for sink in core.sinks for to, _ in sink.delivered]
    assert (len(everybody), len(set(everybody)), len(core.sinks[1].delivered)) == (25, 25, 0)


def test_told_to_stop_it_gives_back_what_it_had_not_begun(core: Core) -> None:
    for n in range(5):
        core.someone(n)
    mailouts.plan(core.database, core.config, GUIDE)
    deliverer = core.deliverer()
    deliverer.stopping = lambda: len(core.sinks[0].delivered) >= 2
    deliverer.deliver(GUIDE)
    assert sorted(row.state for row in core.outbox()) == ["sent", "sent", "waiting", "waiting", "waiting"]
    assert {row.attempts for row in core.outbox() if row.state == "waiting"} == {0}


def test_a_transaction_is_never_open_while_the_wire_is_used(due: Core, monkeypatch: pytest.MonkeyPatch) -> None:
    open_now = [0]
    write = Database.write

    from contextlib import contextmanager

    @contextmanager
    def counted(self: Database) -> object:
        with write(self) as session:
            open_now[0] += 1
            try:
                yield session
            finally:
                open_now[0] -= 1

    monkeypatch.setattr(Database, "write", counted)
    seen: list[int] = []
    due.deliverer(Sink(before_dot=lambda: seen.append(open_now[0]))).deliver(GUIDE)
    assert seen == [0]


def test_nothing_is_due_before_its_time(core: Core) -> None:
    core.someone(1)
    assert mailouts.plan(core.database, core.config, NOW) == 0
    assert core.deliverer().deliver(NOW) == 0


def test_a_server_out_of_reach_is_told_once_and_so_is_that_it_is_back(
    due: Core, caplog: pytest.LogCaptureFixture
) -> None:
    deliverer = due.deliverer(Sink({"open": [TryLater("no route"), TryLater("no route")]}))
    told = []
    for minute in range(4):
        with caplog.at_level(logging.INFO, "mailbot"):
            deliverer.deliver(GUIDE + minute * MINUTE)
        told.append([r.getMessage() for r in caplog.records if r.getMessage().startswith("smtp_")])
        caplog.clear()
        if minute == 0:
            assert outbox.describe(due.outbox()[0]).startswith("could not be tried (no connection: no route); next at ")
    assert told == [["smtp_unreachable"], [], ["smtp_reached"], []]
