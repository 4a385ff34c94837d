"""One received message → registry and acknowledgement, in one transaction.

Reading is pure and happens before the transaction; what it says, the answer that is owed for it and the row's
disposition are then written together or not at all. Anything unforeseen leaves the row `held` with the reason, and the
next message goes on. Nothing here fetches, sends or composes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import bounce, message, outbox, registry, robots
from mailbot.addresses import key
from mailbot.config import Config, EventConfig
from mailbot.database import Database
from mailbot.errors import Held
from mailbot.log import say, warn
from mailbot.message import Address, Message
from mailbot.models import Outbox, Participant, Received
from mailbot.reader import Here
from mailbot.registry import Recorded, Source
from mailbot.rsvp.answer import Invitation, Reading

RECORDS = ("registration", "decline", "calendar_reply")
"""The kinds of message that change the registry."""
ANSWERED = (*RECORDS, "question")
"""The kinds of message that get an acknowledgement; never robots, bounces or lists (RFC 3834 section 2)."""
MOST_QUOTED = 3  # mails of ours that one reply is compared with: threads quote the last ones
SAME_TITLE = 0.6  # share of a title's words in a subject that shows whose invitation it answers; subjects get cut
FUTURE_SLACK = timedelta(days=1)  # a Date further ahead than this is a clock gone wrong, and says nothing


@dataclass(frozen=True, slots=True)
class Read:
    """One `new` row, read: the row's id, its message, the event that it is about, and what it says."""

    id: int
    message: Message
    event: EventConfig
    reading: Reading


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
            event = which_event(session, head, config, now)
            known = _with_our_mail(session, head, invitation_of(event, config))
        read = _read(row, event, known, reader or Here())
        with database.write() as session:
            _record(session, read, config, now)
    except Held as e:
        _hold(database, row.id, read, (e.word, e.detail), config=config, now=now)
    except sa.exc.OperationalError:
        raise  # the database is in trouble, not the message: it stays `new`
    except Exception as e:  # noqa: BLE001 -- a message must never stop the ones behind it
        _hold(database, row.id, read, ("unforeseen", f"{type(e).__name__}: {e}"), config=config, now=now)
    return True


def _with_our_mail(session: Session, head: Message, invitation: Invitation) -> Invitation:
    """Add our mails that a message answers: what it quotes of them isn't the writer's, what was filled in is."""
    answered = {*head.in_reply_to, *head.references}
    if not answered:
        return invitation
    query = sa.select(Outbox.message_id, Outbox.body).where(Outbox.message_id.in_(answered))
    ours = session.execute(query.order_by(Outbox.id.desc()).limit(MOST_QUOTED)).all()
    return replace(
        invitation,
        message_ids=invitation.message_ids | {message_id for message_id, _ in ours},
        invitation_texts=invitation.invitation_texts + tuple(message.read(body).text for _, body in ours if body),
    )


def _read(row: Received, event: EventConfig, known: Invitation, reader: Here) -> Read:
    mail, said = reader(row.raw or b"", known)
    if row.truncated:
        said = Reading("held", rule="collect", reason="too_large")
    return Read(row.id, mail, event, said)


def _head(raw: bytes) -> bytes:
    """Return a message's headers: enough to tell what it answers."""
    most = message.Limits().header_bytes
    ends = [at for mark in (b"\r\n\r\n", b"\n\n") if (at := raw.find(mark, 0, most)) >= 0]
    return raw[: min(ends, default=most)] + b"\r\n\r\n"


def which_event(session: Session, mail: Message, config: Config, now: datetime) -> EventConfig:
    """Return the event that a message is about: by the mail that it answers, by its subject, else the next one."""
    answered = {*mail.in_reply_to, *mail.references}
    for event in config.events:
        if answered & set(event.invitations):
            return event
    if answered:
        slug = session.scalar(sa.select(Outbox.event).where(Outbox.message_id.in_(answered)).limit(1))
        if found := next((e for e in config.events if e.slug == slug), None):
            return found
    coming = sorted((e for e in config.events if e.ends > now), key=lambda e: e.starts) or list(config.events)
    subject = mail.subject.casefold()
    named = (e for e in coming if any(word.casefold() in subject for word in e.subject_words))
    return next(named, coming[0])


def _record(session: Session, read: Read, config: Config, now: datetime) -> None:
    row = session.get(Received, read.id, with_for_update=True)
    if row is None or row.disposition != "new":
        return
    _note_headers(row, read, config, now)
    if (first := _copy_of(session, row)) is not None:
        row.disposition, row.duplicate_of, row.raw = "duplicate", first, None
        say("message_read", id=row.id, disposition="duplicate", of=first)
        return
    disposition, rule = _own_mail(read, config) or (read.reading.kind, read.reading.rule)
    row.disposition, row.rule, row.event = disposition, rule[:255], read.event.slug
    row.language, row.question = read.reading.language, read.reading.question
    row.review, row.reason = " ".join(read.reading.review), read.reading.reason
    if disposition == "bounce":
        _note_bounce(session, row, read.message, now)
    done = _people(session, row, read, disposition, now)
    if disposition in ANSWERED and not _only_noise(read.reading, done):
        _answer(session, row, read, done, config=config, now=now)
    say("message_read", id=row.id, disposition=disposition, sender=row.sender or None, people=len(done) or None,
        rule=rule or None, reason=row.reason or None)  # fmt: skip


def _note_headers(row: Received, read: Read, config: Config, now: datetime) -> None:
    mail = read.message
    writer = answer_address(mail, config.own_addresses)
    row.read_at, row.subject = now, mail.subject[:998]
    own = mail.header("x-mailbot-id")  # providers rewrite our Message-ID, but not this one
    row.message_id = f"<{own[:250]}>" if own else mail.message_id[:998]
    row.thread = " ".join([*mail.references, mail.message_id]).strip()[:8000]
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
    if mail.header("x-mailbot-mail") and mail.from_ and key(mail.from_.email) == key(config.smtp.from_.email):
        return "unrelated", "own_mail"
    if mail.from_ and key(mail.from_.email) in {key(a) for a in config.own_addresses}:
        return "unrelated", "from_organiser"
    return None


def _people(session: Session, row: Received, read: Read, disposition: str, now: datetime) -> list[Recorded]:
    if disposition not in RECORDS:
        return []
    if not row.sender:
        raise Held("no_sender", "nobody to answer to")
    if read.event.ends <= now:
        raise Held("event_over", f"{read.event.slug} ended {read.event.ends:%Y-%m-%d %H:%M %Z}")
    if not read.reading.answers:
        raise Held("nobody_named", read.reading.rule)
    source = Source(received_id=row.id, sender=row.sender, at=now, sent_at=row.sent_at,
                    utc_offset=_offset(read.message), language=read.reading.language)  # fmt: skip
    return registry.record(session, read.event.slug, read.reading, source)


def _offset(mail: Message) -> int | None:
    """Return the minutes east of UTC that the writer's clock shows; None where it says nothing (-0000, UTC servers)."""
    offset = mail.date.utcoffset() if mail.date else None
    return int(offset.total_seconds()) // 60 if offset else None


def _only_noise(reading: Reading, done: list[Recorded]) -> bool:
    """Return whether nothing needs to be said: a calendar's answer that changes nothing is not answered."""
    return reading.kind == "calendar_reply" and all(one.case == "unchanged" for one in done)


def _answer(
    session: Session, row: Received, read: Read, done: list[Recorded], *, config: Config, now: datetime
) -> None:
    to = answer_address(read.message, config.own_addresses)
    if to is None or to.key in {key(a) for a in config.own_addresses}:
        return
    if word := _not_to_be_answered(read.message):
        row.review = " ".join([*row.review.split(), word])
        say("not_answered", id=row.id, to=to.email, reason=word)
        return
    if _answered_lately(session, to.email, now) >= config.limits.acknowledgements_per_address_and_day:
        row.review = " ".join([*row.review.split(), "answered_too_often"])
        warn("not_answered", id=row.id, to=to.email, reason="answered_too_often")
        return
    told = row.language or _language_of_thread(session, read)
    owed = outbox.Owed(
        key=f"acknowledgement {row.id}", mail="acknowledgement", event=read.event.slug, event_start=read.event.starts,
        recipient=to.email, language=language_for(told, done, config), case=_case(read.reading, done),
        due_at=now, expires_at=read.event.ends, received_id=row.id,
        participant_id=done[0].participant.id if len(done) == 1 else None,
    )  # fmt: skip
    outbox.put(session, [owed], now, config.smtp.domain)


def _not_to_be_answered(mail: Message) -> str:
    """Return why nothing may be answered, as a word, "" where it may: lists and robots get no answer (RFC 3834 2)."""
    if robots.through_list(mail) or mail.header("precedence").strip().lower() in ("bulk", "junk", "list"):
        return "not_answered_list"
    if mail.header("auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return "not_answered_robot"
    return "not_answered_robot" if mail.header("return-path").strip() == "<>" else ""


def answer_address(mail: Message, own: frozenset[str]) -> Address | None:
    """Return where an answer goes: Reply-To where it isn't our own, else From (RFC 5322 3.6.2)."""
    for address in (*mail.reply_to, mail.from_):
        if address and address.email and key(address.email) not in {key(a) for a in own}:
            return address
    return mail.from_ if mail.from_ and mail.from_.email else None


def _answered_lately(session: Session, address: str, now: datetime) -> int:
    since = now - timedelta(days=1)
    query = sa.select(sa.func.count()).select_from(Outbox)
    query = query.where(sa.func.lower(Outbox.recipient) == address.lower(), Outbox.mail == "acknowledgement")
    return session.scalar(query.where(Outbox.created_at > since)) or 0


def _language_of_thread(session: Session, read: Read) -> str:
    """Return the language of what a message answers, where its own words are few: our mail's, else the subject's."""
    answered = {*read.message.in_reply_to, *read.message.references}
    ours = sa.select(Outbox.language).where(Outbox.message_id.in_(answered)).order_by(Outbox.id.desc()).limit(1)
    if answered and (known := session.scalar(ours)):
        return known
    said = set(read.message.subject.casefold().split())
    titles = {language: set(title.casefold().split()) for language, title in read.event.title.items()}
    shares = {language: len(words & said) / len(words) for language, words in titles.items() if words}
    best = max(shares, key=lambda language: shares[language], default="")
    return best if best and shares[best] >= SAME_TITLE else ""


def language_for(language: str, done: list[Recorded], config: Config) -> str:
    """Return the language to answer in: the message's, else the participant's so far, else the first configured."""
    for one in (language, *(r.participant.language for r in done)):
        if one in config.languages:
            return one
    return config.languages[0]


def _case(read: Reading, done: list[Recorded]) -> str:
    """Return the acknowledgement's case as a word: the weightiest of what became of the people in the message."""
    if read.kind == "question":
        return "question"
    cases = {one.case for one in done}
    order = ("registered", "changed", "cancelled", "tentative", "not_coming", "unchanged")
    return next(case for case in order if case in cases)


def _note_bounce(session: Session, row: Received, mail: Message, now: datetime) -> None:
    """Find the mail that came back and whom it was for; a hard bounce or a complaint stops further mail to them."""
    found = bounce.read(mail)
    if found is None:
        return
    complaint = any(r.action == "complaint" for r in found.recipients)
    hard = [r for r in found.recipients if r.hard]
    row.reason = "; ".join(f"{r.address} {r.status or r.action}" for r in hard or found.recipients)[:500]
    if not (hard or complaint):
        return
    words = f"{hard[0].status} {hard[0].diagnostic}".strip() if hard else "complaint"
    sent = _returned_mail(session, found)
    if sent is not None and hard and sent.state in ("sent", "in_doubt"):
        outbox.note_returned(session, sent, f"came back: {words}", now)
    for person in _bounced_people(session, sent, found):
        how = "complained" if complaint else "unreachable"
        if registry.note_unreachable(session, person, how, who="mail server", words=words, at=now):
            warn("unreachable", address=person.write_to, how=how)
        waiting = sa.select(Outbox).where(Outbox.participant_id == person.id, Outbox.state == "waiting")
        for owed in session.scalars(waiting):
            outbox.withdraw(session, owed, how, now)


def _returned_mail(session: Session, found: bounce.Bounce) -> Outbox | None:
    """Return our mail that a report speaks of: by the Message-ID, or by our own header where that was rewritten."""
    ids = [*found.message_ids, f"<{found.mailbot_id}>"]
    return session.scalar(sa.select(Outbox).where(Outbox.message_id.in_(ids)).limit(1))


def _bounced_people(session: Session, sent: Outbox | None, found: bounce.Bounce) -> list[Participant]:
    if sent is not None and sent.participant_id is not None:
        person = session.get(Participant, sent.participant_id)
        # The mail may have gone to somebody else for them, or to an address that they have corrected since.
        return [person] if person and key(person.write_to or "") == key(sent.recipient) else []
    addresses = {a.lower() for r in found.recipients if r.hard or r.action == "complaint" for a in r.addresses}
    return list(session.scalars(sa.select(Participant).where(sa.func.lower(Participant.write_to).in_(addresses))))


def _hold(
    database: Database, row_id: int, read: Read | None, why: tuple[str, str], *, config: Config, now: datetime
) -> None:
    """Set a message aside for a person, in a transaction of its own."""
    try:
        _hold_with(database, row_id, read, why, config=config, now=now)
    except sa.exc.OperationalError:
        raise
    except Exception as e:  # noqa: BLE001 -- what can't be written down about it must not keep it from being held
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
                row.event, row.language, row.question = read.event.slug, read.reading.language, read.reading.question
