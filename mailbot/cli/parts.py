"""The parts, built from the configuration: wires, composer, deliverer, turns.

Wires connect when they are first used, so building costs nothing. Nothing here prints or decides.
"""

from __future__ import annotations

import threading

import sqlalchemy as sa

from mailbot.compose import Composer
from mailbot.config import Config, MailboxConfig
from mailbot.database import Database
from mailbot.deliver import SETTLE_AFTER, Deliverer, Evidence, NotYet
from mailbot.imap import ImapMailbox
from mailbot.maildir import MaildirMailbox, MaildirSession
from mailbot.models import Fact, Outbox, Received
from mailbot.reader import Reader
from mailbot.smtp import SmtpSession
from mailbot.wire import MailSink, MailSource
from mailbot.worker import Box, Clock, Turns, utc_now

AFTER_DOT = 240.0  # seconds to wait for the answer to the dot: RFC 5321 4.5.3.2.6 allows ten minutes, the watchdog five
OWN_HEADER = "X-Mailbot-Id"  # providers rewrite Message-ID; this header they leave alone


def source_of(mailbox: MailboxConfig) -> MailSource:
    """Return the wire to a mailbox: a server's, or a folder's."""
    return MaildirMailbox(mailbox) if mailbox.maildir is not None else ImapMailbox(mailbox)


def boxes_of(config: Config) -> list[Box]:
    """Return the mailboxes to collect from."""
    return [Box(source_of(m), m.name, m.folder, float(m.poll)) for m in config.mailboxes]


def sinks_of(config: Config, stop: threading.Event) -> list[MailSink]:
    """Return the connections to send over; `stop` shortens their waits."""
    if config.smtp.maildir is not None:
        return [MaildirSession(config.smtp)]
    return [SmtpSession(config.smtp, after_dot=AFTER_DOT, stop=stop) for _ in range(config.smtp.connections)]


def evidence_of(config: Config, database: Database, clock: Clock = utc_now) -> Evidence:
    """Return how a mail in doubt is settled, as the configuration says."""
    if config.smtp.maildir is not None:
        sent = MaildirSession(config.smtp)
        return lambda row: sent.find_sent(OWN_HEADER, _own_id(row))
    if config.smtp.evidence == "sent" and config.evidence_mailbox is not None:
        return _in_sent_folder(config.evidence_mailbox)
    if config.smtp.evidence == "copy":
        return lambda row: _came_back(database, config, row, clock)
    return lambda _row: None


def _own_id(row: Outbox) -> str:
    return row.message_id.strip("<>")


def _in_sent_folder(mailbox: MailboxConfig) -> Evidence:
    def look(row: Outbox) -> bool | None:
        wire = ImapMailbox(mailbox)  # a connection of its own: the mailbox's belongs to another thread
        try:
            wire.open()
            return wire.find_sent(OWN_HEADER, _own_id(row))
        finally:
            wire.close()

    return look


def _came_back(database: Database, config: Config, row: Outbox, clock: Clock) -> bool:
    """Say whether the copy to ourselves has been collected and read; raises NotYet before that could have been."""
    query = sa.select(Received.id).where(Received.rule == "own_mail", Received.message_id == row.message_id)
    unread = sa.select(Received.id).where(Received.disposition == "new")
    names = [f"contact {mailbox.name}" for mailbox in config.mailboxes]
    with database.read() as session:
        if session.scalar(query.limit(1)) is not None:
            return True
        looked = session.scalars(sa.select(Fact.at).where(Fact.name.in_(names))).all()
        read_all = session.scalar(unread.limit(1)) is None
    # After a downtime the copy may lie in the mailbox: not seeing it proves nothing before every mailbox was read.
    enough = (row.in_doubt_at or row.created_at) + SETTLE_AFTER
    # What was noted by a clock that ran ahead proves nothing either.
    if len(looked) < len(names) or min(looked) < enough or max(looked) > clock() or not read_all:
        raise NotYet("the mailboxes were not read since")
    return False


def turns_of(config: Config, database: Database, stop: threading.Event, clock: Clock = utc_now) -> Turns:
    """Return the turns of work on a database that is open; `stop` ends them early."""
    composer = Composer(config.templates, config)
    evidence = evidence_of(config, database, clock)
    deliverer = Deliverer(database, config, composer, sinks_of(config, stop), evidence, stop.is_set, clock)
    return Turns(database, config, deliverer, clock, Reader())
