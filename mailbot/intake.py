"""One received message → registry and acknowledgement, in one transaction.

Reading is pure and happens before the transaction; what it says, the answer that is owed for it and the row's
disposition are then written together or not at all. Anything unforeseen leaves the row `held` with the reason, and the
next message goes on. Nothing here fetches, sends or composes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import calendar, guests, message, returned, review, tokens, trust
from mailbot.addresses import in_text, key
from mailbot.config import Config, EventConfig
from mailbot.database import Database, in_trouble
from mailbot.errors import Held
from mailbot.fingerprint import text_digest
from mailbot.letters import event_of_uid
from mailbot.log import say, warn
from mailbot.message import Message
from mailbot.models import Outbox, Received
from mailbot.privacy import asked, forget
from mailbot.reader import Here
from mailbot.recording import ANSWERED, Read, answer_address, record, source_of
from mailbot.rsvp.answer import Invitation, Reading

ROBOTS = ("bounce", "auto_reply", "held")
"""The kinds of message in which nobody asks us for anything."""
OWN = ("own_mail", "from_organiser")
"""The rules of mail that is ours or the organisers'."""
MOST_QUOTED = 3  # mails of ours that one reply is compared with: threads quote the last ones
MOST_ADDRESSES = 2000  # characters of the addresses that a message's own text names
FUTURE_SLACK = timedelta(days=1)  # a Date further ahead than this is a clock gone wrong, and says nothing


def invitation_of(event: EventConfig, config: Config) -> Invitation:
    """Return what the reader may know of an event beforehand."""
    return Invitation(
        message_ids=frozenset(event.invitations),
        own_addresses=config.own_addresses,
        invitation_texts=event.invitation_texts,
        subject_words=event.subject_words,
        required=event.required,
    )


def take_one(database: Database, config: Config, now: datetime, reader: Here | None = None) -> bool:
    """Read the oldest `new` message and record it; returns whether there was one."""
    with database.read() as session:
        row = session.scalar(sa.select(Received).where(Received.disposition == "new").order_by(Received.id).limit(1))
    if row is None:
        return False
    read: Read | None = None
    try:
        with database.read() as session:
            head = message.read(_head(row.raw or b""))
            ours = trust.mails_answered(session, head, config, now)
            invited = guests.invited_at(session, _written_by(head))
            event = which_event(head, ours, config, now, [guest.event for guest in invited])
            known = _with_our_mail(invitation_of(event, config), head, ours, config)
        read = _read(row, event, known, config, reader or Here())
        read = _by_entry(read, row, known, config, reader or Here())
        wanted = _wanted(database, read, row, config=config, now=now, reader=reader or Here())
        if wanted is None:
            _hold_if_event_gone(read, ours, config)
        with database.write() as session:
            _record(session, read, config, now, wanted)
    except Held as e:
        _hold(database, row.id, read, (e.word, e.detail), config=config, now=now)
    except Exception as e:
        if in_trouble(e):
            raise  # the database is in trouble, not the message: it stays `new`
        # A message must never stop the ones behind it.
        _hold(database, row.id, read, ("unforeseen", f"{type(e).__name__}: {e}"), config=config, now=now)
    return True


def _wanted(
    database: Database, read: Read, row: Received, *, config: Config, now: datetime, reader: Here
) -> review.Asked | None:
    """Return what an organiser's message wants of us, None where it is nobody's who may decide, or wants nothing."""
    if read.message.from_ is None or not review.is_organiser(read.message.from_.email, config):
        return None
    with database.read() as session:
        ours = trust.mails_answered(session, read.message, config, now)
        return review.asked(session, read, row, ours, reader=reader, known=lambda event: invitation_of(event, config),
                            decider=_decider(read, config, now))  # fmt: skip


def _decider(read: Read, config: Config, now: datetime) -> review.Decider:
    writer = read.message.from_.email if read.message.from_ else ""
    return review.Decider(f"organiser {key(writer)}", now, config, read.id)


def _with_our_mail(invitation: Invitation, head: Message, ours: Sequence[Outbox], config: Config) -> Invitation:
    """Add our mails that a message answers: what it quotes of them isn't the writer's, what was filled in is.

    Of our addresses those with a token behind a plus are added: they stand in what people quote.
    """
    plus = {key(address) for address in trust.addressed_to(head) if config.is_own(address)}
    words = [word for one in ours if (word := tokens.of_message_id(one.message_id))]
    plus |= {key(tokens.plus_address(config.smtp.from_.email, tokens.REPLY, word)) for word in words}
    texts = tuple(message.read(one.body).text for one in ours[:MOST_QUOTED] if one.body)
    return replace(
        invitation,
        own_addresses=invitation.own_addresses | plus,
        message_ids=invitation.message_ids | {one.message_id for one in ours},
        invitation_texts=invitation.invitation_texts + texts,
    )


def _read(row: Received, event: EventConfig, known: Invitation, config: Config, reader: Here) -> Read:
    mail, said = reader(row.raw or b"", known)
    if row.truncated:
        allowed = next((m.max_bytes for m in config.mailboxes if m.name == row.mailbox), 0)
        said = Reading("held", rule="collect", reason="too_large" if row.size > allowed else "not_handed_out")
    return Read(row.id, mail, event, said)


def _by_entry(read: Read, row: Received, known: Invitation, config: Config, reader: Here) -> Read:
    """Read a calendar's answer as one to the event whose entry it answers, whatever its subject and thread say.

    Times that are proposed are told at the event's place. Raises Held where the configuration no longer has that event.
    """
    if read.reading.kind != "calendar_reply":
        return read
    uid = calendar.answered_uid(read.message)
    if slug := event_of_uid(uid, config):
        event = next((e for e in config.events if e.slug == slug), None)
        if event is None:
            raise Held("event_gone", f"{slug} is no longer in the configuration")
        known = replace(invitation_of(event, config), uids=frozenset({uid}), own_addresses=known.own_addresses)
        read = _read(row, event, known, config, reader)
    told = tuple(replace(a, review=tuple(_at_place(w, read.event) for w in a.review)) for a in read.reading.answers)
    return replace(read, reading=replace(read.reading, answers=told))


def _at_place(word: str, event: EventConfig) -> str:
    """Return a review word with the moment that it names, if any, by the clocks at the event's place."""
    name, _, moment = word.partition(":")
    if name != calendar.COUNTER or not moment.endswith("Z"):
        return word
    return f"{name}:{datetime.fromisoformat(moment).astimezone(event.zone).isoformat(timespec='minutes')}"


def _head(raw: bytes) -> bytes:
    """Return a message's headers: enough to tell what it answers."""
    most = message.Limits().header_bytes
    ends = [at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, 0, most)) >= 0]
    return raw[: min(ends, default=most)] + b"\r\n\r\n"


def _written_by(mail: Message) -> set[str]:
    return {address.email for address in (mail.from_, mail.sender, *mail.reply_to) if address}


def which_event(
    mail: Message, ours: Sequence[Outbox], config: Config, now: datetime, invited: Sequence[str] = ()
) -> EventConfig:
    """Return the event that a message is about: by the mail that it answers (`ours` are those that mailbot sent), by
    its subject, by what its writer was invited to (`invited`, slugs), else the next one that takes place."""
    if answered := _event_answered(mail, ours, config):
        return answered
    coming = sorted((e for e in config.events if e.ends > now), key=lambda e: (e.cancelled, e.starts))
    coming = coming or list(config.events)
    subject = mail.subject.casefold()
    named = (e for e in coming if any(word.casefold() in subject for word in e.subject_words))
    asked = (e for e in coming if e.slug in invited)
    return next(named, None) or next(asked, coming[0])


def _event_answered(mail: Message, ours: Sequence[Outbox], config: Config) -> EventConfig | None:
    answered = {*mail.in_reply_to, *mail.references}
    for event in config.events:
        if answered & set(event.invitations):
            return event
    return next((e for one in ours for e in config.events if e.slug == one.event), None)


def _hold_if_event_gone(read: Read, ours: Sequence[Outbox], config: Config) -> None:
    """Raise Held where somebody answers our mail about an event that the configuration no longer has.

    What they say must not count for another event.
    """
    if ours and read.reading.kind in ANSWERED and _event_answered(read.message, ours, config) is None:
        raise Held("event_gone", f"{ours[0].event} is no longer in the configuration")


def _record(session: Session, read: Read, config: Config, now: datetime, wanted: review.Asked | None = None) -> None:
    row = session.get(Received, read.id, with_for_update=True)
    if row is None or row.disposition != "new":
        return
    _note_headers(row, read, config, now)
    if (first := _copy_of(session, row)) is not None:
        row.disposition, row.duplicate_of, row.raw = "duplicate", first, None
        if forget.is_forgotten(session, first):
            forget.blank(session, [row.id])  # its writer was forgotten: the copy that still lies there changes nothing
        say("message_read", id=row.id, disposition="duplicate", of=first)
        return
    disposition, rule = _own_mail(read, config) or (read.reading.kind, read.reading.rule)
    row.disposition, row.rule, row.event = disposition, rule[:255], read.event.slug
    row.language, row.question = read.reading.language, read.reading.question
    row.review, row.reason = " ".join(read.reading.review), read.reading.reason
    if wanted is not None:
        review.carry_out(session, row, wanted, _decider(read, config, now))
        say("message_read", id=row.id, disposition=row.disposition, sender=row.sender or None, rule=row.rule)
        return
    source = source_of(session, row, read, config, now)
    if disposition == "bounce":
        returned.note(session, row, read.message, source, config)
    if disposition not in ROBOTS and rule not in OWN and asked.erasure(read.reading.own_text):
        raise Held("erasure_asked", "")
    done = record(session, row, read, source, config=config, now=now)
    say("message_read", id=row.id, disposition=disposition, sender=row.sender or None, people=len(done) or None,
        rule=rule or None, reason=row.reason or None)  # fmt: skip


def _note_headers(row: Received, read: Read, config: Config, now: datetime) -> None:
    mail = read.message
    writer = answer_address(mail, config)
    row.read_at, row.subject = now, mail.subject[:998]
    own = mail.header("x-mailbot-id")  # providers rewrite our Message-ID, but not this one
    row.message_id = f"<{own[:250]}>" if own else mail.message_id[:998]
    # Of a reply without References, In-Reply-To names the one before (RFC 5322 3.6.4).
    row.thread = " ".join([*(mail.references or mail.in_reply_to[:1]), mail.message_id]).strip()[:8000]
    row.from_address = mail.from_.email if mail.from_ else ""
    row.text_digest = text_digest(read.reading.own_text)
    row.addresses = " ".join(a for a in in_text(read.reading.own_text) if not config.is_own(a))[:MOST_ADDRESSES]
    row.sender, row.sender_name = (writer.email, writer.name) if writer else ("", "")
    # A clock that runs ahead must not make everything that its owner writes later look old.
    row.sent_at = min(mail.date, now) if mail.date and mail.date < now + FUTURE_SLACK else None


def _copy_of(session: Session, row: Received) -> int | None:
    """Return the row that holds the same message already: both organisers' copies of one reply are one."""
    same = sa.select(Received.id).where(Received.fingerprint == row.fingerprint, Received.id != row.id)
    return session.scalar(same.where(Received.disposition.not_in(("new", "duplicate"))).order_by(Received.id).limit(1))


def _own_mail(read: Read, config: Config) -> tuple[str, str] | None:
    """Recognise mail of our own (a copy to ourselves, the invitation) and the organisers'; robots stay robots."""
    if read.reading.kind in ("bounce", "auto_reply", "held"):
        return None
    mail = read.message
    if mail.from_ is None or not config.is_own(mail.from_.email):
        return None
    return "unrelated", "own_mail" if mail.header("x-mailbot-mail") else "from_organiser"


def _hold(
    database: Database, row_id: int, read: Read | None, why: tuple[str, str], *, config: Config, now: datetime
) -> None:
    """Set a message aside for a person, in a transaction of its own."""
    try:
        _hold_with(database, row_id, read, why, config=config, now=now)
    except Exception as e:
        if in_trouble(e):
            raise
        # What can't be written down about it must not keep it from being held.
        _hold_with(database, row_id, None, (why[0], f"{why[1]} ({type(e).__name__})".strip()), config=config, now=now)
    warn("message_held", id=row_id, reason=why[0])


def _hold_with(
    database: Database, row_id: int, read: Read | None, why: tuple[str, str], *, config: Config, now: datetime
) -> None:
    word, detail = why
    reason = f"{word}: {detail}" if detail else word
    with database.write() as session:
        row = session.get(Received, row_id)
        if row is not None and row.disposition == "new":
            row.disposition, row.reason, row.read_at = "held", reason.encode(errors="replace").decode(), now
            if read is not None:
                _note_headers(row, read, config, now)
                row.event = None if word == "event_gone" else read.event.slug
                row.language, row.question = read.reading.language, read.reading.question
