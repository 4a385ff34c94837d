"""From the registry's rows to a `Letter`: what one mail in the outbox says.

Reads rows, changes none; the words of a mail are `templates/`' and `compose`'s business.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from mailbot import guests, mailouts, news, registry, rosters, seats, tokens
from mailbot.addresses import Address, key
from mailbot.compose import Letter, Person, Shown
from mailbot.compose.context import GUIDE
from mailbot.compose.letter import Seat
from mailbot.compose.when import zone_of
from mailbot.config import Config, EventConfig, OfficeConfig
from mailbot.models import Change, Outbox, Participant, Received
from mailbot.models import Seat as Wish
from mailbot.rsvp.answer import FIELDS

CASES = {
    "registered": "registered",
    "unchanged": "registered",
    "changed": "changed",
    "cancelled": "declined",
    "not_coming": "declined",
    "tentative": "tentative",
    "question": "question",
}
"""What became of a message, and the case of the acknowledgement that says so."""


def letter_for(session: Session, row: Outbox, config: Config, now: datetime) -> Letter:
    """Return what a mail in the outbox says now; `now` becomes its Date.

    Raises KeyError when the configuration no longer knows the event.
    """
    event = config.event(row.event)
    if row.mail == news.ROSTER:
        return _roster(session, row, event, config, now)
    if row.mail in guests.MAILS:
        return _invitation(session, row, event, config, now)
    received = _answered(session, row)
    people = _people(session, row)
    calendar = _calendar(session, row, event, people)
    return Letter(
        mail=row.mail,
        language=row.language,
        event=event,
        recipient=Address(_name_of(row, people, received), row.recipient),
        message_id=row.message_id,
        now=now,
        case=_case(row, received, people),
        person=_person(session, people[0], event) if len(people) == 1 else None,
        people=tuple(_person(session, p, event) for p in people) if len(people) > 1 else (),
        missing=tuple(dict.fromkeys(f for p in people if p.status != "declined" for f in missing(p, event))),
        in_reply_to=received.message_id if received else "",
        references=tuple(received.thread.split()) if received else (),
        sequence=_sequence(session, event, people, calendar),
        moved_from=_moved_from(session, row, event, people),
        subject=received.subject if received else "",
        changed=_changed(session, row),
        question=received.question if received and row.mail == "acknowledgement" else "",
        calendar=calendar,
        uid=_uid(session, people[0], config) if len(people) == 1 else "",
        guide_sent=_guide_sent(session, event, people),
        headers=_reply_to(row, config),
        seat=_seat(session, row, event),
    )


def _uid(session: Session, person: Participant, config: Config) -> str:
    """Return the UID of a person's calendar entry: the invitation's, where they have that one."""
    guest = guests.guest_behind(session, person)
    return guests.uid_of(guest, config) if guest else entry_uid(person.event, person.id, config)


def _invitation(session: Session, row: Outbox, event: EventConfig, config: Config, now: datetime) -> Letter:
    """Return what invites a guest: what the list says of them need not be asked for."""
    guest = guests.guest_of(session, row)
    if guest is None:
        raise KeyError(row.key)
    known = Person(name=guest.name or None, email=guest.email, organisation=guest.organisation or None)
    return Letter(
        mail=row.mail, language=row.language, event=event, recipient=Address(guest.name, guest.email),
        message_id=row.message_id, now=now, person=known, uid=guests.uid_of(guest, config),
        missing=tuple(name for name in event.required if getattr(known, name, None) is None),
        sequence=_sequence(session, event, [], ""), headers=_reply_to(row, config),
    )  # fmt: skip


def entry_uid(slug: str, participant_id: int, config: Config) -> str:
    """Return the UID of a participant's calendar entry for an event: the same in every mail (RFC 5546 2.1.5)."""
    return f"{slug}-{participant_id}@{config.smtp.domain}"


def event_of_uid(uid: str, config: Config) -> str:
    """Return the slug in a UID of ours, whether the configuration still knows it or not; "" where it isn't ours."""
    local, _, domain = uid.rpartition("@")
    slug, _, number = local.rpartition("-")
    return slug if number.removeprefix("g").isdigit() and domain.casefold() == config.smtp.domain.casefold() else ""


def _reply_to(row: Outbox, config: Config) -> tuple[tuple[str, str], ...]:
    """Return the Reply-To whose token shows who answers, from whatever address, where plus-addresses may be used."""
    word = tokens.of_message_id(row.message_id)
    if config.smtp.reply_to != "plus" or not word:
        return ()
    return (("Reply-To", tokens.plus_address(config.smtp.from_.email, tokens.REPLY, word)),)


def _seat(session: Session, row: Outbox, event: EventConfig) -> Seat | None:
    """Return the computer that a mail tells of; it is kept from when people should begin to connect."""
    found = session.get(Wish, seats.seat_of(row.key)) if row.mail == seats.SEAT else None
    office = next((o for o in event.offices if found and (o.country, o.name) == (found.country, found.office)), None)
    return _office(office, event) if office else None


def _office(office: OfficeConfig, event: EventConfig) -> Seat:
    before = event.webex.connect_before
    return Seat(office=office.name, contact=office.contact, address=office.address, phone=office.phone,
                starts=event.starts - timedelta(days=before.days) - before.exact, ends=event.ends,
                zone=zone_of(office.country, event.starts))  # fmt: skip


def _roster(session: Session, row: Outbox, event: EventConfig, config: Config, now: datetime) -> Letter:
    """Return what an office's contact is told; their answer goes to the organisers, who know what it means."""
    place = rosters.place_of(session, event, row)
    if place is None:
        raise KeyError(row.key)
    return Letter(
        mail=row.mail, language=row.language, event=event, recipient=Address("", row.recipient),
        message_id=row.message_id, now=now, people=tuple(_person(session, p, event) for p in place.people),
        seat=_office(place.office, event), headers=(("Reply-To", ", ".join(config.organisers.addresses)),),
    )  # fmt: skip


def missing(person: Participant, event: EventConfig) -> list[str]:
    """Return the required fields that a participant has not given yet, in the event's order."""
    return [name for name in event.required if getattr(person, name, None) in (None, "")]


def digest_of(letter: Letter, templates: str) -> str:
    """Return a digest of all that a composed mail was made from, its moment left out; `templates` stands for theirs."""
    parts = {n: getattr(letter, n) for n in letter.__dataclass_fields__ if n not in ("now", "event")}
    text = repr((sorted(parts.items()), letter.event.model_dump_json(), templates))
    return hashlib.sha256(text.encode()).hexdigest()


def _calendar(session: Session, row: Outbox, event: EventConfig, people: list[Participant]) -> str:
    """Return what a mail carries for the calendar: "cancel", "request", "none", or "" for what it usually carries.

    What is taken back or given again is the entry of one person, who gets this mail themselves (RFC 5546 3.2.5).
    """
    own = len(people) == 1 and key(people[0].write_to or "") == key(row.recipient) and _had_entry(session, people[0])
    if row.mail == news.CANCELLED:
        return "cancel" if own else "none"
    if row.mail != news.ACKNOWLEDGEMENT or not own:
        return ""
    person = people[0]
    if person.status == "declined":
        return "cancel" if row.case == "cancelled" else ""
    return "request" if row.case == "registered" and not event.cancelled and _flips(session, person) else ""


def _had_entry(session: Session, person: Participant) -> bool:
    """Return whether a participant ever got a calendar entry, or perhaps did."""
    got = session.query(Outbox.id).filter(Outbox.participant_id == person.id, Outbox.state.in_(("sent", "in_doubt")))
    guide = got.filter(Outbox.mail.in_((GUIDE, news.MOVED, news.RESTORED))).first()
    return guide is not None or guests.guest_behind(session, person) is not None


def _flips(session: Session, person: Participant) -> int:
    """Return how often a participant cancelled or registered again."""
    query = session.query(Change.old, Change.new)
    query = query.filter(Change.participant_id == person.id, Change.field == "status", Change.old.is_not(None))
    return sum((old == "declined") != (new == "declined") for old, new in query)


def _sequence(session: Session, event: EventConfig, people: list[Participant], calendar: str) -> int:
    """Return how often what a person's calendar shows has changed so far: each mail must count as newer than the last.

    Of a cancellation the compositor counts the last change itself (RFC 5546 2.1.4).
    """
    move, call = news.last_move(session, event), news.last_call(session, event)
    changes = (move.times if move else 0) + (call.times if call else 0)
    if len(people) == 1:
        # What comes after an invitation's entry is a change of it: it has the link, and the guest's answer.
        changes += _flips(session, people[0]) + (guests.guest_behind(session, people[0]) is not None)
    return changes - (calendar == "cancel")


def _moved_from(session: Session, row: Outbox, event: EventConfig, people: list[Participant]) -> datetime | None:
    """Return the event's former start, if one of these people registered for it and may not know that it has moved."""
    move, call = news.last_move(session, event), news.last_call(session, event)
    if move is None or not people or min(p.registered_at for p in people) >= move.at:
        return None
    if row.mail == news.RESTORED and call is not None and move.at < call.before:
        return None  # they knew that before it was cancelled
    return move.former.astimezone(event.zone)


def _guide_sent(session: Session, event: EventConfig, people: list[Participant]) -> datetime | None:
    """Return when the guide for the present start had reached everybody here who is to get it; None before that."""
    mailout = event.mailout(GUIDE)
    wanting = [p.id for p in people if mailout and not mailouts.in_audience(p, mailout)]
    query = session.query(Outbox.participant_id, Outbox.done_at, Outbox.in_doubt_at)
    query = query.filter(Outbox.participant_id.in_(wanting), Outbox.mail == GUIDE, Outbox.event_start == event.starts)
    got = {who: done or doubt for who, done, doubt in query.filter(Outbox.state.in_(("sent", "in_doubt")))}
    return max(filter(None, got.values()), default=None) if wanting and len(got) == len(set(wanting)) else None


def templates_stamp(folder: Path) -> str:
    """Return a text that changes when a template does: names, sizes and times of the files."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return " ".join(f"{p.relative_to(folder)}:{p.stat().st_size}:{p.stat().st_mtime_ns}" for p in files)


def _answered(session: Session, row: Outbox) -> Received | None:
    """Return the message that a mail answers: its own, or the latest that the participant wrote."""
    if row.received_id is not None:
        return session.get(Received, row.received_id)
    person = session.get(Participant, row.participant_id) if row.participant_id else None
    found = session.get(Received, person.received_id) if person and person.received_id else None
    return found if found and person and found.sender.casefold() == (person.write_to or "").casefold() else None


def _people(session: Session, row: Outbox) -> list[Participant]:
    if row.mail == "acknowledgement" and row.received_id is not None:
        return list(registry.people_of(session, row.received_id))
    person = session.get(Participant, row.participant_id) if row.participant_id else None
    return [person] if person else []


def _name_of(row: Outbox, people: list[Participant], received: Received | None) -> str:
    """Return the name to write beside the address: the participant's where the address is theirs."""
    for person in people:
        if person.name and (person.email or "").casefold() == row.recipient.casefold():
            return person.name
    return received.sender_name if received and received.sender == row.recipient else ""


def _case(row: Outbox, received: Received | None, people: list[Participant]) -> str:
    if row.mail != "acknowledgement":
        return row.case
    declined = [p.status == "declined" for p in people]
    if declined and all(declined):
        return "declined"  # also where they changed their mind again before this could leave
    if declined and not any(declined) and row.case in ("cancelled", "not_coming"):
        return "registered"
    if received and received.disposition == "calendar_reply" and row.case == "registered":
        return "calendar"
    return CASES.get(row.case, "registered")


def _offset_then(session: Session, person: Participant, event: EventConfig) -> int | None:
    """Return a participant's offset from UTC at the event's start, in minutes; None where that can't be told.

    A clock that showed the event's own offset is taken to be in its zone. Another one is believed only if no clock
    changes in between in the event's zone: it may change where they are.
    """
    latest = session.get(Received, person.received_id) if person.received_id else None
    if person.utc_offset is None or latest is None or latest.sent_at is None:
        return person.utc_offset
    then, start = event.zone.utcoffset(latest.sent_at.astimezone(event.zone)), event.starts.utcoffset()
    if then is None or start is None or person.utc_offset == int(then.total_seconds()) // 60:
        return int(start.total_seconds()) // 60 if start else None
    return person.utc_offset if then == start else None


def _person(session: Session, person: Participant, event: EventConfig) -> Person:
    values = registry.latest_values(session, person.id)
    shown = {name: Shown(_value(person, name), c.words, c.confidence) for name, c in values.items()}
    return Person(
        name=person.name, email=person.email, title=person.title, phone=person.phone,
        organisation=person.organisation, mode=person.mode, needs_access=person.needs_access,
        utc_offset=_offset_then(session, person, event), status=person.status, values=shown,
    )  # fmt: skip


def _value(person: Participant, name: str) -> str | bool:
    value = getattr(person, name)
    return value if isinstance(value, bool) else str(value or "")


def _changed(session: Session, row: Outbox) -> tuple[str, ...]:
    """Return the fields that the answered message changed, where an acknowledgement says so."""
    if row.case != "changed" or row.received_id is None:
        return ()
    query = session.query(Change.field).where(Change.received_id == row.received_id).order_by(Change.id)
    return tuple(dict.fromkeys(name for (name,) in query if name in FIELDS))
