"""`mailbot run` as a process: it starts, works, waits, survives its servers, and ends when it is told to."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mailbot.errors import MailbotError, TryLater
from mailbot.worker import Box, Turns, Worker
from tests.crashes.conftest import service
from tests.crashes.service import PATIENCE, Service
from tests.servers.dovecot import Dovecot
from tests.servers.local import wait_for
from tests.servers.proxy import FaultProxy
from tests.servers.smtp import SmtpServer

__all__ = ["service"]
AWA = ("acknowledgement", "awa.ndiaye@union.example")


def wait_until_it_waits(service: Service) -> None:
    wait_for(lambda: "worker_started" in service.log(), "the worker to start", PATIENCE)


def test_it_starts_is_woken_by_a_reply_acknowledges_and_ends_on_sigterm(service: Service) -> None:
    service.start(impatient=False)  # with its real waits: only IDLE can bring the reply in before the test gives up
    wait_until_it_waits(service)
    service.reply("Awa Ndiaye", to=(0, 1))
    wait_for(lambda: service.mails()[AWA], "the acknowledgement", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    assert "worker_stopped" in service.log()
    assert "unfinished" not in service.log()
    assert service.query("SELECT count(*) FROM participant") == [(1,)]
    assert service.query("SELECT count(*) FROM outbox WHERE state IN ('claimed', 'in_doubt')") == [(0,)]


def test_ctrl_c_ends_it_as_well(service: Service) -> None:
    service.start()
    wait_until_it_waits(service)
    assert service.signal(signal.SIGINT) == 0


def test_a_second_one_on_the_same_database_is_refused_with_a_sentence(service: Service) -> None:
    service.start()
    wait_until_it_waits(service)
    first, service.process = service.process, None
    service.start()
    assert service.ended() == 1
    once = service.once()
    assert (once.returncode, once.stdout) == (1, "")
    assert once.stderr.startswith(f"mailbot: another mailbot (process {first.pid}) works on ")  # type: ignore[union-attr]
    assert "Traceback" not in service.log() + once.stderr
    service.process = first
    assert service.signal(signal.SIGTERM) == 0


def test_the_log_has_a_line_an_event_and_nothing_personal_beyond_an_address(service: Service) -> None:
    service.reply("Awa Ndiaye")
    service.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    log = service.log()
    for event in ("worker_started", "message_received", "message_read", "mail_planned", "mail_sent", "worker_stopped"):
        assert f" INFO {event}" in log
    for personal in ("Awa Ndiaye", "Ndiaye", "77 450", "77450", "secrétaire", "Confédération", "correct-horse"):
        assert personal not in log


def test_servers_that_are_away_at_the_start_are_waited_for(service: Service) -> None:
    service.reply("Awa Ndiaye")
    service.smtp.stop()
    service.start()
    wait_for(lambda: service.query("SELECT 1 FROM outbox WHERE reason LIKE 'no connection%'"), "an attempt", PATIENCE)
    service.smtp.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    assert set(service.mails().values()) == {1}


def test_a_mailbox_whose_server_vanishes_and_comes_back_is_read_on(
    tmp_path: Path, own_dovecot: Dovecot, smtp_server: SmtpServer
) -> None:
    one = Service(tmp_path, own_dovecot, smtp_server, (own_dovecot.new_user(), own_dovecot.new_user()), evidence="none")
    one.configure()
    try:
        one.start()
        wait_until_it_waits(one)
        own_dovecot.kill()
        wait_for(lambda: "mailbox_unreachable" in one.log(), "the loss to be noticed", PATIENCE)
        own_dovecot.start()
        one.reply("Awa Ndiaye", to=(1,))
        wait_for(one.quiet, "everything to be sent", PATIENCE)
        assert one.signal(signal.SIGTERM) == 0
    finally:
        one.close()


@pytest.fixture
def frozen(service: Service, make_proxy: Callable[[int], FaultProxy]) -> Iterator[tuple[Service, FaultProxy]]:
    """A service whose receiver can fall silent with its connections open."""
    proxy = make_proxy(service.smtp.port)
    service.smtp_port = proxy.port
    yield service, proxy
    proxy.thaw()


def test_a_frozen_mail_server_does_not_keep_it_from_ending(frozen: tuple[Service, FaultProxy]) -> None:
    service, proxy = frozen
    service.configure()
    text = (service.folder / "config.toml").read_text().replace("timeout = 5\n", "timeout = 120\n")
    (service.folder / "config.toml").write_text(text)
    proxy.freeze()
    service.start()
    wait_until_it_waits(service)
    service.reply("Awa Ndiaye")
    wait_for(lambda: service.query("SELECT 1 FROM outbox WHERE state = 'claimed'"), "a mail to be claimed", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    proxy.thaw()
    service.start()
    wait_for(service.quiet, "everything to be sent after all", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    assert set(service.mails().values()) == {1}


def test_a_frozen_mailbox_neither_delays_due_mail_nor_the_end(
    service: Service, make_proxy: Callable[[int], FaultProxy]
) -> None:
    proxy = make_proxy(service.dovecot.imap)
    service.imap_port, service.evidence = proxy.port, "none"
    service.configure()
    text = (service.folder / "config.toml").read_text().replace("timeout = 5\n", "timeout = 120\n")
    (service.folder / "config.toml").write_text(text)
    service.smtp.stop()
    service.reply("Awa Ndiaye")
    service.start()
    wait_for(lambda: service.query("SELECT 1 FROM outbox WHERE reason LIKE 'no connection%'"), "an attempt", PATIENCE)
    proxy.freeze()
    service.smtp.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    proxy.thaw()


def test_the_watchdog_ends_a_process_in_which_no_turn_completes(service: Service) -> None:
    service.start(MAILBOT_HANG="1", MAILBOT_WATCHDOG="1")
    assert service.ended() == 1
    assert "worker_failed" in service.log()
    assert "no turn was completed for" in service.log()


# ---------------------------------------------------------------- without a process


class Quiet:
    """A mailbox in which nothing ever happens, and work that is counted."""

    def __init__(self) -> None:
        self.turns = 0
        self.hurdle: Callable[[], None] = lambda: None
        self.closed = False

    def open(self) -> int:
        return 1

    def fetch_new(self, known: object, chunk: int = 100) -> Iterator[Any]:
        self.hurdle()
        return iter(())

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        return stop.wait(0.02)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[tuple[Worker, Quiet, Turns]]:
    from mailbot import rehearsal
    from mailbot.cli import parts
    from mailbot.database import open_database

    config = rehearsal.prepare(tmp_path / "rehearsal")
    database = open_database(config.database)
    turns = parts.turns_of(config, database, threading.Event())
    source = Quiet()
    yield Worker(turns, [Box(source, "box", "INBOX", 1.0)], tick=0.05, watchdog=0.8), source, turns  # type: ignore[arg-type]
    turns.close()
    database.close()


def run_for(worker: Worker, condition: Callable[[], object]) -> bool:
    """Run a worker until a condition holds, then end it; returns what `run` did."""
    ender = threading.Thread(target=lambda: (wait_for(condition, "the worker"), worker.stop()), daemon=True)
    ender.start()
    done = worker.run()
    ender.join(10)
    return done


def test_a_turn_that_fails_is_followed_by_the_next(worker: tuple[Worker, Quiet, Turns]) -> None:
    one, source, turns = worker
    calls: list[int] = []

    def turn(stop: object = None) -> int:
        calls.append(1)
        if len(calls) < 3:
            raise ZeroDivisionError
        return 0

    turns.turn = turn  # type: ignore[method-assign, assignment]
    assert run_for(one, lambda: len(calls) > 4)
    assert source.closed


def test_the_watchdog_counts_only_turns_that_complete(worker: tuple[Worker, Quiet, Turns]) -> None:
    one, _, turns = worker

    def turn(stop: object = None) -> int:
        raise ZeroDivisionError

    turns.turn = turn  # type: ignore[method-assign, assignment]
    with pytest.raises(MailbotError, match="no turn was completed for 0 seconds"):
        one.run()


def test_a_long_turn_that_gets_on_is_no_matter_for_the_watchdog(worker: tuple[Worker, Quiet, Turns]) -> None:
    one, _, turns = worker
    slices: list[int] = []

    def some() -> int:
        time.sleep(0.1)
        slices.append(1)
        return 1

    turns._some = some  # type: ignore[method-assign]
    assert run_for(one, lambda: len(slices) > 14)  # longer than the watchdog's patience


def test_a_mailbox_that_fails_in_any_way_is_tried_again(
    worker: tuple[Worker, Quiet, Turns], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailbot import worker as module

    monkeypatch.setattr(module, "RECONNECT", (0.01,))
    one, source, turns = worker
    faults: list[Exception] = [TryLater("away"), ZeroDivisionError("ours"), TryLater("away again")]
    looks: list[int] = []

    def hurdle() -> None:
        looks.append(1)
        if faults:
            raise faults.pop(0)

    source.hurdle = hurdle
    assert run_for(one, lambda: len(looks) > 5)
    with turns.database.read() as session:
        from mailbot.models import Fact

        assert session.get_one(Fact, "contact box").value == "ok"
        assert session.get_one(Fact, "trouble box").value == "away again"
