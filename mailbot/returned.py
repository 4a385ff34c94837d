"""Mail that came back: which of ours it was, whom it was for, and what follows from it for them.

For good: nobody writes to that address again until it writes to us. For now: it is tried again, and counted. A
complaint ends all mail to that address. The organisers are told. Nothing here reads a report's text; `bounce` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import bounce, dsn, notices, outbox, phrases, registry, tokens, trust
from mailbot.addresses import ascii_form, key
from mailbot.config import Config
from mailbot.log import say
from mailbot.message import Message
from mailbot.models import Change, Outbox, Participant, Received, Returned
from mailbot.registry import Source, suggest

SOFT_MOST = 3
"""Times in a row that mail comes back for now until an address counts as dead …"""
SOFT_SPAN = timedelta(days=3)
"""… if the first and the last are that far apart: a full mailbox or a broken server may be mended over a weekend."""
SOFT_AGAIN = timedelta(days=1)
"""How long a mail-out that came back for now waits; its server has tried for hours or days already."""
PASSES = ("4.", "5.2.")
"""How status codes (RFC 3463) begin that may pass by themselves: not now, or the mailbox is full; a policy does not."""
RECENT = timedelta(days=10)
"""How old a mail may be that a report names only by its address: servers try for five days (RFC 5321 4.5.4)."""
WROTE_BEFORE = timedelta(hours=1)
"""A message dated so much earlier than a report was written before it, and says nothing against it; clocks differ."""


def note(session: Session, row: Received, mail: Message, source: Source, config: Config) -> None:
    """Record what one report says, inside the caller's transaction."""
    found = bounce.read(mail)
    if found is None:
        return
    theirs = [r for r in found.recipients if not any(config.is_own(a) for a in r.addresses)]
    row.reason = "; ".join(f"{r.address} {r.status or r.action}" for r in theirs or found.recipients)[:500]
    if found.recipients and not theirs:
        return  # the copy to ourselves: whom the mail was for may have got it all the same
    complaint = any(r.action == "complaint" for r in theirs)
    failed = [r for r in theirs if r.action == "failed"]
    if not (complaint or failed):
        return
    sent = _our_mail(session, mail, found, config, source.at)
    if sent is None and not (source.vouched and source.vouched.verdict == "fail"):
        sent = _by_recipient(session, theirs, source.at)
    if sent is None:
        row.review = " ".join([*row.review.split(), "nothing_sent_there"])
        return
    how = "complaint" if complaint else "hard" if any(r.hard for r in failed) else "soft"
    _came_back(session, sent, _Report(how, _words(failed), row.id), config, source.at)


@dataclass(frozen=True, slots=True)
class _Report:
    """What a report comes to: `how` is one of RETURNED, `words` are the server's, `received_id` is its message's."""

    how: str
    words: str
    received_id: int | None = None

    @property
    def passes(self) -> bool:
        """Whether it may be over by itself."""
        return self.how == "soft" and self.words.startswith(PASSES)

    @property
    def reachable(self) -> str:
        """What becomes of the people at that address, as one of REACHABLE."""
        return "complained" if self.how == "complaint" else "unreachable"


def refused(session: Session, sent: Outbox, reason: str, config: Config, now: datetime) -> None:
    """Record that a server refused a mail at once because there is no such address: the same as a report of it."""
    status = dsn.status_of("", reason)
    if sent.recipient.lower() in reason.lower() and dsn.is_hard(status, phrases.fold(reason)):
        _came_back(session, sent, _Report("hard", reason), config, now)


def _words(failed: Sequence[bounce.Recipient]) -> str:
    worst = next((r for r in failed if r.hard), failed[0] if failed else None)
    return f"{worst.status} {worst.diagnostic}".strip() if worst else "complaint"


def _our_mail(session: Session, mail: Message, found: bounce.Bounce, config: Config, now: datetime) -> Outbox | None:
    """Return our mail that a report speaks of: by the address that it was sent to, by the Message-ID of what it
    returns, or by our own header where that was rewritten."""
    own, domain = config.smtp.from_.email, config.smtp.domain
    by_plus = [f"<{t}@{domain}>" for t in tokens.in_addresses(trust.addressed_to(mail), own, tokens.ENVELOPE)]
    by_header = [f"<{found.mailbot_id.strip('<>')}>"] if found.mailbot_id else []
    return next(iter(trust.mails_of(session, [*by_plus, *found.message_ids, *by_header], now)), None)


def _by_recipient(session: Session, recipients: Iterable[bounce.Recipient], now: datetime) -> Outbox | None:
    """Return the latest mail that was sent lately to an address that a report names; None where there was none.

    Anybody can write such a report: it must at least know of a mail that left.
    """
    addresses = {a.lower() for r in recipients for a in r.addresses}
    query = sa.select(Outbox).where(
        sa.func.lower(Outbox.recipient).in_(addresses), Outbox.state.in_(("sent", "in_doubt", "failed")),
        sa.func.coalesce(Outbox.in_doubt_at, Outbox.done_at) > now - RECENT,
    )  # fmt: skip
    return session.scalar(query.order_by(Outbox.id.desc()).limit(1))


def _came_back(session: Session, sent: Outbox, report: _Report, config: Config, now: datetime) -> None:
    address = key(sent.recipient)
    if sent.state in ("sent", "in_doubt") and report.how != "complaint":
        # An answer to what somebody wrote is old by tomorrow; what is owed to a participant is not.
        again = now + SOFT_AGAIN if report.passes and sent.mail != "acknowledgement" else None
        outbox.note_returned(session, sent, f"came back: {report.words}", now, again=again)
    session.add(Returned(address=address[:320], how=report.how, words=report.words[:500], at=now,
                         received_id=report.received_id, outbox_id=sent.id))  # fmt: skip
    session.flush()
    say("mail_came_back", mail=sent.mail, to=sent.recipient, how=report.how, id=sent.id)
    if report.how == "soft" and not _too_often(session, address):
        return
    people = _people_at(session, address)
    for person in people:
        _stop(session, person, report, config, now)
    for owed in _answers_waiting(session, address):
        outbox.withdraw(session, owed, report.reachable, now)
    if not people and not _moved_on(session, sent):
        kind = "came_back" if report.reachable == "unreachable" else "complained"
        notices.tell(session, kind, address, now, address=sent.recipient, detail=report.words, event=sent.event,
                     received_id=report.received_id)  # fmt: skip


def _too_often(session: Session, address: str) -> bool:
    """Say whether mail to an address has come back for now so often, over so long, that it counts as dead."""
    query = sa.select(sa.func.count(), sa.func.min(Returned.at), sa.func.max(Returned.at))
    count, first, last = session.execute(
        query.where(Returned.address == address, Returned.how == "soft", Returned.void_at.is_(None))
    ).one()
    return bool(count >= SOFT_MOST and last - first >= SOFT_SPAN)


def _people_at(session: Session, address: str) -> list[Participant]:
    """Return everybody to whom mail goes by an address, of whatever event; it may have been corrected since."""
    near = sa.select(Participant).where(sa.func.lower(Participant.write_to).in_((address, ascii_form(address))))
    return list(session.scalars(near.order_by(Participant.id)))


def _moved_on(session: Session, sent: Outbox) -> bool:
    person = session.get(Participant, sent.participant_id) if sent.participant_id else None
    return person is not None and key(person.write_to or "") != key(sent.recipient)


def _answers_waiting(session: Session, address: str) -> Sequence[Outbox]:
    query = sa.select(Outbox).where(
        sa.func.lower(Outbox.recipient).in_((address, ascii_form(address))), Outbox.mail == "acknowledgement",
        Outbox.state == "waiting",
    )  # fmt: skip
    return session.scalars(query).all()


def _stop(session: Session, person: Participant, report: _Report, config: Config, now: datetime) -> None:
    """Write no more to a participant, and tell the organisers, with the address that may have been meant."""
    how, address = report.reachable, person.write_to or ""
    if registry.note_unreachable(session, person, how, who="mail server", words=report.words, at=now):
        own = {key(a) for a in config.own_addresses}
        perhaps = suggest.note_unreachable(session, person, address, own) if how == "unreachable" else []
        detail = f"{report.words}; perhaps {', '.join(perhaps)}" if perhaps else report.words
        notices.tell(session, how, str(person.id), now, address=address, detail=detail, event=person.event,
                     participant_id=person.id, received_id=report.received_id)  # fmt: skip
    waiting = sa.select(Outbox).where(Outbox.participant_id == person.id, Outbox.state == "waiting")
    for owed in session.scalars(waiting).all():
        outbox.withdraw(session, owed, how, now)


def heard(session: Session, source: Source) -> None:
    """Note that an address is alive: its owner wrote from it. What is owed to them is owed again.

    Not by a program's answer: a mailbox that is closed may say so by itself and refuse everything all the same. And not
    after a complaint, which only a person takes back.
    """
    address = key(source.writer)
    open_ = sa.select(Returned).where(
        Returned.address == address, Returned.void_at.is_(None), Returned.how != "complaint"
    )
    written = (source.sent_at or source.at) + WROTE_BEFORE
    over = [one for one in session.scalars(open_) if one.at <= written]
    if not over:
        return
    for one in over:
        one.void_at = source.at
    for person in _people_at(session, address):
        if person.reachable == "unreachable":
            registry.note_reachable(session, person, source)
        elif person.reachable == "yes":
            session.add(Change(participant_id=person.id, at=source.at, who=source.who, field="reachable",
                               received_id=source.received_id, old=None, new="yes"))  # fmt: skip


def complained(session: Session, address: str) -> bool:
    """Say whether somebody at an address called our mail unwanted."""
    query = sa.select(Returned.id).where(Returned.address == key(address), Returned.how == "complaint")
    return session.scalar(query.where(Returned.void_at.is_(None)).limit(1)) is not None


def is_dead(session: Session, address: str) -> bool:
    """Say whether mail to an address came back for good, and it has not written since."""
    query = sa.select(Returned.id).where(Returned.address == key(address), Returned.how == "hard")
    return session.scalar(query.where(Returned.void_at.is_(None)).limit(1)) is not None
