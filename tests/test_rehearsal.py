"""What `make demo` promises, looked for in the database that it leaves behind; lived through once for all tests."""

from __future__ import annotations

import email
import email.policy
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from mailbot import rehearsal
from mailbot.database import Database, open_database
from mailbot.errors import MailbotError
from mailbot.models import Change, Outbox, Participant, Received

START = datetime(2018, 10, 23, 12, 0, tzinfo=UTC)
GUIDE, REMINDER = START - timedelta(days=7), START - timedelta(minutes=30)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo and what it showed."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    environment = {**os.environ, "PYTHONWARNINGS": "error", "COLUMNS": "160"}
    done = subprocess.run(  # noqa: S603 -- our own
        [sys.executable, "-m", "mailbot", "demo", str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


@pytest.fixture(scope="module")
def database(lived: tuple[Path, str]) -> Iterator[Database]:
    one = open_database(f"sqlite:///{lived[0] / 'registry.db'}", migrate=False)
    yield one
    one.close()


def rows(database: Database, table: Any, *conditions: sa.ColumnElement[bool]) -> list[Any]:
    with database.read() as session:
        return list(session.scalars(sa.select(table).where(*conditions).order_by(table.id)))


def test_at_least_forty_replies_come_in_and_all_are_read(database: Database) -> None:
    received = rows(database, Received)
    assert len(received) >= 40
    assert not [r for r in received if r.disposition == "new"]
    assert not [r for r in received if r.reason.startswith("unforeseen")]


def test_there_are_all_languages_and_every_kind_of_message(database: Database) -> None:
    received = rows(database, Received)
    assert {"fr", "en", "es", "pt"} <= {r.language for r in received}
    kinds = {"registration", "decline", "calendar_reply", "auto_reply", "bounce", "duplicate", "question"}
    assert kinds <= {r.disposition for r in received}


def test_a_correction_and_both_switches_of_mind_are_in_the_history(database: Database) -> None:
    turns = {(c.field, c.old, c.new) for c in rows(database, Change, Change.old.is_not(None))}
    assert ("mode", "in_person", "online") in turns
    assert ("status", "registered", "declined") in turns
    assert [t for t in turns if t[0] in ("phone", "title", "organisation", "name")]


def test_mail_that_came_back_made_somebody_unreachable(database: Database) -> None:
    assert rows(database, Participant, Participant.reachable == "unreachable")


def test_a_colleague_is_registered_by_somebody_else(database: Database) -> None:
    with database.read() as session:
        pairs = session.execute(
            sa.select(Participant.email, Received.sender).join(Received, Participant.received_id == Received.id)
            .where(Participant.status == "registered", Participant.email.is_not(None))
        ).all()  # fmt: skip
    assert [pair for pair in pairs if pair[0].lower() != pair[1].lower()]


def registered_online(database: Database, since: datetime, until: datetime) -> list[Participant]:
    return rows(database, Participant, Participant.registered_at > since, Participant.registered_at <= until,
                Participant.mode == "online", Participant.status == "registered")  # fmt: skip


def mails_of(database: Database, person: Participant) -> Counter[str]:
    return Counter(m.mail for m in rows(database, Outbox, Outbox.participant_id == person.id, Outbox.state == "sent"))


def test_late_registrants_get_the_guide_at_once_and_the_reminder_if_there_is_time(database: Database) -> None:
    week, last = registered_online(database, GUIDE, REMINDER), registered_online(database, REMINDER, START)
    assert week
    assert last
    for person in week:
        (guide,) = rows(database, Outbox, Outbox.participant_id == person.id, Outbox.mail == "guide")
        assert (guide.state, guide.done_at - person.registered_at < timedelta(minutes=1)) == ("sent", True)
        assert mails_of(database, person)["reminder"] == 1
    for person in last:
        found = mails_of(database, person)
        assert (found["guide"], found["reminder"]) == (1, 0)


def test_who_cancels_after_the_guide_is_not_reminded(database: Database) -> None:
    gone = [
        c.participant_id
        for c in rows(database, Change, Change.field == "status", Change.new == "declined", Change.at > GUIDE)
    ]
    had_it = [
        i
        for i in gone
        if rows(database, Outbox, Outbox.participant_id == i, Outbox.mail == "guide", Outbox.state == "sent")
    ]
    assert had_it
    for i in had_it:
        assert not rows(database, Outbox, Outbox.participant_id == i, Outbox.mail == "reminder", Outbox.state == "sent")


def test_every_mail_leaves_once_and_in_time(lived: tuple[Path, str], database: Database) -> None:
    sent = rows(database, Outbox, Outbox.state == "sent")
    once = Counter((m.participant_id, m.mail) for m in sent if m.mail in ("guide", "reminder"))
    assert set(once.values()) == {1}
    files = [email.message_from_bytes(p.read_bytes(), policy=email.policy.default)
             for p in (lived[0] / "sent").rglob("*") if p.is_file()]  # fmt: skip
    ids = Counter(str(mail["X-Mailbot-Id"]) for mail in files)
    assert set(ids.values()) == {1}
    taken = [m for m in rows(database, Outbox) if m.state == "sent" or (m.state == "failed" and m.response)]
    assert len(ids) == len(taken)
    for mail in sent:
        assert mail.done_at < (mail.expires_at or START)
        assert mail.mail == "acknowledgement" or mail.done_at >= mail.due_at
    assert {m.state for m in rows(database, Outbox)} <= {"sent", "failed", "withdrawn", "expired"}


def test_who_comes_online_to_the_end_got_guide_and_nobody_else_a_reminder(database: Database) -> None:
    for person in rows(database, Participant):
        found = mails_of(database, person)
        online = person.mode == "online" and person.status in ("registered", "tentative") and person.reachable == "yes"
        if online and person.write_to:
            assert found["guide"] == 1, person.identity
        if not online:
            assert found["reminder"] == 0, person.identity


def test_the_screen_tells_the_story_and_where_to_look(lived: tuple[Path, str]) -> None:
    folder, screen = lived
    for what in ("The registry", "Where to look", str(folder / "sent"), str(folder / "registry.db"), "report.html"):
        assert what in screen
    assert "Traceback" not in screen
    assert (folder / "report.html").read_text("utf-8").lower().startswith("<!doctype html>")


def test_nothing_is_written_beside_its_folder(lived: tuple[Path, str]) -> None:
    assert [p.name for p in lived[0].parent.iterdir()] == ["demo"]


def test_a_folder_with_other_things_a_file_or_a_link_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    (tmp_path / "file").write_text("x")
    earlier = tmp_path / "earlier"
    rehearsal.prepare(earlier)
    (tmp_path / "link").symlink_to(earlier)
    for name in ("letters", "file", "link"):
        with pytest.raises(MailbotError, match="is no rehearsal: name another folder"):
            rehearsal.prepare(tmp_path / name)
    assert (tmp_path / "letters" / "dear.txt").read_text() == "dear"
    assert (earlier / rehearsal.MARK).exists()


def test_an_earlier_rehearsal_and_an_empty_folder_are_made_anew(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "empty", "new/deep"):
        config = rehearsal.prepare(tmp_path / name)
        assert config.events[0].slug == "webinaire-2"
        (tmp_path / name / "old").write_text("x")
    rehearsal.prepare(tmp_path / "empty")
    assert not (tmp_path / "empty" / "old").exists()
