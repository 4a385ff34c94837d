"""`review`: what needs a person, as a list with numbers, and the same decisions as by replying to an alert.

On a terminal it asks, thing by thing; with a number and words it decides one; `--json` is for programs.
"""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, Any

import sqlalchemy as sa
import typer
from rich.markup import escape
from rich.prompt import Prompt

from mailbot import alerts, briefing, intake, log, review
from mailbot.briefing import Done
from mailbot.cli.app import NEEDS_A_PERSON, ConfigOption, JsonOption, app, configured, out
from mailbot.cli.look import look_at
from mailbot.compose.brief import Item, Say
from mailbot.config import Config
from mailbot.database import Database, who_works
from mailbot.errors import MailbotError
from mailbot.models import Notice
from mailbot.reader import Here, Reader
from mailbot.worker import utc_now

ENGLISH = "en"  # the terminal's language, as all of its texts
WORDS = "accept · online · in person · phone +221 … · same person as … · decline · not a registration · again · done"


@app.command("review", rich_help_panel="Look")
def review_command(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="The thing's number in `review`.")] = "",
    words: Annotated[list[str] | None, typer.Argument(metavar="[DECISION…]", help=f"{WORDS}")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what needs a person, and decide: `review 17 accept`. Exit code 3: something still needs a person."""
    settings = configured(context, config)
    log.to_stderr()
    database = look_at(settings)
    try:
        alerts.gather(database, settings, utc_now())
        if key:
            _decide_one(database, settings, key, " ".join(words or ()), as_json=as_json)
        elif as_json:
            out.print_json(data=[_plain(notice, item) for notice, item in _waiting(database, settings)])
        elif sys.stdin.isatty() and sys.stdout.isatty():
            _ask(database, settings)
        else:
            _print_all(_waiting(database, settings))
        left = bool(_waiting(database, settings))
    finally:
        database.close()
    raise typer.Exit(NEEDS_A_PERSON if left else 0)


def _waiting(database: Database, settings: Config) -> list[tuple[Notice, Item]]:
    """Return what needs a person, oldest first, as the alerts tell it."""
    say = Say(settings.templates, ENGLISH)
    with database.read() as session:
        query = sa.select(Notice).where(Notice.settled_at.is_(None)).order_by(Notice.id)
        return [(n, briefing.item_of(session, n, settings, say)) for n in session.scalars(query)]


def _plain(notice: Notice, item: Item) -> dict[str, Any]:
    return {
        "number": notice.id, "kind": notice.kind, "at": notice.at.isoformat(), "event": notice.event,
        "who": item.who, "address": item.address, "why": item.why, "subject": item.subject, "words": item.words,
        "received": notice.received_id, "participant": notice.participant_id, "detail": notice.detail,
    }  # fmt: skip


def _print_all(waiting: list[tuple[Notice, Item]]) -> None:
    if not waiting:
        out.print("Nothing needs a person.")
    for notice, item in waiting:
        _print(notice, item)
    if waiting:
        out.print(f"Decide with `mailbot review {waiting[0][0].id} …`: {WORDS}", markup=False, soft_wrap=True)


def _print(notice: Notice, item: Item) -> None:
    who = " ".join(filter(None, (item.who, f"<{item.address}>" if item.address else "")))
    out.print(f"[bold]{notice.id}[/]  {escape(item.title)}  [bold]{escape(who)}[/]", soft_wrap=True)
    for line in (item.why, f"“{item.words}”" if item.words else "", item.decide):
        if line:
            out.print(f"    {escape(line)}", soft_wrap=True)


def _decide_one(database: Database, settings: Config, key: str, words: str, *, as_json: bool) -> None:
    number = key.lstrip("#")
    if not (number.isascii() and number.isdigit()):
        raise MailbotError(f"{key!r} is no number: `mailbot review` lists them")
    if not words.strip():
        with database.read() as session:
            notice = session.get(Notice, int(number))
            if notice is None:
                raise MailbotError(f"there is nothing of number {number}: `mailbot review` lists them")
            _print(notice, briefing.item_of(session, notice, settings, Say(settings.templates, ENGLISH)))
        return
    reader = Reader()
    try:
        done = _decide(database, settings, int(number), words, reader)
    finally:
        reader.close()
    told = _sentence(done, settings)
    if as_json:
        out.print_json(data={"number": done.number, "result": done.word, "understood": done.understood, "told": told})
    elif done.understood:
        out.print(told, markup=False, soft_wrap=True)
    if not done.understood and not as_json:
        raise MailbotError(f"{told} You can write: {WORDS}")


def _decide(database: Database, settings: Config, number: int, words: str, reader: Here) -> Done:
    """Read and carry out one decision; the history names whoever is at the terminal."""
    decider = review.Decider(f"command ({getpass.getuser()})", utc_now(), settings, None, bool(who_works(database)))
    (order,) = review.read_orders(f"{number} {words}", {number})[:1] or review.read_orders(words, ())[:1]
    order = review.Order(number, order.verb, order.rest, order.words)
    with database.read() as session:
        (prepared,) = review.prepare(session, [order], None, decider=decider, reader=reader,
                                     known=lambda event: intake.invitation_of(event, settings))  # fmt: skip
    with database.write() as session:
        return review.carry_out_order(session, prepared, decider)


def _sentence(done: Done, settings: Config) -> str:
    say = Say(settings.templates, ENGLISH)
    return f"{done.who}: {briefing.sentence(done, say)}" if done.who else briefing.sentence(done, say)


def _ask(database: Database, settings: Config) -> None:
    """Go through what waits, one thing after the other; an empty answer leaves it, q ends."""
    waiting = _waiting(database, settings)
    if not waiting:
        out.print("Nothing needs a person.")
        return
    out.print(f"You can write: {WORDS}\nEnter leaves it for later, q ends.\n", markup=False, soft_wrap=True)
    reader = Reader()
    try:
        for notice, item in waiting:
            _print(notice, item)
            while (words := Prompt.ask("   ", default="", show_default=False, console=out).strip()) not in ("", "q"):
                done = _decide(database, settings, notice.id, words, reader)
                out.print(f"    {_sentence(done, settings)}", markup=False, soft_wrap=True)
                if done.understood:
                    break
            if words == "q":
                break
    except (EOFError, KeyboardInterrupt):
        out.print()
    finally:
        reader.close()
