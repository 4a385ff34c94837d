"""`backup`: a consistent copy of the database while the worker runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mailbot.cli.app import ConfigOption, app, configured, out
from mailbot.cli.look import look_at
from mailbot.database import backup as copy_database
from mailbot.errors import MailbotError


@app.command(rich_help_panel="Work")
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write the copy.")],
    config: ConfigOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Copy the database, whole and checked, also while the worker runs. It holds personal data: keep it safe."""
    settings = configured(context, config)
    database = look_at(settings)
    source = database.file
    database.close()
    if source is None:
        raise MailbotError(f"{settings.database_shown} is a database server: `pg_dump` makes a copy of it")
    if file.is_dir():
        raise MailbotError(f"{file} is a folder: name a file in it")
    beside = {source.resolve(), *(source.resolve().with_name(source.name + end) for end in ENDINGS)}
    if file.resolve() in beside or (file.exists() and file.samefile(source)):
        raise MailbotError(f"{file} belongs to the database itself: name another file")
    if file.exists() and not force:
        raise MailbotError(f"{file} is there already: name another file, or say --force to replace it")
    if not file.absolute().parent.is_dir():
        raise MailbotError(f"there is no folder {file.absolute().parent}")
    copy_database(source, file)
    out.print(f"The copy is {file.absolute()} ({file.stat().st_size:,} bytes, checked).", markup=False, soft_wrap=True)


ENDINGS = (".lock", "-journal", "-wal", "-shm")
"""How the names of the files end that belong to an SQLite database."""
