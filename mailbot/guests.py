"""Who was invited by `mailbot invite`, and who of them answered: a row an address and event, so nobody is asked twice.

Whether somebody answered is derived from the registry and the ledger whenever it is asked, never noted. Nothing here
reads a list, composes or sends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import outbox
from mailbot.addresses import ascii_form, key
from mailbot.config import Config, EventConfig
from mailbot.guestlist import Line
from mailbot.log import say
from mailbot.models import Change, Guest, Outbox, Participant, Received, Returned
from mailbot.registry import Recorded, Source
from mailbot.rsvp.answer import Reading

INVITATION = "invitation"
"""The mail that invites somebody."""
REMINDER = "invitation_reminder"
"""The mail that asks once more whoever has not answered."""
MAILS = (INVITATION, REMINDER)

ANSWERED = ("registration", "decline", "question", "calendar_reply", "held")
"""Dispositions of messages by which somebody has answered; who is held waits for us, and is not asked again."""
STANDINGS = ("answered", "silent", "unreachable", "waiting")
"""How a guest stands: `waiting` is whose invitation has not left yet."""
RATHER_LATER = timedelta(days=1)
"""How long after the invitation nobody is reminded yet: people look into their mail once a day."""
LIST = "list"
"""The place of a value that only the list of guests says; whatever somebody writes counts more."""
LISTED = 0.9  # how sure such a value is: the organisers wrote it, for whoever has that address


@dataclass(frozen=True, slots=True)
class Sorted:
    """A list against what is known: who is to be invited, and who is not, with the reason as a word."""

    new: tuple[Line, ...]
    left_out: tuple[tuple[Line, str], ...]

    def count(self, why: str) -> int:
        """Return how many are left out for a reason."""
        return sum(word == why for _, word in self.left_out)


def sort(session: Session, config: Config, event: EventConfig, people: Iterable[Line]) -> Sorted:
    """Part the people of a list into those to invite and the others: `invited` before, `registered` by themselves,
    `unreachable`, `complained`, or `own`, an address of the organisers."""
    invited = {g.address for g in _guests(session, event)} - _not_left(session, event)
    here, dead, angry = _registered(session, event), _returned(session, "hard"), _returned(session, "complaint")
    new, left_out = [], []
    for line in people:
        own = config.is_own(line.email)
        word = "own" if own else "invited" if line.key in invited else "registered" if line.key in here else ""
        word = word or ("complained" if line.key in angry else "unreachable" if line.key in dead else "")
        if word:
            left_out.append((line, word))
        else:
            new.append(line)
    return Sorted(tuple(new), tuple(left_out))


def invite(session: Session, config: Config, event: EventConfig, people: Sequence[Line], now: datetime) -> int:
    """Write down guests and the invitations that they are owed; return how many those are."""
    known = {g.address: g for g in _guests(session, event)}
    new = [
        Guest(event=event.slug, address=line.key[:320], email=line.email, name=line.name, language=line.language,
              organisation=line.organisation, listed_at=now)
        for line in people
        if line.key not in known
    ]  # fmt: skip
    session.add_all(new)
    session.flush()
    wanted = {line.key for line in people}
    guests = [g for g in (*known.values(), *new) if g.address in wanted]
    count = outbox.put(session, [_owed(config, event, INVITATION, g, now) for g in guests], now, config.smtp.domain)
    say("guests_invited", event=event.slug, count=count)
    return count


def to_remind(session: Session, event: EventConfig, now: datetime) -> list[Guest]:
    """Return the guests who are silent, were invited a while ago, and were not asked a second time yet."""
    asked = _mails(session, event, REMINDER)
    left = {g: m for g, m in _mails(session, event, INVITATION).items() if m.state == "sent"}
    return [
        one.guest
        for one in standing(session, event)
        if one.how == "silent" and (asked.get(one.guest.id) is None or asked[one.guest.id].state == "withdrawn")
        and (done := left[one.guest.id].done_at) is not None and done + RATHER_LATER <= now
    ]  # fmt: skip


def remind(session: Session, config: Config, event: EventConfig, guests: Sequence[Guest], now: datetime) -> int:
    """Owe each of these guests a second mail; return how many those are."""
    return outbox.put(session, [_owed(config, event, REMINDER, g, now) for g in guests], now, config.smtp.domain)


def _owed(config: Config, event: EventConfig, mail: str, guest: Guest, now: datetime) -> outbox.Owed:
    language = guest.language if guest.language in config.languages else config.languages[0]
    return outbox.Owed(
        key=f"{mail} {event.slug} {guest.id}", mail=mail, event=event.slug, event_start=event.starts,
        recipient=guest.email, language=language, due_at=now,
        expires_at=None,  # mail without an end leaves last: hundreds of invitations hold no answer or reminder up
    )  # fmt: skip


def guest_of(session: Session, row: Outbox) -> Guest | None:
    """Return whom an invitation is for, None where they were forgotten."""
    return session.get(Guest, int(row.key.rpartition(" ")[2]))


def still_due(session: Session, row: Outbox, event: EventConfig, now: datetime) -> str:
    """Return "" while an invitation is worth sending, else why not, as a word."""
    guest = guest_of(session, row)
    if guest is None:
        return "forgotten"
    if event.cancelled or now >= event.starts:
        return "event_cancelled" if event.cancelled else "event_began"
    if (open_ := _open_returns(session, guest.address)) - {"soft"}:
        return "complained" if "complaint" in open_ else "unreachable"
    answered = guest.address in _registered(session, event, guest) or (
        row.mail == REMINDER and _has_written(session, event, guest)
    )
    return "answered" if answered else ""


def _has_written(session: Session, event: EventConfig, guest: Guest) -> bool:
    """Say whether a guest wrote about the event, or somebody answered the guest's invitation."""
    addresses, threads = _who_answered(session, event)
    keys = [f"{mail} {event.slug} {guest.id}" for mail in MAILS]
    ids = set(session.scalars(sa.select(Outbox.message_id).where(Outbox.key.in_(keys))))
    return guest.address in addresses or bool(ids & threads)


def _open_returns(session: Session, address: str) -> set[str]:
    query = sa.select(Returned.how).where(Returned.address == address, Returned.void_at.is_(None))
    return set(session.scalars(query))


# ---------------------------------------------------------------- how they stand


@dataclass(frozen=True, slots=True)
class Standing:
    """A guest and how they stand, as one of STANDINGS; `reminded` says that they were asked a second time."""

    guest: Guest
    how: str
    reminded: bool = False


def standing(session: Session, event: EventConfig) -> list[Standing]:
    """Return how the guests of an event stand, in the order in which they were listed."""
    listed = _guests(session, event)
    if not listed:
        return []
    mails, second = _mails(session, event, INVITATION), _mails(session, event, REMINDER)
    answered, threads = _who_answered(session, event)
    answered |= _registered(session, event)
    dead = _returned(session, "hard") | _returned(session, "complaint")
    found = []
    for guest in listed:
        mine = [m for m in (mails.get(guest.id), second.get(guest.id)) if m is not None]
        if guest.address in answered or any(m.message_id in threads for m in mine):
            how = "answered"
        elif guest.address in dead or any(m.state == "failed" for m in mine):
            how = "unreachable"
        else:
            how = "silent" if any(m.state == "sent" for m in mine) else "waiting"
        found.append(Standing(guest, how, any(m.state == "sent" and m.mail == REMINDER for m in mine)))
    return found


def counts(standings: Iterable[Standing]) -> dict[str, int]:
    """Count guests by how they stand."""
    found = Counter(one.how for one in standings)
    return {how: found[how] for how in STANDINGS}


def _guests(session: Session, event: EventConfig) -> Sequence[Guest]:
    return session.scalars(sa.select(Guest).where(Guest.event == event.slug).order_by(Guest.id)).all()


def _mails(session: Session, event: EventConfig, mail: str) -> dict[int, Outbox]:
    """Return the mails of a kind by the guest whom they are for, without their bytes."""
    query = sa.select(Outbox).where(Outbox.event == event.slug, Outbox.mail == mail)
    rows = session.scalars(query.options(sa.orm.defer(Outbox.body)))
    return {int(row.key.rpartition(" ")[2]): row for row in rows}


def _not_left(session: Session, event: EventConfig) -> set[str]:
    """Return the addresses whose invitation was withdrawn before it could leave."""
    gone = {i for i, row in _mails(session, event, INVITATION).items() if row.state == "withdrawn"}
    return {guest.address for guest in _guests(session, event) if guest.id in gone}


def _registered(session: Session, event: EventConfig, guest: Guest | None = None) -> set[str]:
    """Return the addresses of the registry, of those who come and who don't; or of one guest's only."""
    query = sa.select(Participant.email, Participant.write_to).where(Participant.event == event.slug)
    if guest is not None:
        near = (guest.address, ascii_form(guest.address), guest.email.lower())
        query = query.where(sa.func.lower(Participant.write_to).in_(near))
    return {key(address) for row in session.execute(query) for address in row if address}


def _who_answered(session: Session, event: EventConfig) -> tuple[set[str], set[str]]:
    """Return the addresses that wrote about an event, and the Message-IDs in the threads of what they wrote."""
    query = sa.select(Received.from_address, Received.sender, Received.thread)
    query = query.where(Received.event == event.slug, Received.disposition.in_(ANSWERED))
    addresses: set[str] = set()
    threads: set[str] = set()
    for from_address, sender, thread in session.execute(query):
        addresses |= {key(a) for a in (from_address, sender) if a}
        threads |= set(thread.split())
    return addresses, threads


def _returned(session: Session, how: str) -> set[str]:
    query = sa.select(Returned.address).where(Returned.how == how, Returned.void_at.is_(None))
    return set(session.scalars(query))


# ---------------------------------------------------------------- what an invitation makes known of its answers


def invited_at(session: Session, addresses: Collection[str], slugs: Collection[str] = ()) -> list[Guest]:
    """Return the guests with one of these addresses, of all events or some, the latest listed first."""
    query = sa.select(Guest).where(Guest.address.in_([key(a) for a in addresses if a]))
    if slugs:
        query = query.where(Guest.event.in_(slugs))
    return list(session.scalars(query.order_by(Guest.id.desc())))


def uid_of(guest: Guest, config: Config) -> str:
    """Return the UID of a guest's calendar entry: the same from the invitation on, whatever mail carries it."""
    return f"{guest.event}-g{guest.id}@{config.smtp.domain}"


def guest_behind(session: Session, person: Participant) -> Guest | None:
    """Return the guest who became a participant and may have an invitation in their calendar; None for others."""
    found = invited_at(session, {person.email or "", person.write_to or ""}, (person.event,))
    for guest in found if person.email else []:
        sent = sa.select(Outbox.id).where(
            Outbox.key == f"{INVITATION} {guest.event} {guest.id}", Outbox.state.in_(("sent", "in_doubt"))
        )
        if guest.address == key(person.email or "") and session.scalar(sent) is not None:
            return guest
    return None


def fill(session: Session, done: Sequence[Recorded], reading: Reading, source: Source) -> None:
    """Write down of the guests among these people what only the list says: language, name and organisation."""
    for one, answer in zip(done, reading.answers, strict=False):
        person = one.participant
        if not (answer.is_sender or answer.partstat) or not person.email:
            continue
        if person.language and person.name and person.organisation:
            continue
        for guest in invited_at(session, [person.email], (person.event,))[:1]:
            person.language = person.language or guest.language
            if person.status != "declined":
                _fill(session, person, guest, source)


def _fill(session: Session, person: Participant, guest: Guest, source: Source) -> None:
    for name in ("name", "organisation"):
        told = getattr(guest, name)
        if told and not getattr(person, name):
            setattr(person, name, told)
            session.add(Change(participant_id=person.id, at=source.at, who=source.who, received_id=source.received_id,
                               field=name, old=None, new=told, words=told, place=LIST, rule="guest_list",
                               confidence=LISTED))  # fmt: skip
