"""The command `preview`: any mail in any language and case, as participants see it. It sends and changes nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from mailbot.addresses import key
from mailbot.cli.app import ConfigOption, EventOption, app, configured, events_of
from mailbot.cli.look import look_at, no_language
from mailbot.compose import Composer, Letter, samples
from mailbot.config import Config
from mailbot.errors import MailbotError
from mailbot.letters import letter_for
from mailbot.models import Outbox, Participant
from mailbot.worker import utc_now

FORMS = ("text", "html", "eml")


@app.command(rich_help_panel="Set up")
def preview(  # noqa: PLR0917 -- typer makes options of them
    context: typer.Context,
    mail: Annotated[str, typer.Argument(help="The mail: acknowledgement, guide, reminder, …")],
    config: ConfigOption = None,
    language: Annotated[str, typer.Option("--lang", help="Its language.")] = "",
    case: Annotated[
        str, typer.Option(help="The case, where a mail has several: registered, changed, declined, …")
    ] = "",
    form: Annotated[str, typer.Option("--as", help="text, html or eml.")] = "text",
    participant: Annotated[
        str, typer.Option("--participant", metavar="ADDRESS", help="Somebody of the registry, instead of sample data.")
    ] = "",
    event: EventOption = "",
) -> None:
    """Show a mail as participants get it, with sample data or for one of them. The password is never shown."""
    if form not in FORMS:
        raise typer.BadParameter(f"write {', '.join(FORMS[:-1])} or {FORMS[-1]}", param_hint="--as")
    settings = configured(context, config)
    slugs = events_of(settings, event)
    composer = Composer(settings.templates, settings)
    there = sorted(path.stem for path in (settings.templates / mail).glob("*.md"))
    if there and language and language not in there:
        raise no_language(language, there)
    if participant:
        letter = _real(settings, slugs, participant, (mail, language, case))
        composer.sample(mail, letter.language if letter.language in there else settings.languages[0])  # is there one?
    else:
        letter = composer.sample(mail, language or settings.languages[0], case)
    if form == "eml":
        sys.stdout.buffer.write(composer.compose(letter))
        return
    shown = composer.render(letter)
    sys.stdout.write(shown.html if form == "html" else f"{shown.subject}\n\n{shown.text}\n")


def _real(settings: Config, slugs: list[str], address: str, asked: tuple[str, str, str]) -> Letter:
    """Return the letter that a participant would get now; raises MailbotError where the mail is not about one."""
    mail, language, case = asked
    now = utc_now()
    with look_at(settings).read() as session:
        person = _somebody(session, slugs, address)
        row = _as_if_owed(person, settings, mail, language, now)
        try:
            letter = letter_for(session, row, settings, now)
        except KeyError:
            raise MailbotError(f"the mail {mail} can't be shown for a participant") from None
    return replace(letter, case=case or letter.case, event=samples.without_secrets(letter.event))


def _somebody(session: Session, slugs: list[str], address: str) -> Participant:
    people = session.query(Participant).filter(Participant.event.in_(slugs)).order_by(Participant.id)
    for person in people:
        if key(address) in (key(person.email or ""), key(person.write_to or "")):
            return person
    raise MailbotError(f"nobody with the address {address!r} is in the registry")


def _as_if_owed(person: Participant, settings: Config, mail: str, language: str, now: datetime) -> Outbox:
    """Return a row as the outbox would have it; it belongs to no session, so it is never written."""
    answers = mail == "acknowledgement"
    return Outbox(
        key=f"preview {mail} {person.id}", mail=mail, event=person.event, participant_id=person.id,
        event_start=settings.event(person.event).starts, received_id=person.received_id if answers else None,
        recipient=person.write_to or person.email or "", language=language or person.language or settings.languages[0],
        case="", due_at=now, next_attempt_at=now, created_at=now, message_id=f"<preview@{settings.smtp.domain}>",
    )  # fmt: skip
