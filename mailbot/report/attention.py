"""What needs a person, in words: questions, held messages, mails that are stuck, registrations to look over.

Needs and words in, plain values for the template out. Nothing here decides what needs a person: `numbers` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from mailbot.models import Notice, Outbox, Received
from mailbot.report import numbers
from mailbot.report.history import Histories, Letter
from mailbot.report.rows import Row
from mailbot.report.words import Words

MOST_NEEDS = 8
"""Things of one kind that are shown at once; the rest can be opened."""


@dataclass(frozen=True, slots=True)
class NeedShown:
    """One thing that needs a person, in words; `reply` is a mailto link, `row` the participant's id."""

    who: str
    at: datetime
    subject: str
    reasons: tuple[str, ...]
    words: str
    reply: str
    row: int | None
    letter: Letter | None


@dataclass(frozen=True, slots=True)
class Group:
    """The needs of one kind; `most` are shown at once."""

    title: str
    note: str
    needs: tuple[NeedShown, ...]
    most: int = MOST_NEEDS


class Needs:
    """Words what needs a person, with the message where there is one."""

    def __init__(self, words: Words, histories: Histories) -> None:
        self._words, self._histories = words, histories

    def of(
        self,
        people_rows: Sequence[Row],
        messages: Iterable[Received],
        mails: Iterable[Outbox],
        notices: Iterable[Notice] = (),
    ) -> list[Group]:
        """Return the needs in groups, the most urgent kind first."""
        found = numbers.needs(people_rows, messages, mails, notices)
        groups = []
        for kind in numbers.URGENT:
            shown = tuple(self._shown(n) for n in found if n.kind == kind)
            if shown:
                w = self._words
                groups.append(Group(w.text(f"needs.{kind}"), w.text(f"needs.note_{kind}"), shown))
        return groups

    def _shown(self, need: numbers.Need) -> NeedShown:
        w = self._words
        of_mail = need.kind in {"failed", "in_doubt"}
        if need.kind == "notice":
            reasons = tuple(
                w.text(f"notice.{r}") if w.has(f"notice.{r}") else w.text("notice.other") for r in need.reasons
            )
            return NeedShown(need.who, need.at, "", reasons, need.words, "", None, None)
        return NeedShown(
            who=need.who,
            at=need.at,
            subject=w.named("mail", need.subject) if of_mail else need.subject,
            reasons=tuple(w.reason(r) for r in need.reasons),
            words=need.words,
            reply=reply(need.address, "" if of_mail else need.subject),
            row=need.row,
            letter=self._histories.letter(need.received) if need.received is not None else None,
        )


def reply(address: str, subject: str) -> str:
    """Return a mailto link (RFC 6068), with everything encoded that could add a recipient or a header.

    Nothing for what is no address.
    """
    if "@" not in address:
        return ""
    link = "mailto:" + quote(address, safe="@+.-_")
    if not subject:
        return link
    told = subject if subject.casefold().startswith("re:") else f"Re: {subject}"
    return f"{link}?subject={quote(told, safe='')}"
