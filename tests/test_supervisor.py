"""What a supervisor hears over a real datagram socket, and the unit that asks for it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mailbot import rehearsal, supervisor
from mailbot.cli import parts
from mailbot.database import open_database
from mailbot.errors import MailbotError
from mailbot.supervisor import Supervisor
from mailbot.worker import WATCHDOG, Worker
from tests.crashes.conftest import service
from tests.crashes.service import PATIENCE, Service
from tests.servers.local import wait_for

__all__ = ["service"]
UNIT = Path(__file__).parents[1] / "contrib" / "mailbot.service"


class Ear:
    """A supervisor's socket, and what it heard."""

    def __init__(self, address: str | bytes) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.socket.setblocking(False)
        self._heard: list[str] = []

    def heard(self) -> list[str]:
        while True:
            try:
                self._heard += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self._heard


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[tuple[Ear, str]]:
    address = str(tmp_path / "notify")
    one = Ear(address)
    yield one, address
    one.socket.close()


def test_each_thing_is_told_in_a_datagram(ear: tuple[Ear, str]) -> None:
    one, address = ear
    told = Supervisor(address)
    told.alive()
    told.ready()
    told.ready()
    told.alive(now=True)
    told.status("at work;\nnext mail\tdue " + "x" * 500)
    told.status("at work;\nnext mail\tdue " + "x" * 500)
    told.stopping()
    assert one.heard() == [
        "WATCHDOG=1", "EXTEND_TIMEOUT_USEC=300000000", "READY=1", "WATCHDOG=1",
        "STATUS=" + ("at work; next mail due " + "x" * 500)[:supervisor.MAX_STATUS], "STOPPING=1",
    ]  # fmt: skip


def test_signs_of_life_come_at_most_once_a_second_unless_a_turn_ended(ear: tuple[Ear, str]) -> None:
    one, address = ear
    told = Supervisor(address)
    for _ in range(100):
        told.alive()
    assert one.heard().count("WATCHDOG=1") == 1
    told.alive(now=True)
    assert one.heard().count("WATCHDOG=1") == 2


def test_a_socket_without_a_file_is_reached_too() -> None:
    name = f"mailbot-test-{threading.get_ident()}"
    with closing(Ear(f"\0{name}").socket) as listening:
        Supervisor(f"@{name}").stopping()
        assert listening.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("where", ["", "nowhere", "deaf"])
def test_a_supervisor_that_does_not_listen_costs_nothing(where: str, tmp_path: Path) -> None:
    address = str(tmp_path / where) if where else ""
    if where == "deaf":
        (tmp_path / where).write_text("no socket")
    told = Supervisor(address)
    told.ready()
    told.alive(now=True)
    told.stopping()


def test_a_full_socket_does_not_hold_up_the_work(ear: tuple[Ear, str]) -> None:
    one, address = ear
    told = Supervisor(address)
    for _ in range(5000):
        told.alive(now=True)
    assert one.heard()


@pytest.fixture
def worker(tmp_path: Path, ear: tuple[Ear, str]) -> Iterator[Worker]:
    config = rehearsal.prepare(tmp_path / "rehearsal")
    database = open_database(config.database)
    turns = parts.turns_of(config, database, threading.Event())
    yield Worker(turns, [], tick=0.05, watchdog=0.8, supervisor=Supervisor(ear[1]))
    turns.close()
    database.close()


def run_until(worker: Worker, condition: Callable[[], object]) -> None:
    ender = threading.Thread(target=lambda: (wait_for(condition, "the worker"), worker.stop()), daemon=True)
    ender.start()
    worker.run()
    ender.join(10)


def test_ready_is_said_after_the_first_completed_turn_only(worker: Worker, ear: tuple[Ear, str]) -> None:
    one, _ = ear
    turn, failures = worker.turns.turn, [1, 2, 3]

    def failing(stop: Callable[[], bool]) -> int:
        if failures:
            assert "READY=1" not in one.heard()
            failures.pop()
            raise ZeroDivisionError
        return turn(stop)

    worker.turns.turn = failing  # type: ignore[method-assign]
    run_until(worker, lambda: one.heard().count("WATCHDOG=1") > 4)
    heard = one.heard()
    assert (failures, heard.count("READY=1"), heard[-1]) == ([], 1, "STOPPING=1")
    assert [line for line in heard if line.startswith("STATUS=")][:1] == ["STATUS=at work; no mail waits"]


def test_of_turns_that_do_not_complete_there_is_no_sign_of_life(worker: Worker, ear: tuple[Ear, str]) -> None:
    def failing(_stop: Callable[[], bool]) -> int:
        raise ZeroDivisionError

    worker.turns.turn = failing  # type: ignore[method-assign]
    with pytest.raises(MailbotError, match="no turn was completed"):
        worker.run()
    heard = ear[0].heard()
    assert (heard.count("READY=1"), heard.count("WATCHDOG=1"), heard[-1]) == (0, 1, "STOPPING=1")


def test_a_real_process_tells_its_supervisor(service: Service, ear: tuple[Ear, str]) -> None:
    one, address = ear
    service.reply("Awa Ndiaye")
    service.start(NOTIFY_SOCKET=address)
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    wait_for(lambda: "READY=1" in one.heard(), "to hear that it is ready", PATIENCE)
    service.smtp.stop()
    service.reply("Binta Mendes")
    wait_for(lambda: any("no mail can leave" in line for line in one.heard()), "to hear of the trouble", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    heard = one.heard()
    assert heard.index("READY=1") < heard.index("STOPPING=1")
    assert heard.count("WATCHDOG=1") > 1


def settings() -> dict[str, str]:
    lines = [line for line in UNIT.read_text("utf-8").splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_the_unit_waits_longer_than_the_worker_waits_for_itself() -> None:
    unit = settings()
    assert (unit["Type"], unit["Restart"], unit["NoNewPrivileges"], unit["ProtectSystem"]) == (
        "notify", "always", "yes", "strict",
    )  # fmt: skip
    assert int(unit["WatchdogSec"].removesuffix("min")) * 60 > WATCHDOG


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / "mailbot.service"
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/mailbot/bin/mailbot", shutil.which("true") or "/bin/true"))
    done = subprocess.run([program, "verify", "--man=no", unit], capture_output=True, text=True, check=False)  # noqa: S603 -- our own
    assert [line for line in done.stderr.splitlines() if "mailbot.service" in line] == []
