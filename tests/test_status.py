"""`mailbot status`: whether all is well, in ten lines, beside a worker and without one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from mailbot import health, mailouts, status
from mailbot.models import Fact, Outbox, Received
from tests.core.conftest import GUIDE, NOW, Core, core, count_statements
from tests.crashes.conftest import service
from tests.crashes.service import PATIENCE, Service
from tests.servers.local import wait_for
from tests.test_cli import Desk, Mailbot, desk, mailbot, working

__all__ = ["core", "desk", "mailbot", "service", "working"]
GOLDEN = Path(__file__).parent / "status.golden.txt"
MINUTE = timedelta(minutes=1)
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def at(core: Core, monkeypatch: pytest.MonkeyPatch) -> Callable[..., status.Status]:
    """Look at a moment, on a disk and beside a process that are always the same."""

    def look(now: object = NOW, *, worker: str = "4711", free: int = 12_000_000_000) -> status.Status:
        monkeypatch.setattr(status, "who_works", lambda _: worker)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free))
        found = status.look(core.database, core.config, now)  # type: ignore[arg-type]
        assert len(status.text(found, core.config.events[0].zone).splitlines()) <= 10
        return found

    return look


def work(core: Core, now: object = NOW, whose: str = "run") -> None:
    """Note what a worker notes when all is well."""
    with core.database.write() as session:
        session.merge(Fact(name=health.TURN, value=whose, at=now))
        health.note_contact(session, health.mailbox(core.config.mailboxes[0].name), now)  # type: ignore[arg-type]


def test_the_page_is_what_people_were_shown(
    core: Core, at: Callable[..., status.Status], request: pytest.FixtureRequest
) -> None:
    pages = []

    def page(about: str, found: status.Status) -> None:
        text = status.text(found, core.config.events[0].zone)
        size = f"{status._size(found.database_size or 0)}"
        pages.append(f"# {about}\n{text.replace(size, 'SIZE')}")

    page("before anything was done", at(worker=""))
    for n in range(3):
        core.someone(n)
    work(core)
    page("a quiet day", at(NOW + MINUTE))
    mailouts.plan(core.database, core.config, GUIDE)
    core.deliverer().deliver(GUIDE)
    work(core, GUIDE)
    page("after the guide", at(GUIDE + MINUTE))
    mailbox = health.mailbox(core.config.mailboxes[0].name)
    with core.database.write() as session:
        health.note_trouble(session, mailbox, "the password is wrong", GUIDE + MINUTE)
        health.note_trouble(session, health.SMTP, "550 5.7.1 sender not allowed", GUIDE + MINUTE)
        health.note_pause(session, GUIDE + 20 * MINUTE, 3)
        session.get_one(Outbox, 1).state, session.get_one(Outbox, 2).state = "failed", "waiting"
    core.collected(at=GUIDE)
    page("everything at once", at(GUIDE + 15 * MINUTE, worker="", free=1_000_000))
    text = "\n".join(pages)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_a_worker_that_is_gone_or_hangs_is_not_well_and_cron_is(core: Core, at: Callable[..., status.Status]) -> None:
    work(core)
    assert at(NOW + MINUTE).well
    assert not at(NOW + MINUTE, worker="").well
    assert not at(NOW + 6 * MINUTE).well
    work(core, whose="once")
    assert at(NOW + 30 * MINUTE, worker="").well
    assert not at(NOW + 61 * MINUTE, worker="").well


def test_a_mailbox_that_nobody_read_for_long_is_not_well(core: Core, at: Callable[..., status.Status]) -> None:
    work(core)
    with core.database.write() as session:
        session.merge(Fact(name=health.TURN, value="run", at=NOW + 20 * MINUTE))
    assert [line.partition(":")[0] for line in at(NOW + 20 * MINUTE).trouble] == ["mailbox"]


def test_what_is_stuck_is_not_well(core: Core, at: Callable[..., status.Status]) -> None:
    core.someone(1)
    core.collected(at=NOW)
    work(core, NOW + 11 * MINUTE)
    mailouts.plan(core.database, core.config, GUIDE)
    assert [line.partition(":")[0] for line in at(NOW + 11 * MINUTE).trouble] == ["incoming"]
    with core.database.write() as session:
        session.get_one(Received, 1).disposition = "unrelated"
    work(core, GUIDE + 11 * MINUTE)
    assert [line.partition(":")[0] for line in at(GUIDE + 11 * MINUTE).trouble] == ["outgoing"]


def test_little_room_on_the_disk_is_not_well(core: Core, at: Callable[..., status.Status]) -> None:
    work(core)
    assert at(NOW, free=status.LOW).well
    assert [line.partition(":")[0] for line in at(NOW, free=status.LOW - 1).trouble] == ["disk"]


def test_trouble_is_over_once_the_server_is_reached_and_began_when_it_was_first_met(core: Core) -> None:
    ends = health.mailbox("box")
    for minute, reason in enumerate(("away", "away", "refused")):
        with core.database.write() as session:
            health.note_trouble(session, ends, reason, NOW + minute * MINUTE)
    with core.database.read() as session:
        assert health.reached(session, ends) == health.Reached(None, "refused", NOW)
    with core.database.write() as session:
        health.note_contact(session, ends, NOW + 3 * MINUTE)
    with core.database.read() as session:
        assert health.reached(session, ends) == health.Reached(NOW + 3 * MINUTE, "", None)


def test_a_sign_of_life_that_says_nothing_new_is_written_once_a_minute(core: Core) -> None:
    def beat(seconds: int) -> int:
        def write() -> None:
            with core.database.write() as session:
                health.note(session, health.TURN, "run", NOW + timedelta(seconds=seconds))

        return count_statements(core.database, write)

    assert beat(0) > beat(15) == beat(30) == beat(59)
    assert beat(60) > beat(61)


def test_it_looks_without_a_worker_and_says_so_by_its_code(mailbot: Mailbot, working: Desk) -> None:
    done = mailbot("status", "-c", working.config)
    assert (done.code, done.out.splitlines()[0].startswith("All is well")) == (0, True), done.out
    told = json.loads(mailbot("status", "-c", working.config, "--json").out)
    assert (told["well"], told["outgoing"], told["needs"]["held"]) == (True, {"sent": 6}, 0)
    working.receive("Bonjour,\n\nLe webinaire sera-t-il enregistré ?\n\nMerci,\nAwa Ndiaye\n")
    assert mailbot("once", "-c", working.config).code == 3
    done = mailbot("status", "-c", working.config)
    assert (done.code, "a person is needed" in done.out) == (3, True)
    (working.folder / "registry.db").write_bytes(b"a letter" * 1000)
    done = mailbot("status", "-c", working.config)
    assert (done.code, "no SQLite file" in done.err) == (1, True)


def test_without_a_database_it_is_not_well(mailbot: Mailbot, desk: Desk) -> None:
    done = mailbot("status", "-c", desk.config)
    assert (done.code, "is not there yet" in done.err) == (1, True)


def ask(service: Service) -> tuple[int, dict[str, object]]:
    command = [sys.executable, "-m", "mailbot", "status", "--json", "-c", str(service.folder / "config.toml")]
    done = subprocess.run(  # noqa: S603 -- our own
        command, capture_output=True, text=True, env=service.environment, cwd=service.folder, check=False, timeout=60
    )
    return done.returncode, json.loads(done.stdout)


def test_beside_a_real_worker_it_knows_its_process_and_after_a_kill_that_it_is_gone(service: Service) -> None:
    service.reply("Awa Ndiaye")
    service.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    wait_for(lambda: service.query("SELECT 1 FROM fact WHERE name = ?", health.TURN), "a turn to be noted", PATIENCE)
    code, told = ask(service)
    assert service.process is not None
    assert (code, told["worker"], told["trouble"]) == (0, str(service.process.pid), [])
    service.smtp.stop()
    service.reply("Binta Mendes")
    wait_for(lambda: service.query("SELECT 1 FROM fact WHERE name = 'smtp trouble'"), "the trouble", PATIENCE)
    code, told = ask(service)
    assert (code, "does not accept connections" in str(told["trouble"])) == (1, True)
    service.smtp.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert ask(service)[0] == 0
    service.signal(signal.SIGKILL)
    code, told = ask(service)
    assert (code, told["worker"], "none is at work" in str(told["trouble"])) == (1, "", True)
