"""The commands that look: `read`, `registry`, `show`. None of them changes anything."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.progress import track
from rich.table import Table
from sqlalchemy.orm import Session

from mailbot import intake, message, outbox, registry
from mailbot.addresses import key
from mailbot.cli.app import ConfigOption, EventOption, JsonOption, app, config_path, configured, events_of, out
from mailbot.cli.app import err as stderr
from mailbot.config import Config, builtin_templates, load
from mailbot.database import Database, open_database
from mailbot.errors import ConfigRefused, MailbotError
from mailbot.models import Change, Outbox, Participant, row_values
from mailbot.reading import read as read_message
from mailbot.reading import to_json
from mailbot.registry.history import SET_ASIDE
from mailbot.report import tables
from mailbot.rsvp.answer import FIELDS, Invitation, Reading

MARKS = {"online": "online", "in_person": "in person", None: ""}
NARROW = 130  # columns of a terminal below which the table leaves out titles and addresses


def look_at(settings: Config) -> Database:
    """Open the database for looking: it must be there already."""
    return open_database(settings.database, migrate=False)


@app.command(rich_help_panel="Look")
def read(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Messages (.eml), or folders of them.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what messages say, without recording anything: who registers, with which words, how sure."""
    invitation = _invitation(context, config)
    found = list(_messages(files))
    if not found:
        raise MailbotError(f"there is no message (*.eml) in {', '.join(map(str, files))}")
    shown = track(found, "reading", console=stderr, transient=True, disable=not stderr.is_terminal or len(found) < 20)
    for path in shown:
        reading = read_message(message.read(path.read_bytes()), invitation)
        if as_json:
            sys.stdout.write(json.dumps(to_json(path.name, reading), ensure_ascii=False) + "\n")
        else:
            _print_reading(path, reading)


def _messages(files: Iterable[Path]) -> Iterable[Path]:
    for path in files:
        if path.is_dir():
            yield from sorted(path.glob("*.eml"))
        elif path.is_file():
            yield path
        else:
            raise typer.BadParameter(f"there is no file {path}", param_hint="FILE")


def _invitation(context: typer.Context, named: Path | None) -> Invitation:
    """Return what is known of the invitation; nothing where no configuration is named or lies here."""
    try:
        path = config_path(context, named)
    except ConfigRefused:
        if named or context.obj or "MAILBOT_CONFIG" in os.environ:
            raise
        return Invitation()
    settings = load(path)
    return intake.invitation_of(settings.events[0], settings)


def _print_reading(path: Path, reading: Reading) -> None:
    about = " · ".join(filter(None, (reading.kind, reading.language, reading.rule, reading.reason)))
    out.print(f"[bold]{escape(path.name)}[/]  {escape(about)}")
    for answer in reading.answers:
        for name, value in answer.values().items():
            sure = "" if value.confidence >= 0.8 else f" [yellow]unsure ({value.confidence:.2f})[/]"
            words = f"“{value.words}” in the {value.where}"
            out.print(f"    {name:13} {escape(str(value.value))}  [dim]{escape(words)}[/]{sure}", soft_wrap=True)
        if answer.partstat:
            out.print(f"    partstat      {answer.partstat}")
        if answer.review:
            out.print(f"    [yellow]a person should look: {escape(', '.join(answer.review))}[/]")
    if reading.question:
        out.print(f"    question      {escape(reading.question)}", soft_wrap=True)


@app.command("registry", rich_help_panel="Look")
def show_registry(
    context: typer.Context,
    config: ConfigOption = None,
    event: EventOption = "",
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV (RFC 4180), for spreadsheets.")] = False,
) -> None:
    """Show who comes, as a table."""
    settings = configured(context, config)
    slugs = events_of(settings, event)
    events = [e for e in settings.events if e.slug in slugs]
    with look_at(settings).read() as session:
        if as_json or as_csv:
            write = tables.write_json if as_json else tables.write_csv
            with in_utf8() as stream:
                write(session, events, stream)
            return
        query = sa.select(Participant).where(Participant.event.in_(slugs))
        people = session.scalars(query.order_by(Participant.event, Participant.id)).all()
        for slug in slugs:
            out.print(registry_table(slug, [p for p in people if p.event == slug]))


def _json_value(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


@contextmanager
def in_utf8() -> Iterator[IO[str]]:
    """Give standard output as UTF-8 with line ends as they are written, whatever the terminal's own habits are."""
    stream = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    try:
        yield stream
        stream.flush()
    finally:
        stream.detach()  # standard output itself stays open


def registry_table(title: str, people: Sequence[Participant]) -> Table:
    """Return the registry as a table for the terminal."""
    coming = [p for p in people if p.status == "registered"]
    online = sum(p.mode == "online" for p in coming)
    in_person = sum(p.mode == "in_person" for p in coming)
    caption = (
        f"{len(coming)} registered: {online} online, {in_person} in person, {len(coming) - online - in_person} not said"
    )
    table = Table(title=escape(title), caption=caption, title_justify="left", caption_justify="left", expand=True,
                  box=SIMPLE_HEAD, pad_edge=False)  # fmt: skip
    narrow = out.width < NARROW
    for name, ratio in (("name", 5), ("title", 4), ("organisation", 6), ("phone", 0), ("e-mail", 5)):
        if not (narrow and name in ("title", "e-mail")):
            table.add_column(name, overflow="ellipsis", no_wrap=True, ratio=ratio or None)
    table.add_column("takes part", no_wrap=True)
    table.add_column("", no_wrap=True)
    for p in people:
        cells = [p.name, p.organisation, p.phone] if narrow else [p.name, p.title, p.organisation, p.phone, p.email]
        gone = p.status == "declined"
        mode = "" if gone else MARKS.get(p.mode, "")
        table.add_row(*(escape(c or "–") for c in cells), mode, _notes(p), style="dim" if gone else None)
    return table


def _notes(p: Participant) -> str:
    notes = [p.status] if p.status != "registered" else []
    notes += ["needs a computer"] if p.needs_access else []
    notes += [p.reachable] if p.reachable != "yes" else []
    notes += ["unsure"] if p.status != "declined" and (p.confidence < 0.8 or p.review) else []
    return escape(", ".join(notes))


@app.command(rich_help_panel="Look")
def show(
    context: typer.Context,
    address: Annotated[str, typer.Argument(help="The person's address, or part of their name.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one person: every value with the words that it was read from, and the whole history."""
    settings = configured(context, config)
    with look_at(settings).read() as session:
        people = _people_like(session, address)
        if not people:
            raise MailbotError(f"nobody like {address!r} is in the registry")
        if as_json:
            out.print_json(data=[_person_json(session, p) for p in people], default=_json_value)
            return
        for person in people:
            _print_person(session, settings, person)


def _people_like(session: Session, wanted: str) -> Sequence[Participant]:
    same = [p for p in session.scalars(sa.select(Participant)) if key(p.email or "") == key(wanted)]
    if same:
        return same
    like = f"%{wanted.replace('%', '').replace('_', '')}%"
    query = sa.select(Participant).where(
        sa.or_(Participant.name.ilike(like), Participant.email.ilike(like), Participant.write_to.ilike(like))
    )
    return session.scalars(query.order_by(Participant.id).limit(20)).all()


def _person_json(session: Session, person: Participant) -> dict[str, Any]:
    mails = session.scalars(sa.select(Outbox).where(Outbox.participant_id == person.id).order_by(Outbox.id))
    return {
        "participant": row_values(person),
        "history": [row_values(change) for change in registry.story(session, person.id)],
        "mails": [{n: v for n, v in row_values(m).items() if n not in ("body", "digest")} for m in mails],
    }


def _print_person(session: Session, settings: Config, person: Participant) -> None:
    zone = next((e.zone for e in settings.events if e.slug == person.event), ZoneInfo("UTC"))
    out.print(f"\n[bold]{escape(person.name or person.email or '(no name)')}[/]  {person.event} · {person.status}")
    values = registry.latest_values(session, person.id)
    for name in FIELDS:
        if (change := values.get(name)) is not None:
            sure = "" if change.confidence >= 0.8 else f"  [yellow]unsure ({change.confidence:.2f})[/]"
            read_from = f"“{change.words}” in the {change.place}" if change.words else change.rule
            out.print(f"  {name:13} {escape(change.new or '')}  [dim]{escape(read_from)}[/]{sure}", soft_wrap=True)
    if person.review:
        out.print(f"  [yellow]a person should look: {escape(person.review)}[/]")
    out.print(f"  [bold]History[/]  [dim]times in {zone}[/]")
    for change in registry.story(session, person.id):
        out.print(f"    {change.at.astimezone(zone):%Y-%m-%d %H:%M}  {escape(_told(change))}", soft_wrap=True)
    mails = session.scalars(sa.select(Outbox).where(Outbox.participant_id == person.id).order_by(Outbox.id))
    for mail in mails:
        out.print(f"    {mail.mail} to {escape(mail.recipient)}: {escape(outbox.describe(mail, zone))}", soft_wrap=True)


def _told(change: Change) -> str:
    """Tell one change as a sentence: who, what, from what to what, and the words."""
    if change.field == "message":
        return f"{change.who} wrote: {change.new}"
    if change.field == SET_ASIDE:
        return f"{change.who} had written earlier, which was set aside: {change.new}"
    value = f"{change.field}: {change.new or 'nothing'}"
    before = f" (was {change.old})" if change.old else ""
    words = f", from “{change.words}”" if change.words and change.words != change.new else ""
    return f"{change.who or 'somebody unknown'} – {value}{before}{words}"


def language_of(settings: Config, language: str) -> str:
    """Return the language for organisers that was asked for, else the first configured; refuses one without texts."""
    folders = (settings.templates, builtin_templates())
    there = sorted({path.stem for folder in folders for path in (folder / "report").glob("*.toml")})
    if language and language not in there:
        raise no_language(language, there)
    return language or settings.languages[0]


def no_language(language: str, there: Sequence[str]) -> typer.BadParameter:
    """Return what is told to whoever asks for a language that there isn't."""
    return typer.BadParameter(f"there is none in {language!r}; there are {', '.join(there)}", param_hint="--lang")
