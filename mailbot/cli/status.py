"""`status`: whether all is well, in at most ten lines."""

from __future__ import annotations

from datetime import datetime

import typer

from mailbot import status as standing
from mailbot.cli.app import NEEDS_A_PERSON, TROUBLE, ConfigOption, JsonOption, app, configured, out
from mailbot.cli.look import look_at
from mailbot.worker import utc_now


@app.command(rich_help_panel="Look")
def status(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Say in ten lines whether all is well. Exit code 1: something is not; 3: only a person is needed."""
    settings = configured(context, config)
    database = look_at(settings)
    try:
        found = standing.look(database, settings, utc_now())
    finally:
        database.close()
    if as_json:
        out.print_json(data=standing.as_json(found), default=_iso)
    else:
        out.print(standing.text(found, settings.events[0].zone), markup=False, soft_wrap=True, end="")
    raise typer.Exit(TROUBLE if not found.well else NEEDS_A_PERSON if found.needs.any else 0)


def _iso(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)
