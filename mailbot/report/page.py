"""The registry as one HTML page that needs nothing else: to be opened, mailed, searched and printed.

`page(session, config, now, language)` reads and renders; no request leaves the page, which its content security policy
enforces. Nothing here changes the registry, and nothing that a participant wrote becomes markup: Jinja2 escapes it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup
from sqlalchemy.orm import Session

from mailbot.config import Config
from mailbot.report import charts, numbers, rows
from mailbot.report.attention import Needs
from mailbot.report.columns import phone
from mailbot.report.history import Histories, invitation_of
from mailbot.report.invited import invited
from mailbot.report.seating import seating
from mailbot.report.sections import Source, event_page
from mailbot.report.words import FOLDER, Words, find

BUFFERED = 64
"""Bits of the template that are yielded as one piece: writing each by itself would cost more than making it."""


def page(session: Session, config: Config, now: datetime, language: str, only: Sequence[str] = ()) -> str:
    """Return the report as HTML, in a language that has texts (else English); `only` are slugs. `now` is aware."""
    return "".join(pieces(session, config, now, language, only))


def pieces(session: Session, config: Config, now: datetime, language: str, only: Sequence[str] = ()) -> Iterator[str]:
    """Yield the report in pieces, for writing to a file."""
    template = environment(config.templates).get_template("report.html")
    stream = template.stream(_context(session, config, now, language, only))
    stream.enable_buffering(BUFFERED)
    yield from stream


def environment(templates: Path, name: str = "report.html") -> SandboxedEnvironment:
    """Make a page's environment: everything is escaped, an unknown name is an error, nothing else is reachable."""
    folder = find(templates, name).parent
    made = SandboxedEnvironment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["phone"] = phone
    made.filters["field_name"] = lambda field, words: words.named("field", field)
    return made


def _context(
    session: Session, config: Config, now: datetime, language: str, wanted: Sequence[str]
) -> dict[str, object]:
    """Gather what the template shows; messages of no event are shown where all events are."""
    events = numbers.order(config.events, now)
    shown = [e for e in events if not wanted or e.slug in wanted]
    words = Words(language, now.tzinfo or UTC, config.templates)
    words = words.of(shown[0], config.templates) if shown else words
    messages, mails, notices = rows.waiting_for_a_person(session), rows.stuck_mails(session), rows.in_the_way(session)
    known = {e.slug for e in events}
    only = events[0].slug if len(events) == 1 else None
    pages = []
    for number, event in enumerate(shown, 1):
        mine = [m for m in messages if (m.event or only) == event.slug]
        stuck = [m for m in mails if m.event == event.slug]
        histories = Histories(session, invitation_of(event, config))
        # What is of no event, such as a mailbox, stands with the one that comes first.
        told = [n for n in notices if n.event == event.slug or (number == 1 and n.event not in known)]
        source = Source(event, now, words.of(event, config.templates), histories, mine, stuck, told)
        pages.append(event_page(session, source, f"e{number}"))
    elsewhere = [m for m in messages if not wanted and (m.event or only) not in known]
    orphans = Needs(words, Histories(session, invitation_of(None, config))).of([], elsewhere, [])
    style, script = (asset(config.templates, f"report.{kind}") for kind in ("css", "js"))
    return {
        "w": words,
        "pages": pages,
        "seating": {f"e{n}": seating(session, e, words) for n, e in enumerate(shown, 1)},
        "invited": {f"e{n}": invited(session, e, words) for n, e in enumerate(shown, 1)},
        "orphans": [n for group in orphans for n in group.needs],
        "title": _title(words, pages[0].title if len(pages) == 1 else "", len(pages)),
        "as_of": words.text("page.as_of", moment=words.full(now), zone=words.zone_name()),
        "accounted": _accounted(words, numbers.messages_of(rows.dispositions(session))),
        "bar": charts.bar,
        "style": Markup(style),  # noqa: S704 -- our own file, no participant's text
        "script": Markup(script),  # noqa: S704 -- our own file, no participant's text
        "policy": policy(style, script),
    }


def asset(templates: Path, name: str) -> str:
    """Return a style or a script, to stand inside a page; ValueError where it would end its element."""
    text = find(templates, f"{FOLDER}/{name}").read_text("utf-8")
    if "</s" in text.casefold():
        raise ValueError(f"{name} must not hold an end tag: it stands inside the page")
    return text


def policy(style: str, script: str) -> str:
    """Return a content security policy under which only this style and this script run, and nothing is requested."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _title(words: Words, title: str, count: int) -> str:
    return words.text("page.title", title=title) if title else words.text("page.title_several", n=count)


def _accounted(words: Words, counts: dict[str, int]) -> str:
    """Say how many messages came and what each was, so that nobody wonders whether one was lost."""
    parts = [words.text(f"disposition.{d}", n=words.number(n)) for d, n in sorted(counts.items(), key=lambda p: -p[1])]
    return words.count("page.accounted", sum(counts.values()), parts=", ".join(parts) or "0")
