"""The commands that set up: `init` makes a folder to edit, `check` says whether it will work."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy.engine import make_url

from mailbot import schedule, starter
from mailbot.cli import parts
from mailbot.cli.app import TROUBLE, WRONG, ConfigOption, JsonOption, app, configured, out
from mailbot.compose import Composer
from mailbot.config import Config, EventConfig, missing_secrets
from mailbot.database import open_database, sqlite_file
from mailbot.errors import MailbotError
from mailbot.worker import utc_now

ZONES = ("UTC", "Africa/Dakar", "America/Bogota", "Asia/Kolkata")
"""Zones in which `check` shows mail-outs beside the event's own: a slip in the zone shows at a glance."""


@app.command(rich_help_panel="Set up")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is not there yet, or empty.")],
) -> None:
    """Make a folder with a configuration and templates to edit."""
    written = starter.init(folder)
    out.print(f"{len(written)} files are in {folder}.", markup=False, soft_wrap=True)
    out.print(f"Next: edit {folder / 'config.toml'}, then `mailbot check -c {folder / 'config.toml'}`.",
              markup=False, soft_wrap=True)  # fmt: skip


@app.command(rich_help_panel="Set up")
def check(
    context: typer.Context,
    config: ConfigOption = None,
    online: Annotated[
        bool, typer.Option("--online", help="Also sign in to every server and say what is there.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Check configuration, templates and database; show when which mail goes out."""
    settings = configured(context, config)
    composer = Composer(settings.templates, settings)
    problems, notes = [str(p) for p in composer.check()], [str(n) for n in composer.notes()]
    missing = {str(p).partition("/")[2].partition("/")[0] for p in problems if "there is no such template" in p}
    unused = [p for p in _unused(composer) if p.partition("/")[0] not in missing]  # that folder's trouble is told
    secrets = [str(p) for p in missing_secrets(settings, utc_now())]
    database = _database(settings)
    servers = [_probe(name, wire) for name, wire in _wires(settings)] if online else []
    if as_json:
        moments = [_moment_json(e, m) for e in settings.events for m in schedule.moments(e)]
        out.print_json(
            data={
                "config": str(settings.path), "database": database, "secrets": secrets, "templates": problems,
                "notes": notes, "unused": unused, "schedule": moments, "servers": servers,
            }
        )  # fmt: skip
    else:
        _print(settings, secrets, database, problems, [*notes, *(f"{path} is not used by anything" for path in unused)],
               servers)  # fmt: skip
    if problems or secrets:
        raise typer.Exit(WRONG)
    if database["problem"] or any(s["problem"] for s in servers):
        raise typer.Exit(TROUBLE)


def _unused(composer: Composer) -> list[str]:
    return [str(path.relative_to(composer.templates)) for path in composer.unused()]


def _database(settings: Config) -> dict[str, str]:
    """Open the database if it is there; an SQLite file that isn't will be made by `run`."""
    shown = settings.database_shown
    file = sqlite_file(make_url(settings.database))
    # SQLite writes its journal beside the file, so the folder must be writable in any case.
    if file is not None and file.parent.is_dir() and not os.access(file.parent, os.W_OK | os.X_OK):
        why = f"its folder {file.parent} can't be written to; allow it, or name another folder"
        return {"url": shown, "problem": f"database {file}: {why}"}
    if file is not None and not file.exists() and file.parent.is_dir():
        return {"url": f"{shown} (not there yet; `mailbot run` makes it)", "problem": ""}
    try:
        open_database(settings.database, migrate=False).close()
    except MailbotError as e:
        return {"url": shown, "problem": str(e)}
    return {"url": shown, "problem": ""}


def _wires(settings: Config) -> list[tuple[str, Any]]:
    import threading

    wires: list[tuple[str, Any]] = [(m.name, parts.source_of(m)) for m in settings.mailboxes]
    return [*wires, ("smtp", parts.sinks_of(settings, threading.Event())[0])]


def _probe(name: str, wire: Any) -> dict[str, Any]:
    """Sign in to one server and say what it offers."""
    try:
        wire.open()
        return {"name": name, "problem": "", "found": wire.probe()}
    except MailbotError as e:
        return {"name": name, "problem": str(e), "found": {}}
    finally:
        wire.close()


def _moment_json(event: EventConfig, moment: schedule.Moment) -> dict[str, str]:
    return {"event": event.slug, "mail": moment.mailout.name, "to": moment.mailout.to,
            "due": moment.due_at.isoformat(), "expires": moment.expires_at.isoformat()}  # fmt: skip


def _print(  # noqa: PLR0917 -- what was found, in the order in which it is shown
    settings: Config, secrets: list[str], database: dict[str, str], problems: list[str], notes: list[str],
    servers: list[dict[str, Any]],
) -> None:  # fmt: skip
    def line(good: bool, text: str) -> None:
        out.print(f"[{'green' if good else 'red'}]{'ok' if good else 'no'}[/]  {escape(text)}", soft_wrap=True)

    line(True, f"configuration {settings.path}")
    for secret in secrets:
        line(good=False, text=secret)
    line(not database["problem"], database["problem"] or f"database {database['url']}")
    line(not problems, f"templates {settings.templates} in {', '.join(settings.languages)}")
    for problem in problems:
        out.print(f"      {problem}", markup=False, soft_wrap=True)
    for note in notes:
        out.print(f"      {note}", markup=False, soft_wrap=True)
    for server in servers:
        line(not server["problem"], f"{server['name']}: {server['problem'] or 'signed in'}")
        for name, value in server["found"].items():
            if name in ("capabilities", "folders"):  # long, and only a program wants them: --json has them
                continue
            out.print(f"      {name}: {_plain(value)}", markup=False, soft_wrap=True)
    for event in settings.events:
        out.print(_schedule(event))
        if event.ends <= utc_now():
            over = f"{event.slug} ended on {_wall(event.ends, event.timezone)} ({event.timezone})"
            out.print(f"{over}: nothing will be sent.", markup=False, soft_wrap=True)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | set | frozenset) else str(value)


def _schedule(event: EventConfig) -> Table:
    """Return when which mail goes out, in the event's zone and some others."""
    zones = list(dict.fromkeys((event.timezone, *ZONES)))
    table = Table("what", "to", *zones, title=escape(f"{event.slug}: {event.title_in('')}"), title_justify="left")
    for moment in schedule.moments(event):
        table.add_row(moment.mailout.name, moment.mailout.to, *(_wall(moment.due_at, z) for z in zones))
    table.add_section()
    table.add_row("start", "", *(_wall(event.starts, z) for z in zones))
    table.add_row("end", "", *(_wall(event.ends, z) for z in zones))
    return table


def _wall(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"
