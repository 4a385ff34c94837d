"""What a reading changes: fields, status, and the history, inside the caller's transaction.

A correction changes only what it says; a signature never overrides what somebody wrote in answer to a question; an
older message that comes late fills gaps and changes nothing else. Nothing here decides who gets mail.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import notices
from mailbot.addresses import key
from mailbot.errors import Held
from mailbot.models import Change, Participant, Received
from mailbot.registry import identity, suggest, vouched
from mailbot.registry.history import SET_ASIDE, SPOKE, latest_values
from mailbot.registry.vouched import Vouched
from mailbot.rsvp.answer import FIELDS, Answer, Reading, Value

# How much a place counts: what is written in answer counts more than what is always there. Absent places count 2.
_RANK = {"header": 0, "list": 0, "signature": 1, "forwarded": 1, "attachment": 1}
_CLAMP = {"phone": 64, "mode": 16, "email": 320}  # characters; the tables' limits and RFC 5321 4.5.3.1
MAX_VALUE = 500  # characters of one value; longer ones are not names, titles or organisations
MAX_PEOPLE = 40  # participants that one message may register; more than that a person should look at


STAYS = ("shared_address", vouched.SAME_PERSON, vouched.WORDS["fail"], *suggest.ABOUT_ADDRESS)
"""Words for review that a later message does not answer by being clear; those about an address end once mail gets
through."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who says something, by which message, when. `sender` is the address that an answer to it would go to.

    `by` is whoever decided that it counts, where that was not the sender: "organiser …" or "command". `meant` is the
    participant whom they named.
    """

    received_id: int | None
    sender: str
    at: datetime
    sent_at: datetime | None = None
    utc_offset: int | None = None
    language: str = ""
    vouched: Vouched | None = None  # None: a person's own decision, or a test's; nothing is asked then
    by: str = ""
    meant: int | None = None

    @property
    def who(self) -> str:
        """Whom the history names for what is changed."""
        return self.by or self.sender

    @property
    def writer(self) -> str:
        """The address that wrote, as far as a server can vouch for it."""
        return self.vouched.writer if self.vouched else self.sender


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one answer: `case` is registered, changed, unchanged, cancelled, not_coming or tentative."""

    participant: Participant
    case: str
    changed: tuple[str, ...]

    @property
    def is_new(self) -> bool:
        """Whether the participant was written down just now."""
        return self.case == "not_coming" or (self.case in ("registered", "tentative") and "status" not in self.changed)


def record(session: Session, event: str, reading: Reading, source: Source) -> list[Recorded]:
    """Apply one reading (registration, decline or calendar reply) and return what became of each of its answers.

    Raises Held when a person must decide; the caller then rolls back.
    """
    if len(reading.answers) > MAX_PEOPLE and not source.by:
        raise Held("many_people", f"{len(reading.answers)} people in one message")
    done = []
    for answer in reading.answers:
        declines = reading.kind == "decline" or answer.partstat == "DECLINED"
        one = (
            _decline(session, event, answer, source) if declines else _register(session, event, answer, reading, source)
        )
        done.append(one)
        session.flush()
    return done


def _register(session: Session, event: str, answer: Answer, reading: Reading, source: Source) -> Recorded:
    tentative = answer.partstat == "TENTATIVE"
    status = "tentative" if tentative else "registered"
    proven = _proven(session, event, source)
    person = _meant(session, event, source) or identity.find(
        session, event, answer, source.sender, correction=reading.correction, proven=proven
    )
    new = person is None
    if person is None:
        person = _new_unless_known(session, event, answer, source, reading=reading, status=status)
    else:
        vouched.check(session, person, source.vouched)
        answer = _kept_address(person, answer)
    stale = _is_stale(session, person, source)
    changed = [] if new or stale else _set_status(session, person, status, source, _words(answer, reading))
    changed += _set_fields(session, person, answer, reading, source, gaps_only=stale or answer.partstat is not None)
    _settle(session, person, answer, reading, source, stale=stale)
    if stale:
        _set_aside(session, person, status, answer if answer.partstat is None else None, source)
    _spoke(session, person, reading.kind, source)
    if new or "status" in changed:
        case = "tentative" if tentative else "registered"
    else:
        case = "changed" if changed else "unchanged"
    return Recorded(person, case, tuple(changed))


def _decline(session: Session, event: str, answer: Answer, source: Source) -> Recorded:
    person = _meant(session, event, source) or identity.find_to_cancel(
        session, event, answer, source.sender, _proven(session, event, source)
    )
    if person is not None:
        vouched.check(session, person, source.vouched)
        changed = []
        if _is_stale(session, person, source):  # they changed their mind again since they wrote this
            _set_aside(session, person, "declined", None, source)
        else:
            changed = _set_status(session, person, "declined", source, "")
            _latest(session, person, source)
        _spoke(session, person, "decline", source)
        return Recorded(person, "cancelled" if changed else "unchanged", tuple(changed))
    _not_somebody_elses(session, event, answer, source)
    person = _new(session, event, answer, source, "declined")
    for name in ("email", "name"):
        if (value := getattr(answer, name)) is not None:
            _set(session, person, name, value, source)
    _spoke(session, person, "decline", source)
    return Recorded(person, "not_coming", ())


def _meant(session: Session, event: str, source: Source) -> Participant | None:
    """Return the participant whom somebody named who may decide that."""
    person = session.get(Participant, source.meant) if source.meant is not None else None
    return person if person is not None and person.event == event else None


def _proven(session: Session, event: str, source: Source) -> list[Participant]:
    """Return the participants of the event whose mail from us the message answers."""
    if source.vouched is None or not source.vouched.proven:
        return []
    query = sa.select(Participant).where(Participant.event == event, Participant.id.in_(source.vouched.proven))
    return list(session.scalars(query.order_by(Participant.id)))


def _kept_address(person: Participant, answer: Answer) -> Answer:
    """Leave out the address that a message only came from, where its writer was known by another: it may be borrowed.

    Somebody whom mail no longer reaches has moved there for good.
    """
    borrowed = answer.email is not None and answer.email.where == "header" and person.reachable == "yes"
    same = answer.email is not None and key(str(answer.email.value)) == key(person.email or str(answer.email.value))
    return replace(answer, email=None) if borrowed and not same else answer


def _new_unless_known(
    session: Session, event: str, answer: Answer, source: Source, *, reading: Reading, status: str
) -> Participant:
    """Register somebody new; where they may be somebody who is registered already, mark both for a person to look at.

    What is no registration by itself (a correction, a new number, thanks) by somebody of a name that we know from
    another address is held.
    """
    if reading.correction or not (answer.mode or answer.organisation):
        _not_somebody_elses(session, event, answer, source)
    twins = identity.may_be_one(session, event, answer) if source.vouched else []
    person = _new(session, event, answer, source, status)
    for one in [person, *twins] if twins else []:
        one.review = " ".join(dict.fromkeys([*one.review.split(), vouched.SAME_PERSON]))
    return person


def _not_somebody_elses(session: Session, event: str, answer: Answer, source: Source) -> None:
    """Raise Held where an answer that changes or cancels may mean somebody who is registered at another address."""
    if source.vouched is None or answer.name is None:
        return
    if found := identity.of_that_name(session, event, str(answer.name.value)):
        raise Held(vouched.OTHER_ADDRESS, ", ".join(p.name or p.identity for p in found[:5]))


def _new(session: Session, event: str, answer: Answer, source: Source, status: str) -> Participant:
    taken = bool(answer.email and identity.by_address(session, event, str(answer.email.value)))
    person = Participant(
        id=identity.fresh_number(session),
        event=event,
        identity=identity.identity_of(answer, source.sender, source.received_id or 0, shared=taken)[:512],
        status=status,
        write_to=str(answer.email.value) if answer.email else source.sender or None,
        registered_at=source.at,
        changed_at=source.at,
        review=" ".join(["shared_address"] * taken + _doubts(source)),
    )
    session.add(person)
    session.flush()
    change = Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                    field="status", old=None, new=status)  # fmt: skip
    session.add(change)
    return person


def _doubts(source: Source) -> list[str]:
    """Return why a first registration should be looked at: its sender may be forged."""
    return [vouched.WORDS["fail"]] if source.vouched and source.vouched.verdict == "fail" else []


def _is_stale(session: Session, person: Participant, source: Source) -> bool:
    """Return whether a message is older, by its own Date, than the latest one that spoke of the person."""
    if source.sent_at is None or person.received_id is None or person.received_id == source.received_id:
        return False
    latest = session.scalar(sa.select(Received.sent_at).where(Received.id == person.received_id))
    return latest is not None and source.sent_at < latest


def _set_status(session: Session, person: Participant, status: str, source: Source, words: str) -> list[str]:
    if person.status == status:
        return []
    session.add(Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                       field="status", old=person.status, new=status, words=words))  # fmt: skip
    if status == "registered" and person.status == "declined":
        person.registered_at = source.at
    person.status, person.changed_at = status, source.at
    return ["status"]


def _set_aside(session: Session, person: Participant, status: str, answer: Answer | None, source: Source) -> None:
    """Keep in the history what an older message says otherwise, and mark the participant to be looked at.

    Its Date may be wrong, or it was read late: nothing is changed by it, and nothing is passed over in silence.
    """
    before = latest_values(session, person.id)
    said = {} if person.status == status else {"status": status}
    for name, value in answer.values().items() if answer else ():
        had, new = before.get(name), (_text(value.value) or "").strip()[: _CLAMP.get(name, MAX_VALUE)]
        same = had is None or new == had.new or (name == "email" and key(new) == key(had.new or ""))
        if had is not None and not same and _counts_more(value, had):
            said[name] = new
    if not said:
        return
    told = "; ".join(f"{name}: {new}" for name, new in said.items())
    session.add(Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                       field=SET_ASIDE, old=None, new=told[:MAX_VALUE]))  # fmt: skip
    person.review = " ".join(dict.fromkeys([*person.review.split(), "older_message"]))


def _words(answer: Answer, reading: Reading) -> str:
    return answer.mode.words if answer.mode else answer.partstat or reading.kind


def _set_fields(
    session: Session, person: Participant, answer: Answer, reading: Reading, source: Source, *, gaps_only: bool
) -> list[str]:
    before = latest_values(session, person.id)
    changed = []
    for name, value in answer.values().items():
        had = before.get(name)
        if had is not None and (gaps_only or not _counts_more(value, had)):
            continue
        if _set(session, person, name, value, source):
            changed.append(name)
    return changed


def _counts_more(value: Value, had: Change) -> bool:
    """Return whether a new value may replace the one that is there: not with less standing, nor when a mere guess."""
    if value.confidence < 0.5 <= had.confidence:
        return False
    return _RANK.get(value.where, 2) >= _RANK.get(had.place, 2)


def _set(session: Session, person: Participant, name: str, value: Value, source: Source) -> bool:
    if name not in FIELDS:
        raise ValueError(f"no such field: {name}")
    new = value.value if isinstance(value.value, bool) else value.value.strip()[: _CLAMP.get(name, MAX_VALUE)]
    old = getattr(person, name)
    if old == new or (name == "email" and old and isinstance(new, str) and key(old) == key(new)):
        return False
    setattr(person, name, new)
    if name == "email" and isinstance(new, str):
        _readdress(session, person, new, source)
    person.changed_at = source.at
    session.add(Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                       field=name, old=_text(old), new=_text(new), words=value.words, place=value.where,
                       rule=value.rule, confidence=value.confidence))  # fmt: skip
    return True


def _text(value: object) -> str | None:
    if value is None:
        return None
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _readdress(session: Session, person: Participant, address: str, source: Source) -> None:
    """Let mail go to a participant's own address, and know them by it from now on unless somebody else has it."""
    person.write_to = address
    if person.reachable == "unreachable":
        note_reachable(session, person, source)
    if not identity.by_address(session, person.event, address):
        person.identity = f"mailto:{key(address)}"


def _settle(
    session: Session, person: Participant, answer: Answer, reading: Reading, source: Source, *, stale: bool
) -> None:
    session.flush()
    person.confidence = min((c.confidence for c in latest_values(session, person.id).values()), default=1.0)
    kept = (
        person.review.split()
        if reading.correction or stale
        else [w for w in person.review.split() if w.partition(":")[0] in STAYS]
    )
    person.review = " ".join(dict.fromkeys([*kept, *answer.review, *reading.review]))
    if not stale:
        _latest(session, person, source)


def _latest(session: Session, person: Participant, source: Source) -> None:
    person.received_id = source.received_id
    person.utc_offset = source.utc_offset if source.utc_offset is not None else person.utc_offset
    person.language = source.language or person.language
    if person.reachable == "unreachable" and key(person.write_to or "") == key(source.writer):
        note_reachable(session, person, source)  # whoever writes to us from an address can be reached there


def _spoke(session: Session, person: Participant, kind: str, source: Source) -> None:
    session.add(Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                       field=SPOKE, old=None, new=kind))  # fmt: skip


def correct(session: Session, person: Participant, answer: Answer, source: Source) -> list[str]:
    """Set what somebody who may decide wrote of a participant; returns the fields that changed.

    What their message only came with (its header, a signature) says nothing of the participant. Whose words came last
    stays as it is: their next message still counts as theirs.
    """
    said = {n: v for n, v in answer.values().items() if v.where not in ("header", "signature")}
    changed = [name for name, value in said.items() if _set(session, person, name, value, source)]
    session.flush()
    person.confidence = min((c.confidence for c in latest_values(session, person.id).values()), default=1.0)
    return changed


def change_field(session: Session, person: Participant, name: str, new: str | None, *, who: str, at: datetime) -> bool:
    """Set one field, the status or `reachable` by a person's decision; return whether that changed anything."""
    old = getattr(person, name)
    if _text(old) == new:
        return False
    setattr(person, name, new)
    person.changed_at = at
    session.add(Change(participant_id=person.id, at=at, who=who, field=name, old=_text(old), new=new, rule="decision"))
    return True


def note_reachable(session: Session, person: Participant, source: Source) -> None:
    """Note that an address is alive again: its owner wrote from it, or gave another one."""
    person.review = " ".join(w for w in person.review.split() if w.partition(":")[0] not in suggest.ABOUT_ADDRESS)
    notices.settle(session, person.id, ("unreachable",), source.at)
    session.add(Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                       field="reachable", old=person.reachable, new="yes"))  # fmt: skip
    person.reachable = "yes"


def note_unreachable(session: Session, person: Participant, how: str, *, who: str, words: str, at: datetime) -> bool:
    """Note that mail to a participant comes back (`unreachable`) or is unwelcome (`complained`)."""
    if person.reachable == how:
        return False
    session.add(Change(participant_id=person.id, at=at, who=who, field="reachable", old=person.reachable, new=how,
                       words=words[:MAX_VALUE]))  # fmt: skip
    person.reachable = how
    return True
