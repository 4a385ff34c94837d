"""`invite`: a list of people → invitations in the outbox, after a look at it; and who of them answered.

Nothing is sent here: the worker does, at its pace. The list is checked whole before anything is written down.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from mailbot import guests, log
from mailbot.addresses import Address
from mailbot.cli.app import WRONG, ConfigOption, EventOption, JsonOption, app, configured, err, out
from mailbot.compose import Composer, Person
from mailbot.compose.samples import letter as sample_letter
from mailbot.config import Config, EventConfig
from mailbot.database import open_database, who_works
from mailbot.errors import MailbotError
from mailbot.guestlist import GuestList, Line, read
from mailbot.models import Guest
from mailbot.worker import utc_now

SHOWN = 10  # people of a list that are shown; the rest is counted

WHY_NOT = {
    "invited": "invited before",
    "registered": "in the registry already",
    "unreachable": "mail to their address comes back",
    "complained": "called our mail unwanted",
    "own": "addresses of the organisers",
}
"""Why people of a list are left out, as words."""

NOBODY = {
    False: "Nobody is written to.",
    True: "Nobody is silent who was invited more than a day ago and not reminded yet.",
}
"""What is said where there is nobody to write to, by whether it is a reminder."""


@app.command(rich_help_panel="Work")
def invite(  # noqa: PLR0917 -- typer makes options of them
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[LIST.csv]", help="Name, address, language, organisation; a line each.")
    ] = None,
    config: ConfigOption = None,
    event: EventOption = "",
    remind: Annotated[bool, typer.Option("--remind-silent", help="Write once more to who has not answered.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check and show; invite nobody.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Invite the people of a list, nobody twice; without a list, say who answered and who is silent."""
    if file is not None and remind:
        raise typer.BadParameter("name a list, or say --remind-silent")
    settings = configured(context, config)
    chosen = _event(settings, event)
    log.to_stderr()
    listed = _checked(file, settings) if file is not None else None
    database = open_database(settings.database)
    try:
        if listed is None and not remind:
            with database.read() as session:
                _show_standing(session, chosen, as_json=as_json)
            return
        with database.read() as session:
            sorted_ = guests.sort(session, settings, chosen, listed.people) if listed else None
            silent = guests.to_remind(session, chosen, utc_now()) if remind else []
        people: Sequence[Line] = sorted_.new if sorted_ else [_line(g) for g in silent]
        _show(settings, chosen, people, sorted_, listed, remind=remind)
        if not people or dry_run:
            out.print(NOBODY[remind] if not people else "Nothing was written down: --dry-run.")
            return
        _confirm(len(people), yes=yes)
        with database.write() as session:
            now = utc_now()
            if remind:
                count = guests.remind(session, settings, chosen, guests.to_remind(session, chosen, now), now)
            else:
                count = guests.invite(session, settings, chosen, people, now)
        when = (
            "leave now, at the pace of the configuration" if who_works(database) else "leave once `mailbot run` works"
        )
        out.print(f"{count} mail{'s' if count != 1 else ''} {when}; `mailbot outbox` shows them.")
    finally:
        database.close()


def _event(settings: Config, slug: str) -> EventConfig:
    """Return the event to invite to: the one named, else the only one ahead."""
    now = utc_now()
    if slug and slug not in {e.slug for e in settings.events}:
        known = ", ".join(e.slug for e in settings.events)
        raise typer.BadParameter(f"there is no event {slug!r} in {settings.path}; there is {known}")
    ahead = [e for e in settings.events if slug in ("", e.slug)]
    ahead = ahead if slug else [e for e in ahead if e.starts > now and not e.cancelled]
    if len(ahead) != 1:
        known = ", ".join(e.slug for e in ahead or settings.events)
        raise typer.BadParameter(f"say which event: --event with one of {known}")
    return ahead[0]


def _checked(file: Path, settings: Config) -> GuestList:
    """Read a list; prints all its problems and ends where there are any."""
    listed = read(file.read_bytes(), file.name, settings.languages)
    if listed.problems:
        count = len(listed.problems)
        err.print(f"[bold red]{count} problem{'s' if count != 1 else ''} in the list; nobody was invited:[/]")
        for problem in listed.problems:
            err.print(f"  {problem}", markup=False, soft_wrap=True)
        raise typer.Exit(WRONG)
    return listed


def _line(guest: Guest) -> Line:
    return Line(0, guest.email, guest.name, guest.language, guest.organisation)


def _refuse_what_is_over(event: EventConfig) -> None:
    """Raise MailbotError where nobody can come any more."""
    if event.cancelled or event.starts <= utc_now():
        raise MailbotError(f"{event.slug} {'is cancelled' if event.cancelled else 'has begun'}: nobody is invited")


def _show(
    settings: Config,
    event: EventConfig,
    people: Sequence[Line],
    sorted_: guests.Sorted | None,
    listed: GuestList | None,
    *,
    remind: bool,
) -> None:
    """Show what would be done: how many, to whom, who is left out and why, and what the first of them reads."""
    _refuse_what_is_over(event)
    for note in listed.notes if listed else ():
        out.print(f"note: {note}", markup=False, soft_wrap=True)
    languages = Counter(line.language or settings.languages[0] for line in people)
    told = ", ".join(f"{n} in {language}" for language, n in languages.most_common())
    out.print(f"{event.slug}: {len(people)} to {'remind' if remind else 'invite'}{f' ({told})' if told else ''}.")
    for line in people[:SHOWN]:
        about = " · ".join(filter(None, (line.name, line.organisation)))
        out.print(f"  {line.email}  {about}", markup=False, soft_wrap=True)
    if len(people) > SHOWN:
        out.print(f"  and {len(people) - SHOWN} more")
    for word, why in WHY_NOT.items():
        if sorted_ and (count := sorted_.count(word)):
            out.print(f"{count} left out: {why}.")
    if people:
        _preview(settings, event, people[0], guests.REMINDER if remind else guests.INVITATION)


def _preview(settings: Config, event: EventConfig, line: Line, mail: str) -> None:
    composer = Composer(settings.templates, settings)
    if not (settings.templates / mail).is_dir():
        raise MailbotError(f"there is no folder {mail} in {settings.templates}: copy the one that came with mailbot")
    letter = sample_letter(mail, line.language or settings.languages[0], "known", event)
    known = Person(name=line.name or None, email=line.email, organisation=line.organisation or None)
    missing = tuple(name for name in event.required if getattr(known, name, None) is None)
    shown = composer.render(
        replace(letter, person=known, missing=missing, recipient=Address(line.name, line.email), now=utc_now())
    )
    out.rule(style="dim")
    out.print(f"To: {line.email}\nSubject: {shown.subject}\n\n{shown.text}", markup=False, soft_wrap=True)
    out.rule(style="dim")


def _confirm(count: int, *, yes: bool) -> None:
    """Ask before anybody is written to; raises MailbotError where nobody can be asked, or says no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise MailbotError(f"{count} people would be written to: say --yes if that is meant")
    if not typer.confirm(f"Write to {count} people?"):
        raise MailbotError("nobody was written to")


def _show_standing(session: Session, event: EventConfig, *, as_json: bool) -> None:
    found = guests.standing(session, event)
    counts = guests.counts(found)
    if as_json:
        people = [
            {"address": one.guest.email, "name": one.guest.name, "organisation": one.guest.organisation,
             "language": one.guest.language, "how": one.how, "reminded": one.reminded}
            for one in found
        ]  # fmt: skip
        out.print_json(data={"event": event.slug, "invited": len(found), **counts, "guests": people})
        return
    told = ", ".join(f"{n} {how}" for how, n in counts.items() if n)
    out.print(f"{event.slug}: {len(found)} invited{f': {told}' if told else ''}.")
    for one in found:
        if one.how != "answered":
            again = " (reminded)" if one.reminded else ""
            name = f"  {one.guest.name}" if one.guest.name else ""
            out.print(f"  {one.how:12}{one.guest.email}{name}{again}", markup=False, soft_wrap=True)
