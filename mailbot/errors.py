"""Errors, named by what we do next.

Only errors that cross a floor live here. This module never decides what is one and never logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


class MailbotError(Exception):
    """Base of every error that mailbot raises on purpose; its text is a sentence for a person."""


class TryLater(MailbotError):
    """The other side can't do it now; the same thing may work later (4xx, network, time-out).

    `after` is the least wait that the other side asked for, None where it named none.
    """

    def __init__(self, reason: str, *, code: int | None = None, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code, self.after = reason, code, after


class Pause(TryLater):
    """The other side takes nothing from us for now: it speaks of our sender, sign-in, rate or quota, or of itself.

    No single message is at fault, so the way out as a whole waits; `after` as in TryLater.
    """


class GiveUp(MailbotError):
    """The other side will never do it (5xx, wrong password); a person must know."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


class InDoubt(MailbotError):
    """The message text was handed over but no verdict came back: it may or may not have been accepted."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.code = reason, code


class Held(MailbotError):
    """A message that a person must look at; `word` is the reason as one word, such as `encrypted`."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word, self.detail = word, detail


class DatabaseRefused(MailbotError):
    """The database can't be used as it is (newer version, locked by another mailbot, unreadable)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration or template: where, what, and what to write instead."""

    where: str
    what: str
    instead: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f"; {self.instead}" if self.instead else "")


class ConfigRefused(MailbotError):
    """The configuration has problems; all of them are listed, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
