"""`outbox`: every mail explained in a sentence, and a person's word on it: `outbox retry`, `outbox withdraw`.

The sentences say what a mail is, whom it is for, how it stands, why, and what happens next and when, in the event's
zone. Deciding is `decisions`; here it is asked for and confirmed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer
from rich.markup import escape
from sqlalchemy.orm import Session

from mailbot import log, outbox
from mailbot.cli.app import ConfigOption, EventOption, JsonOption, app, configured, events_of, out
from mailbot.cli.look import look_at
from mailbot.config import Config
from mailbot.database import who_works
from mailbot.decisions import Decider, Refused, may_have_arrived
from mailbot.errors import MailbotError
from mailbot.models import OUTBOX_STATES, Outbox, Participant, row_values
from mailbot.worker import utc_now

OPEN = ("waiting", "claimed", "in_doubt", "failed")
"""The states that are shown unless others are asked for: what has not left, or what a person should know."""

WHY_WITHDRAWN = {
    "cancelled": "they are not coming any more",
    "not_online": "they don't take part online",
    "not_in_person": "they don't come in person",
    "unreachable": "their address can't be reached",
    "complained": "they complained about our mail",
    "no_address": "there is no address to write to",
    "forgotten": "the person was forgotten",
    "event_moved": "the event was moved",
    "event_gone": "the configuration has no such event any more",
    "event_cancelled": "the event was cancelled",
    "event_restored": "the event takes place after all",
    "mailout_removed": "the configuration has no such mail-out any more",
    "seat_changed": "their seat at an office is another now",
    "event_began": "the event has begun",
    "office_gone": "the configuration has no such office any more",
    "nothing_changed": "the office knows already what it says",
    "answered": "they have answered",
    "put_off": "the configuration sends it later now; then it waits anew",
}
"""The words with which mail is withdrawn, as sentences; others are shown as they are."""

mails = typer.Typer(no_args_is_help=False, rich_markup_mode="rich")
app.add_typer(mails, name="outbox", rich_help_panel="Look", help="Explain every mail that has not left; decide on one.")

KeyArgument = Annotated[str, typer.Argument(metavar="[KEY]", help="The mail: its number in `outbox`, or its key.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask: it may be sent twice, and I know.")]


@dataclass(frozen=True, slots=True)
class Explainer:
    """What it takes to explain a mail: the configuration, the moment, and whether a worker is at work."""

    config: Config
    now: datetime
    working: bool

    def sentence(self, row: Outbox, person: Participant | None) -> str:
        """Explain one mail in a sentence or two."""
        whom = f"{person.name} <{row.recipient}>" if person and person.name else row.recipient
        kind = "acknowledgement" if row.mail == "acknowledgement" else f"“{row.mail}”"
        return f"The {kind} to {whom} ({row.event}) {self._state(row)}"

    def _state(self, row: Outbox) -> str:
        tell = getattr(self, f"_{row.state}", None)
        return str(tell(row)) if tell else f"is {row.state}."

    def _at(self, moment: datetime | None, row: Outbox) -> str:
        """Return a moment as the clock on the wall shows it in the event's zone."""
        if moment is None:
            return "a moment that was not noted"
        zone = next((e.timezone for e in self.config.events if e.slug == row.event), "UTC")
        return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M} ({zone})"

    def _next(self, row: Outbox) -> str:
        if row.next_attempt_at > self.now:
            return f"it is tried on {self._at(row.next_attempt_at, row)}"
        return (
            "it is tried at the next turn" if self.working else "it is tried once `mailbot run` or `once` works again"
        )

    def _until(self, row: Outbox) -> str:
        return f", until {self._at(row.expires_at, row)} at the latest" if row.expires_at else ""

    def _waiting(self, row: Outbox) -> str:
        if row.attempts == 0 and not row.reason:
            return f"waits for its moment; {self._next(row)}{self._until(row)}."
        if row.reason == "by hand":
            return f"waits, since a person wants it to be sent; {self._next(row)}{self._until(row)}."
        if row.reason.startswith(outbox.NOT_COMPOSED):
            return f"{row.reason}. `mailbot check` says where; {self._next(row)}{self._until(row)}."
        tries = "" if row.attempts == 0 else f" ({row.attempts} attempt{'s' if row.attempts != 1 else ''} so far)"
        return f"could not be sent yet: {row.reason or 'no answer'}{tries}; {self._next(row)}{self._until(row)}."

    def _claimed(self, row: Outbox) -> str:
        if self.working:
            return "is being sent right now."
        return "was taken up by a worker that is gone before anything was handed over; the next start sends it."

    def _in_doubt(self, row: Outbox) -> str:
        told = f"was handed over on {self._at(row.in_doubt_at, row)}, but no answer came back: it may have arrived."
        if self.config.smtp.maildir is None and self.config.smtp.evidence == "none":
            if self.config.smtp.in_doubt == "ask":
                return f"{told} You decide: `mailbot outbox retry {row.id}` or `… withdraw {row.id} --why …`."
            return f"{told} It is sent again, the same bytes, since there is no evidence to look for."
        where = "Our copy of it" if self.config.smtp.evidence == "copy" else "The Sent folder"
        return f"{told} {where} is looked at before anything is sent again."

    def _sent(self, row: Outbox) -> str:
        return f"was taken by the server on {self._at(row.done_at, row)}."

    def _failed(self, row: Outbox) -> str:
        return (f"failed on {self._at(row.done_at, row)}: {row.reason}. Nothing more happens unless their address "
                f"changes, they write, or you say `mailbot outbox retry {row.id}`.")  # fmt: skip

    def _expired(self, row: Outbox) -> str:
        last = f" ({row.reason})" if row.reason and "its time passed" not in row.reason else ""
        return f"was not sent: its time passed on {self._at(row.expires_at, row)}{last}. It is not sent any more."

    def _withdrawn(self, row: Outbox) -> str:
        if row.reason.startswith(outbox.BY_HAND):
            why = row.reason.removeprefix(outbox.BY_HAND)
            return f"was withdrawn by a person on {self._at(row.done_at, row)}: {why}. It is not sent any more."
        why = WHY_WITHDRAWN.get(row.reason, row.reason)
        return f"was withdrawn on {self._at(row.done_at, row)}: {why}. It waits again if it is owed again."


@mails.callback(invoke_without_command=True)
def show_outbox(  # noqa: PLR0917 -- typer makes options of them
    context: typer.Context,
    config: ConfigOption = None,
    event: EventOption = "",
    as_json: JsonOption = False,
    every: Annotated[bool, typer.Option("--all", help="Also what was sent, expired or withdrawn.")] = False,
    states: Annotated[
        list[str] | None, typer.Option("--state", "-s", help=f"Only mails in this state: {', '.join(OUTBOX_STATES)}.")
    ] = None,
) -> None:
    """Explain every mail that has not left: what it is, whom for, why it waits, and what happens next and when."""
    context.obj = config or context.obj
    if context.invoked_subcommand:
        return
    wanted = [s for given in states or () for s in given.replace("-", "_").split(",")]
    if unknown := [s for s in wanted if s not in OUTBOX_STATES]:
        raise typer.BadParameter(f"there is no state {unknown[0]!r}; there is {', '.join(OUTBOX_STATES)}")
    settings = configured(context, config)
    database = look_at(settings)
    explainer = Explainer(settings, utc_now(), bool(who_works(database)))
    query = sa.select(Outbox, Participant).outerjoin(Participant, Participant.id == Outbox.participant_id)
    query = query.where(Outbox.event.in_(events_of(settings, event)))
    if wanted or not every:
        query = query.where(Outbox.state.in_(wanted or OPEN))
    with database.read() as session:
        rows = [(row, person) for row, person in session.execute(query.order_by(Outbox.id))]
    database.close()
    if as_json:
        out.print_json(data=[_as_json(row, explainer.sentence(row, person)) for row, person in rows])
        return
    for row, person in rows:
        out.print(f"{row.id:>5}  {escape(explainer.sentence(row, person))}", soft_wrap=True)
    if not rows:
        out.print("Nothing waits." if not wanted else "There is none.")


def _as_json(row: Outbox, sentence: str) -> dict[str, Any]:
    values = {n: v for n, v in row_values(row).items() if n not in ("body", "digest")}
    shown = {n: v.isoformat() if isinstance(v, datetime) else v for n, v in values.items()}
    return {**shown, "explanation": sentence}


@mails.command()
def retry(  # noqa: PLR0917 -- typer makes options of them
    context: typer.Context,
    key: KeyArgument = "",
    config: ConfigOption = None,
    failed: Annotated[bool, typer.Option("--failed", help="All mails that failed, in place of one.")] = False,
    event: EventOption = "",
    yes: YesOption = False,
) -> None:
    """Send a mail (again) at the next turn: one that failed, backs off, is in doubt, or was withdrawn by a person."""
    if bool(key) == failed:
        raise typer.BadParameter("name one mail, or say --failed for all that failed")
    settings = configured(context, config)
    database = look_at(settings)
    log.to_stderr()
    try:
        decider = Decider("command", utc_now(), bool(who_works(database)))
        with database.read() as session:
            slugs = events_of(settings, event)
            query = sa.select(Outbox.id).where(Outbox.state == "failed", Outbox.event.in_(slugs)).order_by(Outbox.id)
            chosen = list(session.scalars(query)) if failed else [_named(session, key).id]
            doubtful = [row for i in chosen if may_have_arrived(row := session.get_one(Outbox, i))]
        if doubtful and not yes:
            _confirm(doubtful)
        refused = []
        for row_id in chosen:
            try:
                with database.write() as session:
                    decider.again(session, session.get_one(Outbox, row_id))
            except (Refused, outbox.Changed) as e:
                refused.append(str(e))
    finally:
        database.close()
    _tell(len(chosen) - len(refused), refused, working=decider.working)


def _tell(done: int, refused: Sequence[str], *, working: bool) -> None:
    if done:
        when = "at the worker's next turn" if working else "once `mailbot run` or `mailbot once` works"
        out.print(f"{done} mail{'s go' if done != 1 else ' goes'} out {when}.")
    elif not refused:
        out.print("No mail failed.")
    if refused:
        raise MailbotError("; ".join(refused))


@mails.command()
def withdraw(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The mail: its number in `outbox`, or its key.")],
    why: Annotated[str, typer.Option("--why", help="The reason, for whoever asks later.")],
    config: ConfigOption = None,
) -> None:
    """Never send a mail: one that waits, failed, or is in doubt."""
    if not why.strip():
        raise typer.BadParameter("say why", param_hint="--why")
    settings = configured(context, config)
    database = look_at(settings)
    log.to_stderr()
    try:
        decider = Decider("command", utc_now(), bool(who_works(database)))
        with database.write() as session:
            decider.never(session, _named(session, key), " ".join(why.split()))
    except outbox.Changed as e:
        raise MailbotError(f"{key}: it has just changed; look again") from e
    finally:
        database.close()
    out.print("It is not sent any more.")


def _named(session: Session, key: str) -> Outbox:
    """Return the mail of that key or number; raises MailbotError where there is none."""
    row = session.scalar(sa.select(Outbox).where(Outbox.key == key))
    if row is None and key.isascii() and key.lstrip("#").isdigit():
        row = session.get(Outbox, int(key.lstrip("#")[:18]))
    if row is None:
        raise MailbotError(f"there is no mail {key!r}: `mailbot outbox --all` lists them with their numbers")
    return row


def _confirm(doubtful: Sequence[Outbox]) -> None:
    """Ask before anything is sent that may have arrived; raises MailbotError where nobody can be asked, or says no."""
    who = ", ".join(row.recipient for row in doubtful[:3]) + (" and others" if len(doubtful) > 3 else "")
    told = (
        f"{len(doubtful)} of them may have arrived already ({who})"
        if len(doubtful) > 1
        else f"{who} may have it already"
    )
    if not sys.stdin.isatty():
        raise MailbotError(f"{told}: say --yes if it shall be sent all the same")
    if not typer.confirm(f"{told}. Send it all the same?"):
        raise MailbotError("nothing was changed")
