"""Mails to the organisers: alerts, the daily digest, and the answers to their decisions.

A `Brief` in, a message out. Their layouts stand in `templates/organisers/*.md`, their words in `<language>.toml` beside
them; an organisation's own templates lie over those that came with mailbot, so that folders from before still work.
What people wrote is masked like in every mail. Nothing here looks anything up.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from babel import Locale
from jinja2 import FileSystemLoader

from mailbot.addresses import Address
from mailbot.compose.headers import address_header, header, ids_header
from mailbot.compose.render import FAULTS, Rendered, environment, mask, render
from mailbot.compose.typeset import typeset
from mailbot.config import Config, builtin_templates
from mailbot.errors import MailbotError

ALERT, DIGEST, DECISION = "alert", "digest", "decision"
TO_ORGANISERS = (ALERT, DIGEST, DECISION)
"""The mails that go to the organisers and to nobody else; they are owed whatever becomes of an event."""

FOLDER = "organisers"
"""The folder below the templates that holds them."""

FALLBACK = "en"
"""The language of last resort; its words are always shipped."""

QUOTED = 1500
"""Characters of somebody's own words that an alert shows: enough to answer a question without opening anything else."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing: its `number` to name it by (0: none), what it is, who it is about, why, and their words."""

    number: int
    title: str
    who: str = ""
    address: str = ""
    event: str = ""
    why: str = ""
    subject: str = ""
    words: str = ""
    decide: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """One event in the digest: figures as (label, value), and lines of news."""

    title: str
    when: str
    figures: tuple[tuple[str, str], ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along; `kind` is its content type."""

    name: str
    kind: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Brief:
    """One mail to an organiser. Texts are plain and in the organisers' language; `reply_to` () is the sender's own."""

    mail: str
    recipient: str
    message_id: str
    now: datetime
    zone: tzinfo
    subject: str
    heading: str
    intro: str = ""
    items: tuple[Item, ...] = ()
    blocks: tuple[Block, ...] = ()
    more: str = ""
    how: str = ""
    files: str = ""
    not_understood: bool = False
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def digest(self) -> str:
        """A digest of all that it says, its moment left out."""
        parts = {n: getattr(self, n) for n in self.__dataclass_fields__ if n not in ("now", "attachments")}
        files = [(one.name, hashlib.sha256(one.data).hexdigest()) for one in self.attachments]
        return hashlib.sha256(repr((sorted(parts.items()), files)).encode("utf-8", "replace")).hexdigest()


class Say:
    """The organisers' words in one language: `text("done.settled")`, with {names} filled in."""

    def __init__(self, templates: Path, language: str) -> None:
        self.language = language if _file(templates, f"{language}.toml") else FALLBACK
        self.texts = _texts(templates, self.language)

    def _find(self, key: str) -> Any:
        node: Any = self.texts
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def has(self, key: str) -> bool:
        """Return whether there is such a text."""
        return isinstance(self._find(key), str)

    def text(self, key: str, **values: object) -> str:
        """Return a text by its dotted key; KeyError where there is none."""
        text = self._find(key)
        if not isinstance(text, str):
            raise KeyError(f"organisers' mails have no text {key!r} in {self.language!r}")
        return text.format_map({name: str(value) for name, value in values.items()}) if values else text

    def count(self, key: str, number: int) -> str:
        """Return the text for a number of things, by the language's plural rules; {n} is the number."""
        form = Locale.parse(self.language).plural_form(number)
        return self.text(f"{key}.{form}" if self.has(f"{key}.{form}") else f"{key}.other", n=number)


def _file(templates: Path, name: str) -> Path | None:
    folders = (templates, builtin_templates())
    return next((path for folder in folders if (path := folder / FOLDER / name).is_file()), None)


@cache
def _read(path: Path, _stamp: int) -> dict[str, Any]:
    return tomllib.loads(path.read_text("utf-8-sig"))


def _texts(templates: Path, language: str) -> dict[str, Any]:
    """Lay the organisation's own words over the shipped ones, and those over the English ones."""
    shipped = builtin_templates() / FOLDER
    layers = [shipped / f"{FALLBACK}.toml", shipped / f"{language}.toml", templates / FOLDER / f"{language}.toml"]
    texts: dict[str, Any] = {}
    for path in dict.fromkeys(layers):
        if path.is_file():
            texts = _over(texts, _read(path, path.stat().st_mtime_ns))
    return texts


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = {**below, **above}
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), Mapping):
            both[key] = _over(below[key], value)
    return both


def language_of(config: Config) -> str:
    """Return the language in which organisers are written to."""
    return config.organisers.language or config.languages[0]


def compose_brief(brief: Brief, config: Config) -> bytes:
    """Return the message, with CRLF line ends; raises MailbotError where a template fails."""
    say = Say(config.templates, language_of(config))
    rendered = rendered_brief(brief, config, say)
    return _headers(brief, rendered.subject, say, config).encode("utf-8") + _body(brief, rendered)


def rendered_brief(brief: Brief, config: Config, say: Say) -> Rendered:
    """Return subject, text and HTML; raises MailbotError where a template fails."""
    env = environment(config.templates)
    env.loader = FileSystemLoader([config.templates, builtin_templates()])
    try:
        told = render(env, f"{FOLDER}/{brief.mail}.md", _values(brief, say), partial(typeset, language=say.language))
    except FAULTS as error:
        raise MailbotError(f"the template {FOLDER}/{brief.mail}.md can't be used: {error}") from error
    return told


def _values(brief: Brief, say: Say) -> dict[str, Any]:
    items = [{name: mask(str(getattr(one, name)), QUOTED) for name in one.__dataclass_fields__} for one in brief.items]
    blocks = [
        {"title": mask(b.title), "when": mask(b.when), "figures": [(mask(n), mask(v)) for n, v in b.figures],
         "lines": [mask(line, QUOTED) for line in b.lines]}
        for b in brief.blocks
    ]  # fmt: skip
    plain = {n: mask(getattr(brief, n), QUOTED) for n in ("subject", "heading", "intro", "more", "how", "files")}
    return plain | {
        "items": items, "blocks": blocks, "not_understood": brief.not_understood,
        "say": {"words": {n: mask(text) for n, text in say.texts["words"].items()}},
        "footer": mask(say.text("words.footer")), "language": say.language, "direction": "ltr",
    }  # fmt: skip


def _headers(brief: Brief, subject: str, say: Say, config: Config) -> str:
    """Return the header lines; by the X- lines and Auto-Submitted (RFC 3834) we and others know it for a program's."""
    answers = brief.mail == DECISION
    lines = [
        address_header("From", [config.smtp.from_]),
        address_header("To", [Address("", brief.recipient)]),
        address_header("Reply-To", brief.reply_to) if brief.reply_to else "",
        header("Subject", subject),
        header("Date", format_datetime(brief.now.astimezone(brief.zone))),
        ids_header("Message-ID", [f"<{brief.message_id.strip('<>')}>"]),
        ids_header("In-Reply-To", [brief.in_reply_to]),
        ids_header("References", [*brief.references, brief.in_reply_to]),
        header("Auto-Submitted", "auto-replied" if answers else "auto-generated"),
        header("X-Auto-Response-Suppress", "All"),
        header("X-Mailbot-Mail", brief.mail),
        header("X-Mailbot-Id", brief.message_id.strip("<>")),
        header("Content-Language", say.language),
    ]
    return "".join(f"{line}\r\n" for line in lines if line)


def _body(brief: Brief, rendered: Rendered) -> bytes:
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit", max_line_length=78))
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    for one in brief.attachments:
        main, _, sub = one.kind.partition("/")
        message.add_attachment(one.data, maintype=main, subtype=sub, filename=one.name, cte="base64")
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        # The same brief gives the same bytes; "=_" can't occur in the parts' encodings (RFC 2045 6.7).
        part.set_boundary(f"=_{hashlib.sha256(brief.message_id.encode()).hexdigest()[:24]}_{number}")
    return message.as_bytes()
