"""The commands for people's own data: `forget` erases it, `export` hands it over."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mailbot import log
from mailbot.cli.app import WRONG, ConfigOption, JsonOption, app, configured, err, out
from mailbot.cli.look import in_utf8, look_at
from mailbot.config import Config
from mailbot.database import Database, who_works
from mailbot.errors import MailbotError
from mailbot.privacy import belongings, export, forget
from mailbot.privacy.belongings import Belongings
from mailbot.worker import utc_now

AddressArgument = Annotated[str, typer.Argument(metavar="ADDRESS", help="The person's address.")]


@app.command("forget", rich_help_panel="Privacy")
def forget_command(
    context: typer.Context,
    address: AddressArgument,
    config: ConfigOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Erase one person: registration, history, messages, mails. It can't be undone; only a count stays."""
    settings = configured(context, config)
    database = look_at(settings)
    try:
        with database.read() as session:
            what = belongings.of_address(session, address)
        if not what.any:
            raise MailbotError(f"nothing is held of {address!r}: give the whole address, as `mailbot show` has it")
        _say_what(what)
        if not yes:
            _confirm(address)
        log.to_stderr()
        working = bool(who_works(database))
        with database.write() as session:  # looked at anew: the worker may have written meanwhile
            forget.forget(session, belongings.of_address(session, address), utc_now(), working=working)
        _say_done(database, settings)
    finally:
        database.close()


def _say_what(what: Belongings) -> None:
    told = [(len(what.people), "registration", "s"), (len(what.messages), "message", "s"),
            (len(what.mails), "mail", "s"),
            (len(what.guests), "line", "s of guest lists"), (len(what.notices), "notice", "s")]  # fmt: skip
    counts = [f"{n} {word}{plural if n != 1 else ''}" for n, word, plural in told if n]
    names = f" ({', '.join(what.names)})" if what.names else ""
    out.print(escape(f"Of {what.address}{names}: {', '.join(counts) or 'only words in what others wrote'}."))
    if what.shared:
        n = len(what.shared)
        out.print(f"{n} message{'s' if n != 1 else ''} of others name{'' if n != 1 else 's'} them: the text goes, what "
                  "was recorded of the others stays.")  # fmt: skip
    if what.sponsored:
        n = len(what.sponsored)
        out.print(f"{n} {'people whom' if n != 1 else 'person whom'} they registered stay{'' if n != 1 else 's'}, "
                  "without an address to write to.")  # fmt: skip


def _confirm(address: str) -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        err.print("mailbot: nothing was erased: say --yes where nobody can be asked", soft_wrap=True)
        raise typer.Exit(WRONG)
    if not typer.confirm(f"Erase all of it? It can't be undone. {address}"):
        out.print("Nothing was erased.")
        raise typer.Exit(1)


def _say_done(database: Database, settings: Config) -> None:
    why = database.shred()
    out.print("Erased. A count stays, and of each message where it lay and a digest, so that it is not read again.")
    if why:
        out.print(f"The database's file could not be written anew ({escape(why)}): what was erased is overwritten in "
                  "it; say `mailbot forget` again later to have its gaps cleared as well.", soft_wrap=True)  # fmt: skip
    boxes = ", ".join(mailbox.name for mailbox in settings.mailboxes)
    out.print(f"What mailbot doesn't touch is yours to clear: the messages in {escape(boxes)} and among sent mail, "
              "logs, reports that were made, and copies by `mailbot backup`.", soft_wrap=True)  # fmt: skip
    for copy in database.copies():
        out.print(f"This older copy of the database still holds them: {escape(str(copy))}", soft_wrap=True)


@app.command("export", rich_help_panel="Privacy")
def export_command(
    context: typer.Context,
    address: AddressArgument,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="FOLDER", help="Write it there, with every message and mail.")
    ] = None,
) -> None:
    """Show what is held of one person, to hand it over to them."""
    settings = configured(context, config)
    database = look_at(settings)
    try:
        with database.read() as session:
            what = belongings.of_address(session, address)
            if not what.any:
                raise MailbotError(f"nothing is held of {address!r}")
            told, letters = export.of_person(session, what), export.files(session, what)
    finally:
        database.close()
    text = export.account(told, settings.events[0].zone, utc_now())
    data = json.dumps(told, default=_json_value, ensure_ascii=False, indent=1)
    if folder is None:
        with in_utf8() as stream:
            stream.write(f"{data}\n" if as_json else _plain(text))
        return
    if folder.exists():
        raise MailbotError(f"{folder} is there already: name another folder")
    folder.mkdir(mode=0o700)  # it holds personal data
    (folder / "account.txt").write_text(text, "utf-8")
    (folder / "account.json").write_text(data, "utf-8")
    for name, letter in letters.items():
        (folder / name).write_bytes(letter)
    out.print(escape(f"Written to {folder}: the account, and {len(letters)} messages and mails."), soft_wrap=True)


def _plain(text: str) -> str:
    """Return text without control characters: what participants wrote never steers a terminal."""
    return "".join(c if c == "\n" or c.isprintable() else " " for c in text)


def _json_value(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
