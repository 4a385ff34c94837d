"""The commands that work: `run` as a service, `once` for cron."""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import asdict
from types import FrameType
from typing import Annotated

import typer

from mailbot import log
from mailbot.cli import parts
from mailbot.cli.app import NEEDS_A_PERSON, TROUBLE, ConfigOption, JsonOption, app, err, out, ready
from mailbot.database import open_database, sole_worker
from mailbot.errors import MailbotError
from mailbot.status import Needs, needs
from mailbot.supervisor import Supervisor
from mailbot.worker import Box, Turns, Worker, utc_now


@app.command(rich_help_panel="Work")
def run(
    context: typer.Context,
    config: ConfigOption = None,
    json_log: Annotated[bool, typer.Option("--json-log", help="Write the log as JSON, a line an event.")] = False,
) -> None:
    """Read the mailboxes and send what is due, until told to stop (SIGTERM or Ctrl-C)."""
    settings = ready(context, config, utc_now())
    log.to_stderr(as_json=json_log)
    database = open_database(settings.database)
    with sole_worker(database):
        database.examine()
        ending = threading.Event()
        supervisor = Supervisor(os.environ.get("NOTIFY_SOCKET", ""))
        worker = Worker(
            parts.turns_of(settings, database, ending), parts.boxes_of(settings), ending, supervisor=supervisor
        )

        def stop(_signal: int, _frame: FrameType | None) -> None:
            worker.stop()

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, stop)
        try:
            finished = worker.run()
        except MailbotError as e:
            log.warn("worker_failed", reason=str(e))
            finished = False
            _leave(TROUBLE)
        if not finished:
            _leave(0)
    database.close()


def _leave(code: int) -> None:
    """End at once, whatever threads still do: everything that is under way can be cut anywhere."""
    sys.stderr.flush()
    os._exit(code)


@app.command(rich_help_panel="Work")
def once(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Do a single turn, for cron: read what is new, send what is due. Exit code 3: something needs a person."""
    settings = ready(context, config, utc_now())
    log.to_stderr()
    database = open_database(settings.database)
    with sole_worker(database):
        database.examine()
        turns = parts.turns_of(settings, database, threading.Event())
        boxes = parts.boxes_of(settings)
        try:
            turns.start()
            trouble = [reason for box in boxes if (reason := _collect(turns, box))]
            done = turns.turn()
            turns.note_turn("once")
            trouble += [f"smtp: {turns.deliverer.trouble}"] if turns.deliverer.trouble else []
        finally:
            turns.close()
            for box in boxes:
                box.source.close()
    waiting = needs(database, [event.slug for event in settings.events], ask=settings.smtp.in_doubt == "ask")
    database.close()
    if as_json:
        out.print_json(data={"done": done, "trouble": trouble, "needs_a_person": asdict(waiting)})
        raise typer.Exit(_code(trouble, waiting))
    for reason in trouble:
        err.print(f"mailbot: {reason}", markup=False, soft_wrap=True)
    if waiting.any:
        listed = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in asdict(waiting).items() if n)
        out.print(f"Needs a person: {listed}. `mailbot report` shows them.", markup=False)
    if waiting.not_composed:
        out.print("Mails that could not be composed: `mailbot outbox` says why, `mailbot check` where.", markup=False)
    raise typer.Exit(_code(trouble, waiting))


def _code(trouble: list[str], waiting: Needs) -> int:
    return TROUBLE if trouble else NEEDS_A_PERSON if waiting.any else 0


def _collect(turns: Turns, box: Box) -> str:
    """Collect from one mailbox; returns what is in the way, "" where nothing is."""
    try:
        turns.collect(box)
    except MailbotError as e:
        log.warn("mailbox_unreachable", mailbox=box.name, reason=str(e))
        turns.note_trouble(box, str(e))
        return f"{box.name}: {e}"
    return ""
