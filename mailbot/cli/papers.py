"""`report`: the registry on paper and in files: the page, a workbook, CSV, JSON, a sheet to sign, a list for WebEx.

It only reads. A file appears whole or not at all, under the name that was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from mailbot import report
from mailbot.cli.app import ConfigOption, EventOption, JsonOption, app, configured, events_of, out
from mailbot.cli.app import err as stderr
from mailbot.cli.look import in_utf8, language_of, look_at
from mailbot.config import Config, EventConfig
from mailbot.database import Database
from mailbot.errors import MailbotError
from mailbot.report import sign_in, tables, webex, workbook
from mailbot.worker import utc_now

PAGE = Path("report.html")
"""Where the page goes unless a name is given, or something else is asked for."""

Made = Callable[[Session, Path], str]
"""Writes a file, and returns what to say of it beside its name."""


@app.command("report", rich_help_panel="Look")
def write_report(  # noqa: PLR0917 -- typer makes options of them
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Where to write the page (report.html, unless other files are asked for).")
    ] = None,
    config: ConfigOption = None,
    language: Annotated[str, typer.Option("--lang", help="Its language (default: the first configured).")] = "",
    event: EventOption = "",
    xlsx: Annotated[
        Path | None, typer.Option("--xlsx", metavar="FILE", help="Write a workbook for Excel and its kin.")
    ] = None,
    signing: Annotated[
        Path | None, typer.Option("--sign-in", metavar="FILE", help="Write a sheet to sign in person, for printing.")
    ] = None,
    importing: Annotated[
        Path | None, typer.Option("--webex", metavar="FILE", help="Write who takes part online as CSV for WebEx.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV (RFC 4180).")] = False,
    bom: Annotated[bool, typer.Option("--bom", help="Begin the CSV with the mark by which Excel sees UTF-8.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the registry as one self-contained page, or as files: who comes, what is missing, what needs a person."""
    _check_printed(as_csv=as_csv, as_json=as_json, bom=bom)
    settings = configured(context, config)
    slugs = events_of(settings, event)
    desk = Desk(settings, utc_now(), language_of(settings, language), tuple(slugs) if event else ())
    if file is None and not (xlsx or signing or importing or as_csv or as_json):
        file = PAGE
    database = look_at(settings)
    for path, make in ((file, desk.page), (xlsx, desk.workbook), (signing, desk.sign_in), (importing, desk.webex)):
        if path is not None:
            told = written_whole(database, path, make)
            (stderr if as_csv or as_json else out).print(f"{told} {path.absolute()}", markup=False, soft_wrap=True)
    if as_csv or as_json:
        with database.read() as session, in_utf8() as stream:
            if as_csv:
                tables.write_csv(session, desk.events, stream, bom=bom)
            else:
                tables.write_json(session, desk.events, stream)


def _check_printed(*, as_csv: bool, as_json: bool, bom: bool) -> None:
    """Refuse options that contradict each other."""
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json: both are printed", param_hint="--csv")
    if bom and not as_csv:
        raise typer.BadParameter("it belongs to --csv", param_hint="--bom")


@dataclass(frozen=True, slots=True)
class Desk:
    """What all papers of one call have in common; each method writes one and says what it is, before its name.

    `only` are the slugs of the events that were asked for, none for all.
    """

    settings: Config
    now: datetime
    language: str
    only: tuple[str, ...] = ()

    @property
    def events(self) -> list[EventConfig]:
        """The events that the papers are about."""
        return [e for e in self.settings.events if not self.only or e.slug in self.only]

    def page(self, session: Session, path: Path) -> str:
        """Write the report."""
        with path.open("w", encoding="utf-8") as target:
            for piece in report.pieces(session, self.settings, self.now, self.language, self.only):
                target.write(piece)
        return "The report is in"

    def workbook(self, session: Session, path: Path) -> str:
        """Write the workbook."""
        count = workbook.write(session, self.settings, path, self.language, self.only)
        return f"The workbook ({count} participant{'s' * (count != 1)}) is in"

    def sign_in(self, session: Session, path: Path) -> str:
        """Write the sheet to sign."""
        path.write_text(sign_in.page(session, self.settings, self.now, self.language, self.only), "utf-8")
        return "The sheet to sign is in"

    def webex(self, session: Session, path: Path) -> str:
        """Write who takes part online, for WebEx."""
        filled = webex.write(session, self.events, path, self.settings.templates)
        left = f"; {filled.left_out} more have no address of their own" if filled.left_out else ""
        return f"The list for WebEx ({filled.written} take part online{left}) is in"


def save_report(database: Database, settings: Config, file: Path, now: datetime, language: str) -> None:
    """Write the report page; the file appears whole or not at all."""
    written_whole(database, file, Desk(settings, now, language).page)


def written_whole(database: Database, file: Path, make: Made) -> str:
    """Have a file written under another name, which becomes its own once it is whole; return what is said of it."""
    part = file.with_name(file.name + ".part")
    try:
        with database.read() as session:
            told = make(session, part)
        part.replace(file)
    except OSError as e:
        raise OSError(e.errno, e.strerror, str(file)) from e  # under the name that was asked for
    except ValueError as e:
        raise MailbotError(str(e)) from e
    finally:
        part.unlink(missing_ok=True)
    return told
