"""What one message says → registry, and the answer that is owed for it, inside the caller's transaction.

The same whether it came by itself (`intake`) or because an organiser said so (`review`). Nothing here reads a message,
decides what kind it is, sends or composes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import guests, loops, notices, outbox, registry, returned, trust
from mailbot.config import Config, EventConfig
from mailbot.errors import Held
from mailbot.log import say
from mailbot.message import Address, Message
from mailbot.models import Outbox, Received
from mailbot.registry import Recorded, Source
from mailbot.rsvp.answer import Reading

RECORDS = ("registration", "decline", "calendar_reply")
"""The kinds of message that change the registry."""
ANSWERED = (*RECORDS, "question")
"""The kinds of message that get an acknowledgement; never robots, bounces or lists (RFC 3834 section 2)."""
SAME_TITLE = 0.6  # share of a title's words in a subject that shows whose invitation it answers; subjects get cut
TOLD = {"answered_too_often": "answered_too_often", "not_answered_repeats": "answers_itself"}
"""Reasons not to answer that the organisers should know of, and the kind of notice that each makes."""


@dataclass(frozen=True, slots=True)
class Read:
    """One `new` row, read: the row's id, its message, the event that it is about, and what it says."""

    id: int
    message: Message
    event: EventConfig
    reading: Reading


def record(
    session: Session, row: Received, read: Read, source: Source, *, config: Config, now: datetime
) -> list[Recorded]:
    """Apply what a message says, as its row's disposition has it, and owe its answer; return what became of whom.

    Raises Held when a person must decide; the caller then rolls back.
    """
    if row.disposition in ANSWERED and _is_themselves(source):
        returned.heard(session, source)
    done = _people(session, row, read, row.disposition, source)
    _look_at_addresses(session, read, done, source)
    if row.disposition in ANSWERED and not _only_noise(read.reading, done):
        _answer(session, row, read, done, config=config, now=now)
    return done


def source_of(session: Session, row: Received, read: Read, config: Config, now: datetime) -> Source:
    """Return who says what a message says, and what shows that they do."""
    shown = trust.vouched_for(session, read.message, row.mailbox, config, now)
    if shown.verdict == "fail":
        row.review = " ".join([*row.review.split(), "fails_dmarc"])
    return Source(received_id=row.id, sender=row.sender, at=now, sent_at=row.sent_at,
                  utc_offset=_offset(read.message), language=read.reading.language, vouched=shown)  # fmt: skip


def _is_themselves(source: Source) -> bool:
    """Return whether a message shows that whoever has its address wrote it, as far as the server can tell."""
    return bool(source.writer) and source.vouched is not None and source.vouched.verdict in ("", "pass")


def _people(session: Session, row: Received, read: Read, disposition: str, source: Source) -> list[Recorded]:
    if disposition not in RECORDS:
        return []
    if not row.sender:
        raise Held("no_sender", "nobody to answer to")
    if read.event.ends <= source.at and not source.by:
        raise Held("event_over", f"{read.event.slug} ended {read.event.ends:%Y-%m-%d %H:%M %Z}")
    if not read.reading.answers:
        raise Held("nobody_named", read.reading.rule)
    done = registry.record(session, read.event.slug, read.reading, source)
    guests.fill(session, done, read.reading, source)
    return done


def _look_at_addresses(session: Session, read: Read, done: list[Recorded], source: Source) -> None:
    """Mark addresses with a slip that somebody typed, and write no mail to who called it unwanted."""
    for one, answer in zip(done, read.reading.answers, strict=False):
        person = one.participant
        if answer.email and answer.email.where != "header" and "email" in one.changed + ("email",) * one.is_new:
            writer = source.writer if answer.is_sender else ""
            registry.note_slip(session, person, str(answer.email.value), writer)
        if person.write_to and returned.complained(session, person.write_to):
            registry.note_unreachable(session, person, "complained", who="mail server", words="", at=source.at)


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
    to = answer_address(read.message, config)
    if to is not None and returned.is_dead(session, to.email):
        to = read.message.from_  # they asked for answers at an address that refuses them
    if to is None or config.is_own(to.email):
        return
    if word := _refusal(session, row, read.message, to.email, config=config, now=now):
        row.review = " ".join([*row.review.split(), word])
        say("not_answered", id=row.id, to=to.email, reason=word)
        if word in TOLD:
            notices.tell(session, TOLD[word], to.key, now, address=to.email, detail=row.subject, event=read.event.slug,
                         received_id=row.id)  # fmt: skip
        return
    told = row.language or _language_of_thread(session, read)
    owed = outbox.Owed(
        key=f"acknowledgement {row.id}", mail="acknowledgement", event=read.event.slug, event_start=read.event.starts,
        recipient=to.email, language=language_for(told, done, config), case=_case(read.reading, done),
        due_at=now, expires_at=read.event.ends, received_id=row.id,
        participant_id=done[0].participant.id if len(done) == 1 else None,
    )  # fmt: skip
    outbox.put(session, [owed], now, config.smtp.domain)


def _refusal(session: Session, row: Received, mail: Message, to: str, *, config: Config, now: datetime) -> str:
    """Return why no answer may be sent to an address, as a word; "" where it may."""
    if returned.complained(session, to):
        return "not_answered_complained"
    if returned.is_dead(session, to):
        return "not_answered_dead"
    return loops.refusal(session, row, mail, to, config=config, now=now)


def answer_address(mail: Message, config: Config) -> Address | None:
    """Return where an answer goes: Reply-To where it isn't our own, else From (RFC 5322 3.6.2)."""
    for address in (*mail.reply_to, mail.from_):
        if address and address.email and not config.is_own(address.email):
            return address
    return mail.from_ if mail.from_ and mail.from_.email else None


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
