"""Reads what organisers' orders need, outside of any transaction: the held message, and their own words.

Their words are read as if the participant had written them, by the same reader. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from sqlalchemy.orm import Session

from mailbot.compose.brief import language_of
from mailbot.config import Config, EventConfig
from mailbot.errors import Held
from mailbot.models import Notice, Received
from mailbot.reader import Here
from mailbot.recording import Read
from mailbot.report.words import Words
from mailbot.review.orders import CORRECT, Order
from mailbot.review.whom import people_of
from mailbot.rsvp.answer import Invitation, Reading

NOBODY = "somebody@participant.invalid"
"""Who writes the synthetic message in which an organiser's words are read, where no address is known (RFC 2606)."""

THREAD = "<correction@participant.invalid>"
"""What the synthetic message answers, so that it counts as a reply."""

Known = Callable[[EventConfig], Invitation]
"""What the reader may know of an event."""


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decides, when, by which message (None: on the terminal), and whether a worker is at work meanwhile."""

    who: str
    now: datetime
    config: Config
    received_id: int | None = None
    working: bool = True

    def reason(self, word: str) -> str:
        """Return a reason as a sentence in the organisers' language."""
        return Words(language_of(self.config), UTC, self.config.templates).reason(word)


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order with what was read for it: the held message, and what the organiser's own words say of somebody."""

    order: Order
    notice_id: int | None
    held: Read | None = None
    said: Reading | None = None


def prepare(
    session: Session, orders: Sequence[Order], only: Notice | None, *, decider: Decider, reader: Here, known: Known
) -> list[Prepared]:
    """Read what the orders need; `only` is what an order without a number is about. Changes nothing."""
    return [_prepare(session, one, only, decider=decider, reader=reader, known=known) for one in orders]


def _prepare(
    session: Session, order: Order, only: Notice | None, *, decider: Decider, reader: Here, known: Known
) -> Prepared:
    notice = session.get(Notice, order.number) if order.number is not None else only
    if notice is None:
        return Prepared(order, None)
    event = event_of(notice.event, decider)
    row = session.get(Received, notice.received_id) if notice.received_id else None
    held, said = None, None
    readable = row is not None and row.disposition == "held" and not row.truncated
    if row is not None and row.raw and readable and order.verb in ("accept", "same_person", CORRECT):
        with suppress(Held):
            mail, reading = reader(row.raw, known(event))
            held = Read(row.id, mail, event, reading)
    if order.verb in ("accept", CORRECT) and order.rest:
        raw = _as_message(_about(session, notice, row), event, order.rest, decider)
        with_thread = replace(known(event), message_ids=known(event).message_ids | {THREAD})
        with suppress(Held):
            said = reader(raw, with_thread)[1]
    return Prepared(order, notice.id, held, said)


def event_of(slug: str | None, decider: Decider) -> EventConfig:
    known = next((e for e in decider.config.events if e.slug == slug), None)
    ahead = [e for e in decider.config.events if e.ends > decider.now]
    return known or min(ahead or decider.config.events, key=lambda e: e.starts)


def _about(session: Session, notice: Notice, row: Received | None) -> tuple[str, str]:
    """Return the name and address of whom a notice is about, "" where they aren't known."""
    people = people_of(session, notice, row)
    if len(people) == 1:
        return people[0].name or "", people[0].write_to or people[0].email or ""
    return (row.sender_name, row.sender) if row is not None else ("", notice.address)


def _as_message(about: tuple[str, str], event: EventConfig, text: str, decider: Decider) -> bytes:
    """Return an organiser's words as the participant would have written them, for the same reader."""
    made = EmailMessage(policy=SMTP)
    name, address = about
    try:
        made["From"] = formataddr((name, address or NOBODY))
    except ValueError:
        made["From"] = NOBODY
    made["To"] = decider.config.smtp.from_.email
    made["Subject"] = f"Re: {event.title_in(language_of(decider.config))}"
    made["Date"] = format_datetime(decider.now)
    made["In-Reply-To"] = THREAD
    made.set_content(text + "\n")
    return made.as_bytes()
