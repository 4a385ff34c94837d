"""Carries out what an organiser decided: about a message that is held, a question, a participant, a mail.

Each order by itself: one that can't be carried out leaves the others alone. Everything is in the history under the
organiser's name. Nothing here sends; what follows from a decision is owed by the same rules as ever.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import decisions, notices, outbox, recording, registry, seats
from mailbot.briefing import Done
from mailbot.errors import Held
from mailbot.log import say
from mailbot.models import Change, Notice, Outbox, Participant, Received
from mailbot.phrases import fold
from mailbot.privacy import belongings, forget
from mailbot.recording import Read
from mailbot.registry import Source, identity
from mailbot.review.orders import CORRECT, UNCLEAR
from mailbot.review.prepare import Decider, Prepared, event_of
from mailbot.review.whom import called, name_of, named, people_of
from mailbot.rsvp.answer import Answer

ANOTHER = ("from_other_address",)
"""Reasons for which a message is held because somebody of that name is known from another address."""


def carry_out(session: Session, prepared: Prepared, decider: Decider) -> Done:
    """Carry out one order inside the caller's transaction, and return what became of it."""
    order = prepared.order
    notice = session.get(Notice, prepared.notice_id) if prepared.notice_id is not None else None
    number = (order.number or (notice.id if notice else 0)) or 0
    if notice is None:
        return Done(number, "no_such_case", words=order.words)
    try:
        with session.begin_nested():
            done = _apply(session, prepared, notice, decider)
    except Held as e:
        word = "who_is_meant" if e.word == "whom_does_it_mean" else "cannot_accept"
        done = Done(number, word, detail=decider.reason(f"{e.word}: {e.detail}" if e.detail else e.word))
    except decisions.Refused as e:
        done = Done(number, "cannot_accept", detail=f"{e}.")
    who = done.who or name_of(session, notice)
    say("organiser_decided", who=decider.who, number=number, order=order.verb, result=done.word)
    return replace(done, number=number, who=who, words="" if done.understood else order.words)


def _apply(session: Session, prepared: Prepared, notice: Notice, decider: Decider) -> Done:
    row = session.get(Received, notice.received_id) if notice.received_id else None
    verb = prepared.order.verb
    if verb == UNCLEAR:
        return Done(0, "not_understood")
    if notice.settled_at is not None and verb != CORRECT:
        return Done(0, "already_settled")
    match verb:
        case "settled":
            return _settle(session, notice, row, decider)
        case "accept":
            return _accept(session, prepared, notice, row, decider=decider)
        case "not_registration":
            return _set_aside(session, notice, row, decider)
        case "decline":
            return _decline(session, notice, row, decider)
        case "remove":
            return _remove(session, notice, row, decider)
        case "same_person":
            return _same_person(session, prepared, notice, row, decider=decider)
        case "again":
            return _again(session, notice, decider)
    return _correct(session, prepared, notice, row, decider=decider)


def _settle(session: Session, notice: Notice, row: Received | None, decider: Decider, word: str = "settled") -> Done:
    notices.decided(session, notice, decider.who, decider.now)
    if row is not None and notice.kind in ("held", "question"):
        row.settled_at, row.settled_by = decider.now, decider.who
    return Done(0, word)


def _accept(
    session: Session, prepared: Prepared, notice: Notice, row: Received | None, *, decider: Decider,
    meant: Participant | None = None,
) -> Done:  # fmt: skip
    if row is None or notice.kind != "held":
        if prepared.said and (done := _correct(session, prepared, notice, row, decider=decider)).understood:
            return done
        return _settle(session, notice, row, decider)
    read = prepared.held
    if read is None or read.reading.kind not in recording.ANSWERED:
        return _from_words(session, prepared, notice, row, decider)
    people = _record(session, read, row, decider, meant or _known_elsewhere(session, row, read))
    if prepared.said and len(people) == 1:
        for answer in prepared.said.answers[:1]:
            registry.correct(session, people[0], answer, _source(row, decider, decider.received_id))
    _settle(session, notice, row, decider)
    answered = session.scalar(sa.select(Outbox.id).where(Outbox.key == f"acknowledgement {row.id}")) is not None
    if meant is not None:
        return Done(0, "same_person", who=row.sender, detail=meant.name or meant.write_to or "")
    return Done(0, "answered" if answered else "recorded", who=", ".join(called(p) for p in people))


def _record(
    session: Session, read: Read, row: Received, decider: Decider, meant: Participant | None
) -> list[Participant]:
    """Record a held message as if it had not been held; returns the people it speaks of."""
    source = _source(row, decider, row.id)
    alone = len(read.reading.answers) == 1
    source = replace(source, language=read.reading.language, meant=meant.id if meant is not None and alone else None)
    row.disposition, row.event = read.reading.kind, read.event.slug
    done = recording.record(session, row, read, source, config=decider.config, now=decider.now)
    return [one.participant for one in done]


def _known_elsewhere(session: Session, row: Received, read: Read) -> Participant | None:
    """Return whom a message means that came from another address than they are known by; raises Held where unclear."""
    if row.reason.partition(":")[0] not in ANOTHER:
        return None
    names = [str(a.name.value) for a in read.reading.answers if a.name]
    found = [p for name in names for p in identity.of_that_name(session, read.event.slug, name)]
    if len(found) > 1:
        raise Held("whom_does_it_mean", ", ".join(called(p) for p in found[:5]))
    return found[0] if found else None


def _from_words(session: Session, prepared: Prepared, notice: Notice, row: Received, decider: Decider) -> Done:
    """Register by an organiser's words whoever wrote a message that can't be read."""
    said = prepared.said
    given = [a for a in said.answers if _in_words(a)] if said else []
    if said is None or not given:
        return Done(0, "cannot_accept", detail=decider.reason(row.reason or "held"))
    event = event_of(notice.event, decider)
    source = replace(_source(row, decider, row.id), language=said.language)
    done = registry.record(session, event.slug, replace(said, kind="registration", answers=tuple(given)), source)
    row.disposition, row.event = "registration", event.slug
    _settle(session, notice, row, decider)
    return Done(0, "recorded", who=", ".join(called(one.participant) for one in done))


def _in_words(answer: Answer) -> dict[str, object]:
    return {n: v.value for n, v in answer.values().items() if v.where not in ("header", "signature")}


def _source(row: Received | None, decider: Decider, received_id: int | None) -> Source:
    return Source(
        received_id=received_id, sender=row.sender if row is not None else "", at=decider.now,
        sent_at=row.sent_at if row is not None else None, by=decider.who,
    )  # fmt: skip


def _set_aside(session: Session, notice: Notice, row: Received | None, decider: Decider) -> Done:
    if row is None or row.disposition != "held":
        return Done(0, "nothing_known") if notice.kind != "question" else _settle(session, notice, row, decider)
    row.disposition, row.rule = "unrelated", "by_organiser"
    return _settle(session, notice, row, decider, "set_aside")


def _decline(session: Session, notice: Notice, row: Received | None, decider: Decider) -> Done:
    people = people_of(session, notice, row)
    if len(people) > 1:
        return Done(0, "who_is_meant")
    if not people and row is not None and row.disposition == "held":
        row.disposition, row.rule = "decline", "by_organiser"
        return _settle(session, notice, row, decider, "declined")
    if not people:
        return Done(0, "nothing_known")
    if row is not None and row.disposition == "held":
        row.disposition, row.rule = "decline", "by_organiser"
    registry.change_field(session, people[0], "status", "declined", who=decider.who, at=decider.now)
    return _settle(session, notice, row, decider, "declined")


def _remove(session: Session, notice: Notice, row: Received | None, decider: Decider) -> Done:
    """Erase all that is held of whom a notice is about, as `mailbot forget` does."""
    people = people_of(session, notice, row)
    if len(people) > 1:
        return Done(0, "who_is_meant")
    number = notice.id
    address = (people[0].email or "") if people else row.sender if row is not None else notice.address
    if not address:
        return Done(0, "nothing_known")
    try:
        forget.forget(session, belongings.of_address(session, address), decider.now, working=decider.working)
    except forget.UnderWay as e:
        raise decisions.Refused(str(e)) from e
    session.expire_all()
    if (left := session.get(Notice, number)) is not None:
        notices.decided(session, left, decider.who, decider.now)
    return Done(0, "removed", who="–")


def _same_person(
    session: Session, prepared: Prepared, notice: Notice, row: Received | None, *, decider: Decider
) -> Done:
    found = named(session, event_of(notice.event, decider).slug, prepared.order.rest)
    if len(found) != 1:
        return Done(0, "who_is_meant" if found else "nobody_known")
    meant = found[0]
    if row is not None and notice.kind == "held":
        return _accept(session, prepared, notice, row, decider=decider, meant=meant)
    people = [p for p in people_of(session, notice, row) if p.id != meant.id]
    if len(people) != 1:
        return Done(0, "nothing_known")
    registry.change_field(session, people[0], "status", "declined", who=decider.who, at=decider.now)
    told = Change(participant_id=people[0].id, at=decider.now, who=decider.who, field="same_person", old=None,
                  new=called(meant), words=prepared.order.words, rule="decision")  # fmt: skip
    session.add(told)
    return replace(_settle(session, notice, row, decider, "same_person"), detail=called(meant))


def _again(session: Session, notice: Notice, decider: Decider) -> Done:
    mail = session.scalar(sa.select(Outbox).where(Outbox.key == notice.key.removeprefix(f"{notice.kind} ")))
    if notice.kind != "mail_failed" or mail is None:
        return Done(0, "not_understood")
    try:
        decisions.Decider(decider.who, decider.now, decider.working).again(session, mail)
    except outbox.Changed as e:
        raise decisions.Refused(str(e)) from e
    notices.decided(session, notice, decider.who, decider.now)
    return Done(0, "sent_again", who=mail.recipient)


def _correct(session: Session, prepared: Prepared, notice: Notice, row: Received | None, *, decider: Decider) -> Done:
    """Change what an organiser's words say of whom the notice is about."""
    if done := _seat(session, prepared, notice, decider):
        return done
    said = prepared.said
    given = [a for a in said.answers if _in_words(a)] if said else []
    if said is not None and said.kind == "decline":
        return _decline(session, notice, row, decider)
    if said is None or not given:
        return Done(0, "not_understood")
    if row is not None and row.disposition == "held" and notice.kind == "held":
        return _accept(session, prepared, notice, row, decider=decider)
    people = people_of(session, notice, row)
    if len(people) > 1 and given[0].name:
        people = [p for p in people if identity.alike(p.name, str(given[0].name.value))]
    if len(people) != 1:
        return Done(0, "who_is_meant" if people else "nothing_known")
    source = _source(row, decider, decider.received_id)
    changed = registry.correct(session, people[0], given[0], source)
    if notice.kind == "unreachable" and "email" in changed:
        notices.decided(session, notice, decider.who, decider.now)
    told = ", ".join(f"{name} = {getattr(people[0], name)}" for name in changed)
    return Done(0, "changed" if changed else "unchanged", who=called(people[0]), detail=told)


def _seat(session: Session, prepared: Prepared, notice: Notice, decider: Decider) -> Done | None:
    """Give somebody a seat in the office that an organiser names; None where they name none."""
    person = session.get(Participant, notice.participant_id) if notice.participant_id else None
    if notice.kind != "computer" or person is None:
        return None
    event, said = event_of(notice.event, decider), f" {fold(prepared.order.words)} "
    offices = [office for office in event.offices if fold(office.name) in said]
    if len(offices) != 1:
        return None
    seats.give(session, event, person, offices[0], by=seats.Decision(decider.who, decider.now))
    notices.decided(session, notice, decider.who, decider.now)
    return Done(0, "changed", who=called(person), detail=offices[0].name)
