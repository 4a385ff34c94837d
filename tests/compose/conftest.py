"""What the tests of mails share: a composer, and a way to take a message apart as a mail program would."""

from __future__ import annotations

import email
import email.policy
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from mailbot.addresses import Address
from mailbot.compose import Composer, Letter, Person
from mailbot.config import builtin_templates
from tests.compose import screenshots

LANGUAGES = ("fr", "en", "es", "pt")
"""The languages that every mail is written in."""

MORE_LANGUAGES = (*LANGUAGES, "ar", "ru")
"""The languages of the acknowledgement, the guide and the reminder."""


@pytest.fixture(scope="session")
def composer() -> Composer:
    """A composer for the templates that come with mailbot."""
    return screenshots.composer()


@dataclass
class Opened:
    """A message as a mail program shows it."""

    raw: bytes
    message: EmailMessage

    def part(self, kind: str) -> EmailMessage:
        """Return the first part of a content type."""
        return next(part for part in self.message.walk() if part.get_content_type() == kind)

    @property
    def text(self) -> str:
        """The text part, with plain line ends."""
        return str(self.part("text/plain").get_content()).replace("\r\n", "\n")

    @property
    def plain(self) -> str:
        """The text part with plain spaces."""
        return self.text.replace("\u00a0", " ").replace("\u202f", " ")

    @property
    def html(self) -> str:
        """The HTML part."""
        return str(self.part("text/html").get_content())

    @property
    def kinds(self) -> list[str]:
        """The content types of all parts, in order."""
        return [part.get_content_type() for part in self.message.walk()]


def opened(raw: bytes) -> Opened:
    """Parse a message strictly: any defect that the standard library sees is an error."""
    strict = email.policy.default.clone(raise_on_defect=True)
    return Opened(raw, email.message_from_bytes(raw, policy=strict))


@pytest.fixture
def letter(composer: Composer) -> Letter:
    """An acknowledgement to somebody in Dakar who gave everything."""
    return replace(composer.sample("acknowledgement", "fr"), message_id="<ours.1@workers-network.example>")


@pytest.fixture
def person() -> Person:
    """Somebody who gave nothing but an address."""
    return Person(email="someone@mail.example")


@pytest.fixture
def compose(composer: Composer, letter: Letter) -> Callable[..., Opened]:
    """Compose the letter with changes, and open it."""
    return lambda **changes: opened(composer.compose(replace(letter, **changes)))


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a moment in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def address(name: str, mail: str) -> Address:
    """Return an address."""
    return Address(name, mail)


def own_templates(folder: Path, **files: str) -> Path:
    """Copy the templates that come with mailbot, and write some files anew ("guide_fr" stands for guide/fr.md)."""
    shutil.copytree(builtin_templates(), folder / "templates")
    for name, text in files.items():
        mail, _, language = name.rpartition("_")
        (folder / "templates" / mail / f"{language}.md").write_text(text, "utf-8")
    return folder / "templates"
