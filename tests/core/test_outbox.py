"""The outbox as a state machine: every change a compare-and-set, nothing put twice, nothing forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from mailbot import outbox
from mailbot.models import OUTBOX_STATES, Outbox
from mailbot.outbox import Owed
from tests.core.conftest import EVENT, NOW, START, Core, in_threads, open_session

MINUTE = timedelta(minutes=1)


def owed(number: int = 1, **changes: object) -> Owed:
    given = {
        "key": f"guide {number} {START.isoformat()}", "mail": "guide", "event": EVENT, "event_start": START,
        "recipient": f"p{number}@x.example", "language": "fr", "due_at": NOW, "expires_at": START,
    } | changes  # fmt: skip
    return Owed(**given)  # type: ignore[arg-type]


def put(core: Core, *mails: Owed) -> int:
    with core.database.write() as session:
        return outbox.put(session, mails, NOW, "workers-network.example")


def step(core: Core, name: str, *arguments: object, number: int = 1) -> Outbox:
    with core.database.write() as session:
        row = session.get_one(Outbox, number)
        getattr(outbox, name)(session, row, *arguments)
    return core.outbox()[number - 1]


def claim(core: Core, now: object = NOW, limit: int = 10) -> list[int]:
    with core.database.write() as session:
        return [row.id for row in outbox.claim(session, now, limit)]  # type: ignore[arg-type]


def doubt(core: Core) -> None:
    with core.database.write() as session:
        outbox.note_in_doubt(session, [session.get_one(Outbox, 1)], NOW)


def test_the_same_mail_is_put_once(core: Core) -> None:
    assert put(core, owed(1), owed(2)) == 2
    assert put(core, owed(1), owed(2), owed(3)) == 1
    assert len({row.message_id for row in core.outbox()}) == 3


def test_message_ids_stay_and_cannot_be_guessed_from_another_database(core: Core) -> None:
    put(core, owed(1))
    first = core.outbox()[0].message_id
    claim(core)
    step(core, "withdraw", "cancelled", NOW)
    assert put(core, owed(1)) == 1
    assert core.outbox()[0].message_id == first
    with core.database.write() as session:
        session.delete(session.get_one(Outbox, 1))
        from mailbot.models import Fact

        session.get_one(Fact, "secret").value = "another database's"
    put(core, owed(1))
    assert core.outbox()[0].message_id != first


@pytest.mark.parametrize("state", OUTBOX_STATES)
def test_only_what_nobody_took_waits_again(core: Core, state: str) -> None:
    put(core, owed(1, recipient="old@x.example"))
    with core.database.write() as session:
        row = session.get_one(Outbox, 1)
        row.state, row.attempts, row.body, row.reason = state, 7, b"old", "because"
    again = put(core, owed(1, recipient="new@x.example"))
    (row,) = core.outbox()
    if state in ("withdrawn", "failed"):
        assert (again, row.state, row.recipient, row.attempts, row.body, row.reason) == (
            1, "waiting", "new@x.example", 0, None, "",
        )  # fmt: skip
    else:
        assert (again, row.state, row.recipient, row.body) == (0, state, "old@x.example", b"old")


MOVES = {
    "withdraw": ("waiting", "claimed"),
    "note_sent": ("claimed", "in_doubt"),
    "note_failed": ("claimed", "in_doubt"),
    "note_later": ("claimed", "in_doubt"),
    "note_again": ("in_doubt",),
    "note_returned": ("sent", "in_doubt"),
    "release": ("claimed",),
}


@pytest.mark.parametrize("name", MOVES)
@pytest.mark.parametrize("state", OUTBOX_STATES)
def test_a_change_happens_from_its_states_only(core: Core, name: str, state: str) -> None:
    put(core, owed(1))
    with core.database.write() as session:
        session.get_one(Outbox, 1).state = state
    if state in MOVES[name]:
        assert step(core, name, "why", NOW).state != state
    else:
        with pytest.raises(RuntimeError, match="no longer"):
            step(core, name, "why", NOW)
        assert core.outbox()[0].state == state


def test_who_decides_on_what_another_changed_meanwhile_changes_nothing(core: Core) -> None:
    put(core, owed(1))
    with open_session(core.database) as stale:
        row = stale.get_one(Outbox, 1)
        stale.commit()
        claim(core)
        doubt(core)
        step(core, "note_sent", "250 taken", NOW)
        assert row.state == "waiting"  # as this one still believes
        with pytest.raises(RuntimeError, match="no longer"):
            outbox.withdraw(stale, row, "cancelled", NOW)
        stale.rollback()
    assert core.outbox()[0].state == "sent"


def test_a_mail_is_claimed_once_however_many_ask(core: Core) -> None:
    put(core, *[owed(n) for n in range(1, 61)])
    claimed: list[int] = []

    def ask(_number: int) -> None:
        while found := claim(core, limit=7):
            claimed.extend(found)

    assert in_threads(4, ask) == []
    assert sorted(claimed) == list(range(1, 61))


def test_the_most_urgent_go_first_and_the_late_not_at_all(core: Core) -> None:
    put(core, owed(1, expires_at=None), owed(2, expires_at=START),
        owed(3, expires_at=NOW + MINUTE), owed(4, expires_at=NOW),
        owed(5, due_at=NOW + MINUTE), owed(6, due_at=NOW + 5 * MINUTE, not_before=NOW))  # fmt: skip
    assert claim(core) == [3, 2, 6, 1]
    assert [row.state for row in core.outbox()] == ["claimed", "claimed", "claimed", "expired", "waiting", "claimed"]


def test_mail_in_doubt_does_not_expire(core: Core) -> None:
    put(core, owed(1))
    claim(core)
    doubt(core)
    assert claim(core, START + MINUTE) == []
    assert core.outbox()[0].state == "in_doubt"


def waits(core: Core, attempts: int, expires: object) -> float:
    with Session(core.database.engine):
        row = Outbox(attempts=attempts, expires_at=expires)  # type: ignore[misc]
        return (outbox.retry_at(row, NOW) - NOW) / MINUTE


def test_the_waits_grow_and_stay_at_an_hour(core: Core) -> None:
    for attempts, least in ((1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 60), (40, 60)):
        for _ in range(20):
            assert least <= waits(core, attempts, None) <= least * 1.2


def test_before_its_end_a_mail_is_tried_sooner_but_not_every_moment(core: Core) -> None:
    assert waits(core, 5, NOW + 20 * MINUTE) == 10
    assert waits(core, 5, NOW + 4 * MINUTE) == 2
    assert waits(core, 5, NOW + MINUTE) == 1
    assert waits(core, 1, NOW + 20 * MINUTE) < 1.3


def test_the_server_may_ask_for_more_but_not_for_less(core: Core) -> None:
    put(core, owed(1))
    claim(core)
    with core.database.write() as session:
        outbox.note_later(session, session.get_one(Outbox, 1), "432", NOW, after=timedelta(hours=2))
    assert core.outbox()[0].next_attempt_at == NOW + timedelta(hours=2)
    claim(core, NOW + timedelta(hours=2))
    with core.database.write() as session:
        outbox.note_later(session, session.get_one(Outbox, 1), "432", NOW, after=timedelta(seconds=1))
    assert core.outbox()[0].next_attempt_at >= NOW + timedelta(hours=2, minutes=5)


@pytest.mark.parametrize("how", ["note_later", "note_again"])
def test_there_is_a_last_attempt(core: Core, how: str) -> None:
    put(core, owed(1, expires_at=None))
    now, tries = NOW, 0
    while claim(core, now):
        tries += 1
        doubt(core)
        step(core, how, "451 not now", now)
        now += timedelta(hours=2)
    (row,) = core.outbox()
    assert (row.state, tries) == ("failed", outbox.MAX_ATTEMPTS)
    assert "after 40 attempts" in row.reason


def test_a_server_that_is_away_costs_no_attempt(core: Core) -> None:
    put(core, owed(1))
    for n in range(50):
        assert claim(core, NOW + n * MINUTE) == [1]
        step(core, "release", "no connection", NOW + n * MINUTE)
    assert (core.outbox()[0].attempts, core.outbox()[0].state) == (0, "waiting")


def test_repetition_without_proof_keeps_its_distance(core: Core) -> None:
    put(core, owed(1))
    claim(core)
    doubt(core)
    row = step(core, "note_again", "there is no telling", NOW)
    assert row.next_attempt_at >= NOW + MINUTE


def test_what_a_dead_worker_claimed_is_given_back_and_what_is_in_doubt_is_not(core: Core) -> None:
    put(core, owed(1), owed(2), owed(3))
    claim(core)
    doubt(core)
    step(core, "note_sent", "250", NOW, number=2)
    with core.database.write() as session:
        assert outbox.recover(session, NOW + MINUTE / 2) == 1
    assert [row.state for row in core.outbox()] == ["in_doubt", "sent", "waiting"]
    assert claim(core, NOW + MINUTE / 2) == [3]


def test_what_the_provider_counts_is_counted(core: Core) -> None:
    put(core, *[owed(n) for n in range(1, 5)])
    claim(core)
    doubt(core)
    step(core, "note_sent", "250", NOW, number=2)
    step(core, "note_sent", "250", NOW - 2 * MINUTE, number=3)
    with core.database.read() as session:
        assert outbox.sent_since(session, NOW - MINUTE) == 2


@pytest.mark.parametrize("state", OUTBOX_STATES)
@pytest.mark.parametrize("attempts", [0, 1, 3])
def test_every_state_can_be_told_in_a_sentence(state: str, attempts: int) -> None:
    row = Outbox(state=state, attempts=attempts, reason="refused", next_attempt_at=NOW, done_at=NOW)  # type: ignore[misc]
    assert len(outbox.describe(row).split()) > 1
