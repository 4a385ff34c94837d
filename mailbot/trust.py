"""What shows who wrote a message: the server's word on its From, and the tokens of our mails that it answers.

Reads rows, changes none. What follows from it, `registry.vouched` says: what a message may change.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import authentication, outbox, registry, tokens
from mailbot.config import Config
from mailbot.message import Message
from mailbot.models import Outbox
from mailbot.registry import Vouched

ADDRESSED = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-forwarded-to")
"""Headers in which servers write whom a message was for, beside To and Cc."""

MOST_MAILS = 20  # mails of ours that one message is taken to answer: the latest in its thread


def addressed_to(mail: Message) -> list[str]:
    """Return every address that a message was sent to, as far as its header shows."""
    written = [value.strip().strip("<>") for name in ADDRESSED for value in mail.all(name)]
    return [a.email for a in (*mail.to, *mail.cc)] + written


def mails_answered(session: Session, mail: Message, config: Config, now: datetime) -> list[Outbox]:
    """Return the mails of ours that a message answers, the latest first: by its thread, or by where it was sent.

    Only those whose token is genuine: made by us, for that mail. A forged, cut or foreign one is as good as none.
    """
    own, domain = config.smtp.from_.email, config.smtp.domain
    by_plus = [f"<{t}@{domain}>" for t in tokens.in_addresses(addressed_to(mail), own, tokens.REPLY)]
    return mails_of(session, [*by_plus, *reversed(mail.in_reply_to), *reversed(mail.references)], now)


def mails_of(session: Session, message_ids: Iterable[str], now: datetime) -> list[Outbox]:
    """Return our mails with these Message-IDs, as far as those are genuine, in the order given."""
    wanted = list(dict.fromkeys(i for i in message_ids if tokens.of_message_id(i)))[:MOST_MAILS]
    if not wanted:
        return []
    found = {row.message_id: row for row in session.scalars(sa.select(Outbox).where(Outbox.message_id.in_(wanted)))}
    if not found:
        return []
    secret = outbox.secret(session, now)
    return [row for one in wanted if (row := found.get(one)) is not None and _is_ours(row, one, secret)]


def _is_ours(row: Outbox, message_id: str, secret: str) -> bool:
    given = tokens.of_message_id(message_id)
    return tokens.is_genuine(given, secret, row.key, row.event, row.participant_id)


def vouched_for(session: Session, mail: Message, mailbox: str, config: Config, now: datetime) -> Vouched:
    """Return what shows who wrote a message that lay in the mailbox of that name."""
    server = next((m.authserv_id for m in config.mailboxes if m.name == mailbox), "")
    proven: set[int] = set()
    for row in mails_answered(session, mail, config, now):
        proven |= {row.participant_id} if row.participant_id is not None else set()
        if row.mail == "acknowledgement" and row.received_id is not None:
            proven |= {person.id for person in registry.people_of(session, row.received_id)}
    writer = mail.from_.email if mail.from_ else ""
    return Vouched(writer, authentication.verdict(mail, server), frozenset(proven))
