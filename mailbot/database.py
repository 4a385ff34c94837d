"""The database, opened: the right pragmas, the right version, one worker at a time.

`open_database(url)` brings the schema up to date (with a copy of an SQLite file first) and gives transactions;
`sole_worker(database)` makes sure that only one worker runs on it. Nothing here knows what the rows mean.

SQLite's journal: releases before 3.51.3 (3.50.7, 3.44.6 on their branches) can lose commits in WAL mode when two or
more connections are open at a checkpoint reset, so there the rollback journal is used; later ones use WAL.
"""

from __future__ import annotations

import fcntl
import glob
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import sqlalchemy as sa
from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from mailbot.errors import DatabaseRefused

BUSY_SECONDS = 30  # how long a writer waits for another one; a backup or a report may hold the file for seconds
LOCK_TRIES = 3  # a tenth of a second each
ADVISORY_LOCK = 0x6D61696C626F74  # "mailbot" in ASCII: the number under which PostgreSQL knows the one worker


class Database:
    """An open database: `read()` and `write()` give a session in a transaction of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(mailbot_begin="BEGIN")

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for a database server or one in memory."""
        return sqlite_file(self.engine.url)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that commits at the end, or rolls back on any exception; never hold it across a wire."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session for reading; what is changed in it is thrown away."""
        with Session(self._reading, expire_on_commit=False) as session:
            try:
                yield session
            finally:
                session.expunge_all()  # rows that were read stay usable; a rollback would expire them
                session.rollback()

    def examine(self) -> None:
        """Make sure that work can begin: the file is sound and may be written to; raises DatabaseRefused.

        A full disk is no reason not to begin: the work waits for room.
        """
        try:
            with self.engine.begin() as connection:
                if self.file is None:
                    return
                found = [row[0] for row in connection.exec_driver_sql("PRAGMA quick_check(3)")]
        except sa.exc.DatabaseError as e:
            if isinstance(e, sa.exc.OperationalError) and "readonly" not in str(e.orig) and not is_damaged(e):
                return
            raise DatabaseRefused(_explain(self.engine.url, e)) from e
        if found != ["ok"]:
            told = found[0].splitlines()[-1]
            raise DatabaseRefused(f"database {self.file}: the file is damaged ({told}): put back a copy made by "
                                  "`mailbot backup`, and keep the damaged one")  # fmt: skip

    def shred(self) -> str:
        """Write an SQLite file anew without what was deleted; return why that could not be done, "" where it was.

        Deleted content is overwritten at once (`secure_delete`); this also takes what pages kept in their gaps, and
        empties the journal. A server's own files are its own business: PostgreSQL's autovacuum comes to them by itself.
        """
        if self.file is None:
            return ""
        try:
            with closing(sqlite3.connect(self.file, timeout=BUSY_SECONDS)) as connection:
                _prepare_sqlite(connection, None)
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except sqlite3.Error as e:
            return str(e)
        return ""

    def copies(self) -> list[Path]:
        """Return the copies that lie beside an SQLite file: made before its schema changed, by `_copy_aside`."""
        return sorted(self.file.parent.glob(f"{glob.escape(self.file.name)}.after-*")) if self.file else []

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def sqlite_file(url: sa.URL) -> Path | None:
    """Return the file that an SQLite URL names, None for anything else."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database)


def wal_is_safe(version: tuple[int, int, int]) -> bool:
    """Return whether this SQLite release has the fix of the checkpoint-reset bug (see the module's head)."""
    return version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51, 0) or (3, 44, 6) <= version < (3, 45, 0)


def open_database(url: str, *, migrate: bool = True) -> Database:
    """Open the database at an SQLAlchemy URL and bring its schema up to date.

    Raises DatabaseRefused, with a sentence that says where and what to do, when it can't be opened, isn't a mailbot
    database, or was written by a newer mailbot. With `migrate=False` an older schema is refused too.
    """
    file = sqlite_file(make_url(url))
    if not migrate and file is not None and not file.exists():
        raise DatabaseRefused(f"database {file} is not there yet: start `mailbot run` or `mailbot once` to make it")
    engine = _engine(url)
    try:
        _check_version(engine, migrate)
    except (sa.exc.DatabaseError, sqlite3.Error, OSError) as e:
        engine.dispose()
        raise DatabaseRefused(_explain(engine.url, e)) from e
    except BaseException:
        engine.dispose()
        raise
    return Database(engine)


def _engine(url: str) -> sa.Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        try:
            return sa.create_engine(parsed, pool_pre_ping=True)
        except ModuleNotFoundError as e:
            raise DatabaseRefused(f"database {parsed}: {e}; install mailbot with its extra [postgresql]") from e
    file = sqlite_file(parsed)
    if file is not None and not file.parent.is_dir():
        raise DatabaseRefused(f"database {file}: its folder {file.parent} does not exist; make it, or name another")
    engine = sa.create_engine(parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver's own transactions begin too late
    journal = "WAL" if wal_is_safe(sqlite3.sqlite_version_info) else "TRUNCATE"
    for pragma in (
        f"busy_timeout = {BUSY_SECONDS * 1000}",
        f"journal_mode = {journal}",
        "synchronous = FULL",  # a commit that was reported survives a power cut
        "foreign_keys = ON",
        "secure_delete = ON",  # what was forgotten is overwritten, not only unlinked
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # BEGIN IMMEDIATE takes the write lock at once: a plain BEGIN that turns into a write fails with "locked".
    connection.exec_driver_sql(connection.get_execution_options().get("mailbot_begin", "BEGIN IMMEDIATE"))


def _check_version(engine: sa.Engine, migrate: bool) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", "mailbot:migrations")
    script = ScriptDirectory.from_config(config)
    head = script.get_current_head()
    with engine.connect() as connection:
        tables = set(sa.inspect(connection).get_table_names())
        current = MigrationContext.configure(connection).get_current_revision()
        connection.rollback()
    if current == head:
        return
    if current is None and tables:
        raise DatabaseRefused(f"database {_name(engine.url)} holds other tables ({', '.join(sorted(tables)[:3])}); "
                              "mailbot wants a database of its own: name another in config.toml")  # fmt: skip
    if current is not None and current not in {r.revision for r in script.walk_revisions()}:
        raise DatabaseRefused(f"database {_name(engine.url)} was written by a newer mailbot (schema {current}; this "
                              f"one knows up to {head}): install that version again; nothing was changed")  # fmt: skip
    if not migrate:
        raise DatabaseRefused(f"database {_name(engine.url)} has schema {current or 'none'}, mailbot needs {head}: "
                              "start `mailbot run` or `mailbot once` to bring it up to date")  # fmt: skip
    with sole_worker(Database(engine)):  # never under the feet of one that works with the older schema
        if current is not None:
            _copy_aside(engine.url, current)
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _copy_aside(url: sa.URL, revision: str) -> None:
    """Copy an SQLite file before its schema changes, as FILE.after-REVISION: as it was with that schema."""
    if (file := sqlite_file(url)) is not None:
        backup(file, file.with_name(f"{file.name}.after-{revision}"))


def backup(file: Path, to: Path) -> None:
    """Make a consistent copy of an SQLite file while others write to it; `to` appears whole and sound, or not at all.

    Only its owner may read it, since it holds what the original holds. Raises DatabaseRefused if the copy is not sound.
    """
    part = to.with_name(to.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        url = f"{file.absolute().as_uri()}?mode=ro"  # a name may hold what means something in a URL
        with (
            closing(sqlite3.connect(url, uri=True, timeout=BUSY_SECONDS)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
            if (found := target.execute("PRAGMA integrity_check(1)").fetchone()[0]) != "ok":
                raise DatabaseRefused(f"the copy of {file} is not sound ({found}): {to} was not written")
        with part.open("rb") as copy:
            os.fsync(copy.fileno())
        part.replace(to)
    except sqlite3.Error as e:
        raise DatabaseRefused(f"{file} can't be copied to {to}: {e}; nothing was written there") from e
    finally:
        part.unlink(missing_ok=True)


def _name(url: sa.URL) -> str:
    return str(sqlite_file(url) or url.render_as_string(hide_password=True))


def in_trouble(error: BaseException) -> bool:
    """Return whether an error speaks of the database itself (full, locked, away, damaged), not of what was asked."""
    return isinstance(error, sa.exc.OperationalError | sa.exc.InternalError) or type(error) is sa.exc.DatabaseError


def is_damaged(error: BaseException) -> bool:
    """Return whether an error says that the file is no sound database any more: going on could make it worse."""
    text = str(getattr(error, "orig", error))
    return in_trouble(error) and ("malformed" in text or "not a database" in text)


def explain(database: Database, error: Exception) -> str:
    """Return a sentence about trouble with a database: where, what, and what to do."""
    return _explain(database.engine.url, error)


def _explain(url: sa.URL, error: Exception) -> str:
    text = str(getattr(error, "orig", error)).strip()
    hints = {
        "file is not a database": "it is no SQLite file: name another in config.toml, or put the right file there",
        "malformed": "the file is damaged: put back a copy made by `mailbot backup`, and keep the damaged one",
        "readonly": "the file or its folder can't be written: mend the permissions",
        "unable to open": "the file can't be opened: mend the permissions of it and its folder",
        "disk is full": "make room: nothing was lost, and the work goes on by itself",
        "disk I/O error": "the disk is full, over quota or failing: look at it; what was reported as done is safe",
        "locked": "another program holds it: wait for that to end",
        "onnection": "is the server running, and is the address in config.toml right?",
    }
    hint = next((h for part, h in hints.items() if part in text), "see the message of the database above")
    return f"database {_name(url)}: {text}; {hint}"


def _lock(opened: TextIO) -> bool:
    """Take the lock of the one worker; whoever only asks for a worker holds it for a moment, which is waited for."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return True
    return False


def who_works(database: Database) -> str:
    """Return who is at work on a database: a process's number, "?" where nobody knows it, "" for nobody."""
    if database.file is not None:
        file = database.file.resolve()
        try:
            with file.with_name(file.name + ".lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(OSError):
                return file.with_name(file.name + ".lock").read_text("ascii", "replace").strip() or "?"
            return "?"
        except OSError:
            return ""  # no lock was ever set
        return ""
    if database.engine.dialect.name != "postgresql":
        return ""
    held = sa.text(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND classid = :high"
        " AND objid = :low AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with database.read() as session:
        found = session.scalar(held, {"high": ADVISORY_LOCK >> 32, "low": ADVISORY_LOCK & 0xFFFFFFFF})
    return f"{found} of the database server" if found else ""


@contextmanager
def sole_worker(database: Database) -> Iterator[None]:
    """Hold the right to be the one worker on this database; raises DatabaseRefused when another holds it.

    By flock beside an SQLite file (it ends with the process, so nothing stale is left), by an advisory lock on a
    connection of its own in PostgreSQL.
    """
    file = database.file
    if file is not None:
        file = file.resolve()  # by whatever path it is reached, it is one database
        try:
            opened = file.with_name(file.name + ".lock").open("a+")
        except OSError as e:
            raise DatabaseRefused(f"no lock can be set beside {file}: {e.strerror}; mend the permissions") from e
        with opened as lock:
            if not _lock(lock):
                lock.seek(0)
                raise DatabaseRefused(
                    f"another mailbot (process {lock.read().strip() or '?'}) works on {file}: stop it first"
                )
            with suppress(OSError):  # the number is for people; a full disk must not keep the worker from starting
                lock.truncate(0)
                lock.write(str(os.getpid()))
                lock.flush()
            yield
        return
    if database.engine.dialect.name != "postgresql":
        yield  # in memory: nobody else can see it
        return
    with database.engine.connect() as connection:
        held: Any = connection.scalar(sa.text("SELECT pg_try_advisory_lock(:n)"), {"n": ADVISORY_LOCK})
        connection.rollback()
        if not held:
            raise DatabaseRefused(f"another mailbot works on {_name(database.engine.url)}: stop it first")
        yield
