"""`mailbot backup`: a copy that is whole, checked, its owner's alone, and a way back."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mailbot import database as module
from mailbot.database import backup
from mailbot.errors import DatabaseRefused
from tests.crashes.conftest import service
from tests.crashes.service import PATIENCE, Service
from tests.servers.local import wait_for
from tests.test_cli import Desk, Mailbot, desk, mailbot, working

__all__ = ["desk", "mailbot", "service", "working"]


def people(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM participant ORDER BY id")]


def test_the_copy_is_whole_and_its_owners_alone(mailbot: Mailbot, working: Desk, tmp_path: Path) -> None:
    copy = tmp_path / "a copy.db"
    done = mailbot("backup", copy, "-c", working.config)
    assert (done.code, str(copy) in done.out, "checked" in done.out) == (0, True, True)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert people(copy) == people(working.folder / "registry.db") != []
    assert list(tmp_path.glob("*.part*")) == []


def test_nothing_is_overwritten_unasked_and_the_database_itself_never(
    mailbot: Mailbot, working: Desk, tmp_path: Path
) -> None:
    copy, own = tmp_path / "copy.db", working.folder / "registry.db"
    copy.write_text("precious")
    done = mailbot("backup", copy, "-c", working.config)
    assert (done.code, "is there already" in done.err, copy.read_text()) == (1, True, "precious")
    (tmp_path / "link.db").symlink_to(own)
    for target in (own, tmp_path / "link.db", f"{own}.lock", f"{own}-journal", f"{own}-wal"):
        done = mailbot("backup", target, "--force", "-c", working.config)
        assert (done.code, "belongs to the database itself" in done.err) == (1, True), target
    assert mailbot("backup", copy, "--force", "-c", working.config).code == 0
    assert len(people(copy)) == 3
    assert "is a folder" in mailbot("backup", tmp_path, "-c", working.config).err
    assert "there is no folder" in mailbot("backup", tmp_path / "x" / "y.db", "-c", working.config).err


def test_a_copy_that_is_not_sound_is_not_left_behind(tmp_path: Path) -> None:
    source = tmp_path / "registry.db"
    module.open_database(f"sqlite:///{source}").close()
    content = bytearray(source.read_bytes())
    content[2 * 4096 : 3 * 4096] = b"\xff" * 4096
    source.write_bytes(content)
    with pytest.raises(DatabaseRefused):
        backup(source, tmp_path / "copy.db")
    assert list(tmp_path.glob("copy*")) == []


def test_a_database_server_has_its_own_tool(mailbot: Mailbot, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Server:
        file = None

        def close(self) -> None: ...

    monkeypatch.setattr("mailbot.cli.keep.look_at", lambda _: Server())
    done = mailbot("backup", "copy.db", "-c", desk.config)
    assert (done.code, "pg_dump" in done.err) == (1, True)


def test_a_copy_made_beside_a_worker_is_the_way_back(service: Service, tmp_path: Path) -> None:
    service.reply("Awa Ndiaye")
    service.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    copy = tmp_path / "copy.db"
    command = [sys.executable, "-m", "mailbot", "backup", str(copy), "-c", str(service.folder / "config.toml")]
    done = subprocess.run(command, capture_output=True, text=True, env=service.environment, check=False, timeout=60)  # noqa: S603 -- our own
    assert done.returncode == 0, done.stderr
    service.reply("Binta Mendes")
    wait_for(service.quiet, "the second reply to be answered", PATIENCE)
    assert service.signal(signal.SIGKILL) == -signal.SIGKILL

    # The way back, as README tells it.
    own = service.folder / "registry.db"
    for file in service.folder.glob("registry.db*"):
        file.unlink()
    shutil.copy(copy, own)
    service.start()
    wait_for(lambda: len(people(own)) == 2, "the second reply to be collected again", PATIENCE)
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    assert people(own) == ["Awa Ndiaye", "Binta Mendes"]
