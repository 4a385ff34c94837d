"""An organiser's message, recognised: an answer to an alert, one to a participant, or a participant's mail passed on.

`asked` reads outside of the transaction and says what is wanted, `carry_out` does it inside, and owes the organiser an
answer that says what was done. Whose word counts: an organiser's address in From, and a genuine token of a mail to the
organisers, or our server's word for the sender. Everybody else's message is read like any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import alerts, authentication, briefing, notices, recording, returned
from mailbot.addresses import key
from mailbot.briefing import Done
from mailbot.compose.brief import DECISION, TO_ORGANISERS
from mailbot.config import Config, EventConfig
from mailbot.errors import Held
from mailbot.log import say
from mailbot.models import Notice, Outbox, Received
from mailbot.reader import Here
from mailbot.recording import Read
from mailbot.registry import Source, Vouched
from mailbot.review import decide, forwarded, orders
from mailbot.review.prepare import Decider, Known, Prepared, prepare
from mailbot.review.whom import called, open_questions

RULE = "decided_by_organiser"
"""The rule of an organiser's message that decided something; its reason holds what became of it."""
PASSED_ON = "passed_on_by_organiser"
"""The rule of one that passed a participant's message on."""
MOST_UNCLEAR = 5  # answers a day to one organiser that only say that nothing was understood: programs go on for ever
DAY = timedelta(days=1)
NOTHING = ("unrelated", "auto_reply", "bounce", "held")
"""The kinds of message that register nobody when they are passed on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What an organiser's message wants: orders, or questions answered, or a message passed on.

    `proven` says that it answers a mail to the organisers or that our server vouches for its sender.
    """

    organiser: str
    verdict: str
    proven: bool
    several: bool = False
    prepared: tuple[Prepared, ...] = ()
    questions: tuple[int, ...] = ()
    passed_on: Read | None = None


def is_organiser(address: str, config: Config) -> bool:
    """Say whether an address is an organiser's."""
    return key(address) in {key(a) for a in config.organisers.addresses}


def asked(
    session: Session, read: Read, row: Received, ours: Sequence[Outbox], *, reader: Here, known: Known,
    decider: Decider,
) -> Asked | None:  # fmt: skip
    """Return what a message wants if it is an organiser's and wants something, else None. Changes nothing."""
    config = decider.config
    mail = read.message
    writer = mail.from_.email if mail.from_ else ""
    machine = read.reading.kind in ("bounce", "auto_reply", "held") or mail.header("x-mailbot-mail")
    if machine or not is_organiser(writer, config):
        return None
    server = next((m.authserv_id for m in config.mailboxes if m.name == row.mailbox), "")
    verdict = authentication.verdict(mail, server)
    answered = [one for one in ours if one.mail in TO_ORGANISERS]
    base = Asked(key(writer), verdict, bool(answered) or verdict == "pass")
    foreign = [a.email for a in (*mail.to, *mail.cc) if not config.is_own(a.email)]
    about = _things(session, answered)
    if foreign:
        found = open_questions(session, foreign) if base.proven or verdict == "" else []
        if found:
            return replace(base, questions=tuple(n.id for n in found))
        if not answered or {key(a) for a in foreign} & {key(n.address) for n in about}:
            return None  # a letter to somebody, of which we get a copy
    if answered:
        wanted = orders.read(read.reading.own_text or mail.text, {n.id for n in about} | _named_open(session))
        only = about[0] if len(about) == 1 else None
        if wanted:
            got = prepare(session, wanted, only, decider=decider, reader=reader, known=known)
            return replace(base, prepared=tuple(got), several=len(about) > 1)
    if (inner := forwarded.original(row.raw or b"", mail, mail.text, config)) is not None and not foreign:
        return _passed_on(base, inner, read.event, reader, known)
    if base.proven and not answered:
        wanted = [o for o in orders.read(read.reading.own_text, _named_open(session)) if o.number is not None]
        got = prepare(session, wanted, None, decider=decider, reader=reader, known=known)
        return replace(base, prepared=tuple(got)) if got else None
    return None


def _things(session: Session, answered: Sequence[Outbox]) -> list[Notice]:
    """Return what the mails that a message answers tell of; the latest one with something in it counts."""
    for mail in answered:
        if found := list(briefing.notices_of(session, mail)):
            return found
    return []


def _named_open(session: Session) -> set[int]:
    return set(session.scalars(sa.select(Notice.id).where(Notice.settled_at.is_(None))))


def _passed_on(base: Asked, inner: bytes, event: EventConfig, reader: Here, known: Known) -> Asked:
    try:
        mail, reading = reader(inner, known(event))
    except Held:
        return base
    return replace(base, passed_on=Read(0, mail, event, reading))


# ---------------------------------------------------------------- inside the transaction


def carry_out(session: Session, row: Received, wanted: Asked, decider: Decider) -> None:
    """Do what an organiser's message wants, and owe the answer that says what was done."""
    config, now = decider.config, decider.now
    row.disposition, row.rule, row.question = "unrelated", RULE, ""
    if wanted.questions:
        for notice in session.scalars(sa.select(Notice).where(Notice.id.in_(wanted.questions))):
            _answered(session, notice, decider)
        return
    returned.heard(session, Source(row.id, row.sender, now, row.sent_at, by=decider.who))
    if wanted.passed_on is not None:
        done = [_register(session, row, wanted, wanted.passed_on, decider)]
    else:
        done = [_one(session, one, wanted, decider) for one in wanted.prepared]
    row.reason = briefing.kept(done)
    understood = any(one.understood for one in done)
    if understood or _unclear_lately(session, wanted.organiser, decider) < MOST_UNCLEAR:
        alerts.put_decision(session, config, row.id, wanted.organiser, understood=understood, now=now)


def _one(session: Session, prepared: Prepared, wanted: Asked, decider: Decider) -> Done:
    if prepared.order.number is None and prepared.notice_id is None:
        return Done(0, "which_one" if wanted.several else "not_understood", words=prepared.order.words)
    return decide.carry_out(session, prepared, decider)


def _answered(session: Session, notice: Notice, decider: Decider) -> None:
    """Note that an organiser wrote to the person who asked."""
    notices.decided(session, notice, decider.who, decider.now)
    message = session.get(Received, notice.received_id) if notice.received_id else None
    if message is not None:
        message.settled_at, message.settled_by = decider.now, decider.who
    say("question_answered", who=decider.who, number=notice.id)


def _unclear_lately(session: Session, organiser: str, decider: Decider) -> int:
    query = sa.select(sa.func.count()).select_from(Outbox).where(
        Outbox.mail == DECISION, Outbox.case == "not_understood", sa.func.lower(Outbox.recipient) == organiser,
        Outbox.created_at > decider.now - DAY,
    )  # fmt: skip
    return session.scalar(query) or 0


def _register(session: Session, row: Received, wanted: Asked, inner: Read, decider: Decider) -> Done:
    """Record a message that an organiser passed on, as its writer's."""
    if inner.reading.kind in NOTHING or (inner.reading.kind != "question" and not inner.reading.answers):
        return Done(0, "not_understood", words=inner.message.subject)
    mail = inner.message
    writer = mail.from_
    row.rule, row.disposition, row.event = PASSED_ON, inner.reading.kind, inner.event.slug
    row.language, row.question = inner.reading.language, inner.reading.question
    row.sender, row.sender_name = (writer.email, writer.name) if writer else ("", "")
    row.from_address, row.subject = row.sender, mail.subject[:998]
    row.message_id, row.thread = mail.message_id[:998], " ".join([*mail.references, mail.message_id]).strip()[:8000]
    row.sent_at = min(mail.date, decider.now) if mail.date else row.sent_at
    # Without proof it is as good as one that nothing shows the sender of: somebody new is recorded, nobody is changed.
    shown = None if wanted.proven else Vouched(row.sender, wanted.verdict or "none")
    source = Source(row.id, row.sender, decider.now, row.sent_at, language=row.language, vouched=shown,
                    by=decider.who if wanted.proven else "")  # fmt: skip
    try:
        with session.begin_nested():
            done = recording.record(
                session, row, replace(inner, id=row.id), source, config=decider.config, now=decider.now
            )
    except Held as e:
        row.disposition, row.rule = "unrelated", RULE
        return Done(0, "cannot_accept", who=row.sender, detail=decider.reason(f"{e.word}: {e.detail}"))
    names = ", ".join(called(one.participant) for one in done)
    return Done(0, "forwarded", who=names or row.sender, detail=f"{mail.subject}" if mail.subject else row.sender)
