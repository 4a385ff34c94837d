"""Personal data goes when it should: lived through with a clock that jumps. Each test is one promise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from mailbot.models import Change, Guest, Notice, Outbox, Received, Returned
from mailbot.privacy import forget, retention
from mailbot.status import look
from mailbot.worker import Turns
from tests.core.conftest import EVENT, NOW, START, Core
from tests.privacy.test_forget import AWA, bytes_of, mail, take, with_everything

END = datetime(2027, 3, 30, 15, 15, tzinfo=UTC)
RAW, REGISTRY = END + timedelta(days=90), END + timedelta(days=365)
SOON = timedelta(hours=1)


def turn(core: Core, at: datetime) -> None:
    """Do the worker's turn at a moment."""
    Turns(core.database, core.config, core.deliverer(), lambda: at).turn()


def test_messages_and_mails_lose_their_bytes_when_their_days_are_over_and_not_before(core: Core) -> None:
    with_everything(core)
    turn(core, RAW - SOON)
    assert all(row.raw for row in core.rows(Received))
    turn(core, RAW + SOON)
    assert not any(row.raw for row in core.rows(Received))
    assert not any(row.body for row in core.outbox())
    assert b"Titre : secr" not in bytes_of(core)


def test_the_registry_stays_behind_the_messages_and_its_history_says_what_went(core: Core) -> None:
    with_everything(core)
    turn(core, RAW + SOON)
    turn(core, RAW + timedelta(days=30))
    (person,) = core.people()
    assert person.email == AWA
    (told,) = core.rows(Change, Change.who == retention.WHO)
    assert (told.field, told.old, told.new, told.at) == (retention.RAW, "kept", "removed", RAW + SOON)


def test_nobody_is_left_in_any_byte_when_the_registrys_days_are_over_and_the_count_is(core: Core) -> None:
    with_everything(core)
    take(core, mail(2, sender="Komlan Mensah <k.mensah@cnts.sn.example>"))
    turn(core, REGISTRY - SOON)
    assert len(core.people()) == 2
    turn(core, REGISTRY + SOON)
    assert core.people() == core.rows(Guest) == core.rows(Change) == []
    with core.database.read() as session:
        assert forget.counted(session, EVENT) == 2
    left = bytes_of(core).lower()
    for word in (b"ndiaye", b"mensah", b"+221774501234", b"re: webinaire"):
        assert word not in left, word
    assert [r.uid for r in core.rows(Received)] == [1, 2]  # where they lay: they are not read again


def test_what_came_long_after_the_event_is_kept_until_somebody_could_look_at_it(core: Core) -> None:
    late = REGISTRY + timedelta(days=10)
    row = core.collected(mail(1), at=late)
    turn(core, late + SOON)
    (held,) = core.rows(Received, Received.id == row)
    assert (held.disposition, bool(held.raw)) == ("held", True)
    turn(core, late + timedelta(days=91))
    (held,) = core.rows(Received, Received.id == row)
    assert held.raw is None


def test_mail_of_no_event_goes_too(core: Core) -> None:
    row = core.collected(mail(1))
    with core.database.write() as session:
        session.execute(sa.update(Received).values(disposition="bounce", sender="x@y.example", event=None))
    turn(core, RAW - SOON)
    assert core.rows(Received, Received.id == row)[0].raw
    turn(core, RAW + SOON)
    assert core.rows(Received, Received.id == row)[0].raw is None
    turn(core, REGISTRY + SOON)
    assert core.rows(Received, Received.id == row)[0].sender == ""


def test_an_event_that_the_configuration_no_longer_has_is_no_reason_to_keep_its_people(core: Core) -> None:
    with_everything(core)
    turn(core, NOW)
    text = (core.folder / "config.toml").read_text("utf-8")
    core.configure(start="2029-01-01T10:00:00", end="2029-01-01T11:00:00")
    text = (core.folder / "config.toml").read_text("utf-8").replace("webinaire-2", "another")
    (core.folder / "config.toml").write_text(text, "utf-8")
    from mailbot.config import load

    core.config = load(core.folder / "config.toml")
    turn(core, REGISTRY + timedelta(days=2))
    assert core.people() == []


def test_a_dead_address_is_forgotten_and_a_complaint_is_not(core: Core) -> None:
    with core.database.write() as session:
        session.add(Returned(address="dead@x.example", how="hard", at=NOW))
        session.add(Returned(address="angry@x.example", how="complaint", at=NOW))
    turn(core, NOW + timedelta(days=366))
    assert [r.address for r in core.rows(Returned)] == ["angry@x.example"]


def test_waiting_mail_and_open_notices_are_left_alone(core: Core) -> None:
    with_everything(core)
    with core.database.write() as session:
        session.execute(sa.update(Outbox).where(Outbox.mail == "digest").values(state="in_doubt", in_doubt_at=RAW))
    retention.purge(core.database, core.config, RAW + SOON)
    assert core.outbox("digest")[0].body
    assert core.rows(Notice, Notice.kind == "mailbox_down")


def test_status_says_what_goes_next(core: Core) -> None:
    def said(at: datetime) -> str:
        return next(line.told for line in look(core.database, core.config, at).lines if line.about == "retention")

    assert said(START) == f"the messages of {EVENT} go on 2027-06-28"
    assert said(RAW + SOON) == f"the registry of {EVENT} goes on 2028-03-29"
    assert "everything has had its time" in said(REGISTRY + SOON)
