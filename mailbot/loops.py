"""Whether a message may be answered: never robots and lists, nobody too often, and no program that only repeats itself.

RFC 3834 section 2, and what it can't know: autoresponders without its headers, with another address each time, or on
the other side of a gateway that takes headers away. Nothing here records anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import robots, tokens, trust
from mailbot.addresses import key
from mailbot.config import Config
from mailbot.message import Message
from mailbot.models import Outbox, Received

DAY = timedelta(days=1)
"""The time in which answers to one address are counted, and in which a program is taken to repeat itself."""

BURST, BURST_SPAN = 3, timedelta(minutes=10)
"""Answers in one thread within so short a time, after which a program is taken to be at the other end: people who have
to correct themselves a third time still get theirs."""

ACKNOWLEDGEMENT = "acknowledgement"

_NOBODYS = re.compile(
    r"mailer-daemon|postmaster|majordomo|listserv|mailman|owner-.*|.*-(?:owner|request|bounces?|errors)"
    r"|(?:.*[._+-])?(?:no|ne|do-?not|nao)[._-]?(?:reply|responder|repondre)",
    re.I,
)
"""Local parts behind which no person reads (RFC 3834 section 2, RFC 2142 section 6)."""


def refusal(session: Session, row: Received, mail: Message, to: str, *, config: Config, now: datetime) -> str:
    """Return why a message must not be answered, as a word; "" where it may."""
    if word := _by_headers(mail, to, config):
        return word
    limit = config.limits.acknowledgements_per_address_and_day
    thread = _in_thread(session, mail, config, now, max(limit, BURST))
    at_once = sum(row.created_at > now - BURST_SPAN for row in thread)
    if _answered_lately(session, to, now) >= limit or len(thread) >= limit or at_once >= BURST:
        return "answered_too_often"
    return "not_answered_repeats" if _repeats(session, row, mail, config, now) else ""


def _by_headers(mail: Message, to: str, config: Config) -> str:
    if robots.through_list(mail) or mail.header("precedence").strip().lower() in ("bulk", "junk", "list"):
        return "not_answered_list"
    auto = (v.partition(";")[0].partition("(")[0].strip().lower() for v in mail.all("auto-submitted"))
    if any(word not in ("", "no") for word in auto) or mail.header("x-mailbot-mail"):
        return "not_answered_robot"
    if any(value.replace(" ", "") == "<>" for value in mail.all("return-path")):
        return "not_answered_robot"
    if _NOBODYS.fullmatch(key(to).partition("@")[0]):
        return "not_answered_robot"
    # Only servers and programs write to the envelope's sender; people answer From or Reply-To.
    reports = tokens.in_addresses(trust.addressed_to(mail), config.smtp.from_.email, tokens.ENVELOPE)
    return "not_answered_robot" if reports else ""


def _base(address: str) -> str:
    """Return an address without what stands behind a plus: programs put a number there, another one each time."""
    local, _, domain = key(address).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def _answered_lately(session: Session, address: str, now: datetime) -> int:
    wanted = _base(address)
    local, _, domain = wanted.rpartition("@")
    low = sa.func.lower(Outbox.recipient)
    near = low.startswith(local, autoescape=True) & low.endswith(f"@{domain}", autoescape=True)
    query = sa.select(Outbox.recipient).where(
        Outbox.mail == ACKNOWLEDGEMENT, Outbox.created_at > now - DAY, sa.or_(near, low == address.lower())
    )
    return sum(_base(recipient) == wanted for recipient in session.scalars(query))


def _acknowledgements(session: Session, mail: Message, config: Config, now: datetime) -> list[Outbox]:
    """Return the acknowledgements of the last day that a message answers."""
    rows = trust.mails_answered(session, mail, config, now)
    return [row for row in rows if row.mail == ACKNOWLEDGEMENT and row.created_at > now - DAY]


def _in_thread(session: Session, mail: Message, config: Config, now: datetime, most: int) -> list[Outbox]:
    """Return acknowledgements of the last day in the conversation that a message goes on, whoever got them; not many
    more than `most`."""
    found: dict[int, Outbox] = {}
    ahead: Sequence[Outbox] = _acknowledgements(session, mail, config, now)
    while ahead and len(found) < most:
        found |= {row.id: row for row in ahead}
        wrote = [session.get(Received, row.received_id) for row in ahead if row.received_id is not None]
        threads = [one for row in wrote if row is not None for one in row.thread.split()]
        rows = trust.mails_of(session, threads, now)
        ahead = [r for r in rows if r.mail == ACKNOWLEDGEMENT and r.created_at > now - DAY and r.id not in found]
    return list(found.values())


def _repeats(session: Session, row: Received, mail: Message, config: Config, now: datetime) -> bool:
    """Say whether a message answers an acknowledgement in the very words that answered one today already.

    The same words of two people are no repetition: the earlier one must be of the same address, or have been answered
    by the mail that this one answers, or both answer mails to one address.
    """
    if not row.text_digest:
        return False
    answered = _acknowledgements(session, mail, config, now)
    if not answered:
        return False
    before = sa.select(Received).where(
        Received.text_digest == row.text_digest, Received.id < row.id, Received.collected_at > now - DAY,
        Received.disposition.not_in(("new", "duplicate", "held")),
    )  # fmt: skip
    recipients = {_base(one.recipient) for one in answered}
    for earlier in session.scalars(before.order_by(Received.id.desc()).limit(20)):
        if earlier.id in {one.received_id for one in answered}:
            return True
        theirs = [one for one in trust.mails_of(session, earlier.thread.split(), now) if one.mail == ACKNOWLEDGEMENT]
        same = key(earlier.from_address) == key(row.from_address)
        if theirs and (same or recipients & {_base(one.recipient) for one in theirs}):
            return True
    return False
