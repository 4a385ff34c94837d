"""The database refuses what it can't trust, copies before it changes, and lets one worker in."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from mailbot import database as module
from mailbot.database import Database, backup, open_database, sole_worker, wal_is_safe
from mailbot.errors import DatabaseRefused
from mailbot.models import Base, Fact, Notice, Received, Returned
from tests.core.conftest import NOW, in_threads


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def opened(tmp_path: Path) -> object:
    database = open_database(url(tmp_path / "registry.db"))
    yield database
    database.close()


def put(database: Database, name: str, value: str = "x") -> None:
    with database.write() as session:
        session.merge(Fact(name=name, value=value, at=NOW))


def names(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(sa.select(Fact.name)))


def plain(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_migrations_make_exactly_the_models_tables(opened: Database) -> None:
    with opened.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [d for d in compare_metadata(context, Base.metadata) if "ix_participant_write_to" not in repr(d)]
        assert found == []  # an index over an expression can't be compared; its name can
        indexes = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE name = 'ix_participant_write_to'")
        assert "lower(write_to)" in str(indexes.scalar())


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    open_database(url(path)).close()
    plain(path, "UPDATE alembic_version SET version_num = '9999'")
    before = path.read_bytes()
    with pytest.raises(DatabaseRefused, match=r"newer mailbot.*9999.*nothing was changed"):
        open_database(url(path))
    assert path.read_bytes() == before


def test_somebody_elses_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    plain(path, "CREATE TABLE orders (id INTEGER)")
    with pytest.raises(DatabaseRefused, match=r"other tables .orders.*name another"):
        open_database(url(path))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert [r[0] for r in connection.execute("SELECT name FROM sqlite_master")] == ["orders"]


@pytest.mark.parametrize("content", [b"This is a letter, not a database.\n" * 100, os.urandom(8192)])
def test_a_file_that_is_no_database_is_refused_with_a_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "registry.db"
    path.write_bytes(content)
    with pytest.raises(DatabaseRefused, match="no SQLite file: name another"):
        open_database(url(path))
    assert path.read_bytes() == content


def test_a_damaged_file_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    open_database(url(path)).close()
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996  # the page of the schema, behind the file's head
    path.write_bytes(content)
    with pytest.raises(DatabaseRefused, match=r"damaged|malformed"):
        open_database(url(path))


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match=r"folder .*nowhere does not exist"):
        open_database(url(tmp_path / "nowhere" / "registry.db"))


def test_looking_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(DatabaseRefused, match=r"is not there yet.*mailbot run"):
        open_database(url(tmp_path / "registry.db"), migrate=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="needs to become somebody who may not write")
def test_who_may_not_write_can_look_and_is_told_why_not_more(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    open_database(url(path)).close()
    tmp_path.chmod(0o755)
    path.chmod(0o444)
    code = dedent(f"""
        import os
        from mailbot.database import open_database, sole_worker
        from mailbot.errors import DatabaseRefused
        from mailbot.models import Fact
        import sqlalchemy as sa
        open_database("{url(tmp_path / "other.db")}").close()  # who we become may not be able to import anything
        os.setgid(65534); os.setuid(65534)
        database = open_database("{url(path)}", migrate=False)
        with database.read() as session:
            print(session.scalar(sa.select(sa.func.count()).select_from(Fact)), "facts")
        try:
            with sole_worker(database):
                pass
        except DatabaseRefused as e:
            print(e)
        try:
            open_database("{url(tmp_path / "new.db")}")
        except DatabaseRefused as e:
            print(e)
    """)
    for folder in tmp_path.parents:  # pytest keeps its folders to itself; walking in is enough
        if folder != Path("/") and folder.stat().st_uid == os.getuid() and str(folder).startswith("/tmp/"):  # noqa: S108 -- asked, not made
            folder.chmod(folder.stat().st_mode | 0o011)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 -- our own
    looked, locked, made = done.stdout.splitlines()
    assert looked == "0 facts"
    assert locked.endswith("Permission denied; mend the permissions")
    assert "can't be opened: mend the permissions" in made


LATER = dedent('''
    """A step that a later version would take."""
    import sqlalchemy as sa
    from alembic import op
    revision = "9002"
    down_revision = "9001"
    branch_labels = depends_on = None
    def upgrade():
        op.add_column("fact", sa.Column("colour", sa.Text()))
        {fault}
''')


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Let mailbot know two more migrations, made here; the second one may fail."""
    home = tmp_path / "later"
    (home / "versions").mkdir(parents=True)
    shipped = Path(module.__file__).parent / "migrations"
    (home / "env.py").write_text((shipped / "env.py").read_text())
    for step in (shipped / "versions").glob("*.py"):
        (home / "versions" / step.name).write_text(step.read_text())

    config = AlembicConfig()
    config.set_main_option("script_location", str(home))
    head = ScriptDirectory.from_config(config).get_current_head()

    def prepare(fault: str = "") -> None:
        first = LATER.replace("9001", str(head)).replace("9002", "9001").replace("colour", "shape").format(fault="")
        (home / "versions" / "later_1.py").write_text(first)
        (home / "versions" / "later_2.py").write_text(LATER.format(fault=fault))

        class Elsewhere(AlembicConfig):
            def set_main_option(self, name: str, value: str) -> None:
                super().set_main_option(name, str(home) if name == "script_location" else value)

        monkeypatch.setattr(module, "AlembicConfig", Elsewhere)

    return prepare


def columns(path: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {row[1] for row in connection.execute("PRAGMA table_info(fact)")}


def test_an_older_database_is_copied_and_brought_up_to_date(tmp_path: Path, later: object) -> None:
    path = tmp_path / "registry.db"
    database = open_database(url(path))
    put(database, "kept")
    database.close()
    later()  # type: ignore[operator]
    database = open_database(url(path))
    assert names(database) == {"kept"}
    database.close()
    assert {"colour", "shape"} <= columns(path)
    (copy,) = tmp_path.glob("registry.db.after-*")
    assert not {"colour", "shape"} & columns(copy)
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM fact").fetchall() == [("kept",)]


def at_revision(path: Path, revision: str) -> None:
    """Make a database as the mailbot of that revision made it."""
    config = AlembicConfig()
    config.set_main_option("script_location", "mailbot:migrations")
    engine = sa.create_engine(url(path))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


def test_a_database_of_the_first_version_keeps_its_rows_and_gets_what_came_later(tmp_path: Path) -> None:
    path = tmp_path / "registry.db"
    at_revision(path, "0001")
    plain(
        path,
        "INSERT INTO received VALUES (1, 'box', 'INBOX', 1, 7, '2027-03-01', 3, 0, x'00', 'f', 'registration', '', '', "
        "'webinaire-2', NULL, '2027-03-01', '<m@x>', '<m@x>', 'awa@cnts.sn.example', '', '', NULL, '', '', '')",
    )
    database = open_database(url(path))
    with database.read() as session:
        row = session.scalars(sa.select(Received)).one()
        assert (row.sender, row.from_address, row.addresses, row.text_digest) == ("awa@cnts.sn.example", "", "", "")
        assert session.scalars(sa.select(Returned)).all() == session.scalars(sa.select(Notice)).all() == []
    database.close()


def test_looking_at_an_older_database_says_so_and_changes_nothing(tmp_path: Path, later: object) -> None:
    path = tmp_path / "registry.db"
    open_database(url(path)).close()
    later()  # type: ignore[operator]
    with pytest.raises(DatabaseRefused, match="mailbot needs 9002: start"):
        open_database(url(path), migrate=False)
    assert not {"colour", "shape"} & columns(path)


def test_a_migration_that_fails_half_way_leaves_everything_as_it_was(tmp_path: Path, later: object) -> None:
    path = tmp_path / "registry.db"
    database = open_database(url(path))
    put(database, "kept")
    database.close()
    later("raise RuntimeError('power cut')")  # type: ignore[operator]
    with pytest.raises(RuntimeError, match="power cut"):
        open_database(url(path))
    assert not {"colour", "shape"} & columns(path)
    later()  # type: ignore[operator]
    database = open_database(url(path))
    assert names(database) == {"kept"}
    database.close()
    assert {"colour", "shape"} <= columns(path)


def test_nothing_is_migrated_under_the_feet_of_a_worker(tmp_path: Path, later: object) -> None:
    path = tmp_path / "registry.db"
    old = open_database(url(path))
    with sole_worker(old):
        later()  # type: ignore[operator]
        with pytest.raises(DatabaseRefused, match="another mailbot"):
            open_database(url(path))
        assert not {"colour", "shape"} & columns(path)
    old.close()


def test_what_is_written_while_reading_is_thrown_away(opened: Database) -> None:
    with opened.read() as session:
        session.merge(Fact(name="ghost", value="", at=NOW))
        session.flush()
    assert names(opened) == set()


def test_rows_stay_usable_after_their_session(opened: Database) -> None:
    put(opened, "one")
    with opened.read() as session:
        row = session.scalars(sa.select(Fact)).one()
    assert (row.name, row.at) == ("one", NOW)
    with opened.write() as session:
        row = session.scalars(sa.select(Fact)).one()
    assert row.value == "x"


def test_an_exception_undoes_the_whole_transaction(opened: Database) -> None:
    with pytest.raises(ZeroDivisionError), opened.write() as session:  # noqa: PT012 -- the block is what is tested
        session.merge(Fact(name="half", value="", at=NOW))
        session.flush()
        raise ZeroDivisionError
    assert names(opened) == set()


def test_writers_wait_for_each_other_and_lose_nothing(opened: Database) -> None:
    put(opened, "counter", "0")

    def count_up(_number: int) -> None:
        for _ in range(25):
            with opened.write() as session:
                fact = session.get_one(Fact, "counter")
                fact.value = str(int(fact.value) + 1)

    assert in_threads(6, count_up) == []
    with opened.read() as session:
        assert session.get_one(Fact, "counter").value == "150"


def test_readers_beside_a_writer_see_whole_transactions_only(opened: Database) -> None:
    put(opened, "a", "0")
    put(opened, "b", "0")

    def work(number: int) -> None:
        for turn in range(40):
            if number == 0:
                with opened.write() as session:
                    session.get_one(Fact, "a").value = str(turn)
                    session.flush()
                    session.get_one(Fact, "b").value = str(turn)
            else:
                with opened.read() as session:
                    seen = {f.value for f in session.scalars(sa.select(Fact))}
                assert len(seen) == 1

    assert in_threads(3, work) == []


def test_the_pragmas_are_those_that_survive_a_power_cut(opened: Database) -> None:
    with opened.engine.connect() as connection:
        names = ("synchronous", "foreign_keys", "journal_mode")
        told = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in names}
    wanted = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "truncate"
    assert told == {"synchronous": 2, "foreign_keys": 1, "journal_mode": wanted}


@pytest.mark.parametrize(
    ("version", "safe"),
    [((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 6), False),
     ((3, 50, 7), True), ((3, 51, 0), False), ((3, 51, 2), False), ((3, 51, 3), True), ((4, 0, 0), True)],
)  # fmt: skip
def test_wal_is_used_only_where_it_loses_nothing(version: tuple[int, int, int], safe: bool) -> None:
    assert wal_is_safe(version) is safe


HOLD = """
import sys, time
from mailbot.database import open_database, sole_worker
with sole_worker(open_database(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path: Path) -> object:
    """Another process that works on the database."""
    process = subprocess.Popen(  # noqa: S603 -- our own
        [sys.executable, "-c", HOLD, url(tmp_path / "registry.db")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_only_one_worker_is_let_in_whatever_the_path(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    for path in (tmp_path / "registry.db", tmp_path / "link.db", tmp_path / "detour" / "registry.db"):
        if path.name == "link.db":
            path.symlink_to(tmp_path / "registry.db")
        if path.parent.name == "detour":
            path.parent.symlink_to(tmp_path)
        database = open_database(url(path))
        with pytest.raises(DatabaseRefused, match=f"process {holder.pid}"), sole_worker(database):
            pass
        database.close()


def test_the_right_to_work_ends_with_its_holder_even_by_kill(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    database = open_database(url(tmp_path / "registry.db"))
    with sole_worker(database):
        assert (tmp_path / "registry.db.lock").read_text() == str(os.getpid())
    with sole_worker(database):
        pass
    database.close()


def test_a_backup_is_whole_while_others_write(tmp_path: Path) -> None:
    folder = tmp_path / "50% #1 what? now"  # SQLAlchemy takes what follows a question mark for options, files may not
    folder.mkdir()
    path = folder / "registry.db"
    plain(path, "CREATE TABLE pair (a INTEGER, b INTEGER)", "INSERT INTO pair VALUES (0, 0)")

    def work(number: int) -> None:
        for turn in range(30):
            if number == 0:
                with contextlib.closing(sqlite3.connect(path, timeout=30)) as connection, connection:
                    connection.execute("UPDATE pair SET a = ?", (turn,))
                    connection.execute("UPDATE pair SET b = ?", (turn,))
            else:
                backup(path, folder / "copy.db")
                with contextlib.closing(sqlite3.connect(folder / "copy.db")) as copy:
                    a, b = copy.execute("SELECT a, b FROM pair").fetchone()
                assert a == b

    assert in_threads(2, work) == []
    assert not list(folder.glob("*.part"))


def test_a_moment_without_a_zone_is_refused_and_others_come_back_in_utc(opened: Database) -> None:
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        put_at(opened, NOW.replace(tzinfo=None))
    from zoneinfo import ZoneInfo

    put_at(opened, NOW.astimezone(ZoneInfo("Asia/Kolkata")))
    with opened.read() as session:
        at = session.scalars(sa.select(Fact.at)).one()
    assert (at, at.utcoffset()) == (NOW, NOW.utcoffset())


def put_at(database: Database, at: object) -> None:
    with database.write() as session:
        session.merge(Fact(name="moment", value="", at=at))
