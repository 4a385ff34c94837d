"""Computers in country offices: who gets a seat, who waits for one, and the mails that say so.

Derived from the registry at every turn, like all that is owed: whoever needs a computer, comes, and not in person, has
a wish; a wish gets a seat in an office of their country by the time of asking, or waits. A seat that is free goes to
the first who waits; nobody loses one that was promised because there are fewer now. Where the country has no office the
organisers are told, and decide. Nothing here sends or composes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from mailbot import countries, news, notices, outbox
from mailbot.config import Config, EventConfig, OfficeConfig
from mailbot.log import say
from mailbot.models import Change, Notice, Outbox, Participant, Seat
from mailbot.news import COMING

SEAT = "office_seat"
"""The mail that says where a seat is kept for somebody."""
WAITING = "office_waiting"
"""The mail that says that all seats in their country are taken for now."""
WHO = "offices"
"""Who gives and takes seats in the history, where no person decided."""
COMPUTER = "computer"
"""The kind of notice by which organisers learn of a wish; only they can grant it where no rule does."""
NO_OFFICE, NO_SEAT = "no_office", "no_seat"
"""What they are told of a wish that waits: no office is in that country, or all its seats are taken."""

OPEN = ("seated", "waiting")
"""The states of a wish that is not over."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided something about a seat, and when."""

    who: str
    at: datetime


def plan(session: Session, config: Config, event: EventConfig, now: datetime) -> list[outbox.Owed]:
    """Bring an event's seats up to date, and return the mails that tell of them."""
    if now >= event.starts or event.cancelled or not any_wish(session, event):
        return []
    people = _wishing(session, event)
    _end(session, config, event, people, now)
    _add(session, config, event, people, now)
    _fill(session, event, people, now)
    _tell_organisers(session, event, people, now)
    return [*_seat_mails(session, config, event, now), *_waiting_mails(session, config, event, now)]


def give(session: Session, event: EventConfig, person: Participant, office: OfficeConfig, *, by: Decision) -> None:
    """Give somebody a seat in an office because a person says so, also where the rules would not."""
    seat = _open(session, event).get(person.id)
    if seat is None or seat.state == "seated":
        if seat is not None:
            _close(session, seat, "moved", by.at, who=by.who)
        asked = seat.asked_at if seat is not None else by.at
        seat = Seat(event=event.slug, participant_id=person.id, country=office.country, office="", state="waiting",
                    asked_at=asked)  # fmt: skip
        session.add(seat)
        session.flush()
    _seat(session, seat, office, by.at, who=by.who)


# ---------------------------------------------------------------- who wishes for one


def _wish(event: EventConfig) -> list[sa.ColumnElement[bool]]:
    """Return the conditions under which somebody needs a computer: they come, and not in person."""
    return [
        Participant.event == event.slug,
        Participant.needs_access.is_(True),
        Participant.status.in_(COMING),
        sa.or_(Participant.mode.is_(None), Participant.mode != "in_person"),
    ]


def any_wish(session: Session, event: EventConfig) -> bool:
    """Say whether anybody of an event wishes for a computer, or did until now."""
    wish = sa.select(Participant.id).where(*_wish(event)).exists()
    open_ = sa.select(Seat.id).where(Seat.event == event.slug, Seat.state.in_(OPEN)).exists()
    return bool(session.scalar(sa.select(sa.or_(wish, open_))))


def _wishing(session: Session, event: EventConfig) -> dict[int, Participant]:
    """Return who needs a computer."""
    return {person.id: person for person in session.scalars(sa.select(Participant).where(*_wish(event)))}


def _open(session: Session, event: EventConfig) -> dict[int, Seat]:
    """Return the wishes that are not over, by participant."""
    query = sa.select(Seat).where(Seat.event == event.slug, Seat.state.in_(OPEN))
    return {seat.participant_id: seat for seat in session.scalars(query.order_by(Seat.id))}


def country_of(person: Participant, config: Config) -> str:
    """Return the country that a participant is in, as far as the registry knows; "" where it does not."""
    return countries.country(person.phone, person.email, person.organisation, config.languages)


def _end(
    session: Session, config: Config, event: EventConfig, people: Mapping[int, Participant], now: datetime
) -> None:
    """End the wishes that are over, and those whose office or country is another now (these begin anew)."""
    offices = {(o.country, o.name) for o in event.offices}
    for seat in _open(session, event).values():
        person = people.get(seat.participant_id)
        if person is None:
            _close(session, seat, _why_over(session.get_one(Participant, seat.participant_id)), now)
            continue
        country = country_of(person, config)
        if seat.state == "waiting":
            seat.country = country
        elif (seat.country, seat.office) not in offices:
            _again(session, seat, country, "office_gone", now)
        elif not seat.who and country and country != seat.country:
            _again(session, seat, country, "other_country", now)


def _why_over(person: Participant) -> str:
    if person.status not in COMING:
        return "cancelled"
    return "in_person" if person.mode == "in_person" else "not_needed"


def _close(session: Session, seat: Seat, why: str, now: datetime, *, who: str = "") -> None:
    _note(session, seat, _shown(seat), None, now, who=who, why=why)
    seat.state, seat.ended_at, seat.why = "ended", now, why


def _again(session: Session, seat: Seat, country: str, why: str, now: datetime) -> None:
    """End a seat, and let its wish wait again at the place that it had."""
    _close(session, seat, why, now)
    session.add(Seat(event=seat.event, participant_id=seat.participant_id, country=country, office="", state="waiting",
                     asked_at=seat.asked_at, asked_order=seat.asked_order))  # fmt: skip
    session.flush()


def _add(
    session: Session, config: Config, event: EventConfig, people: Mapping[int, Participant], now: datetime
) -> None:
    """Write down the wishes that are new, each with the moment since which it has been one."""
    known = _open(session, event)
    new = [person for person in people.values() if person.id not in known]
    for person in new:
        at, order = _asked(session, person, now)
        seat = Seat(event=event.slug, participant_id=person.id, country=country_of(person, config), office="",
                    state="waiting", asked_at=at, asked_order=order)  # fmt: skip
        session.add(seat)
        session.flush()


def _asked(session: Session, person: Participant, now: datetime) -> tuple[datetime, int]:
    """Return since when somebody has wished for a computer without a break, and the change that says so."""
    query = sa.select(Change).where(
        Change.participant_id == person.id, Change.field.in_(("needs_access", "mode", "status"))
    )
    changes = session.scalars(query.order_by(Change.id)).all()
    state: dict[str, str | None] = {
        "needs_access": "yes" if person.needs_access else "no", "mode": person.mode, "status": person.status,
    }  # fmt: skip
    for change in reversed(changes):
        state[change.field] = change.old  # at the end: what was before the first change

    def wishes() -> bool:
        return state["status"] in COMING and state["needs_access"] == "yes" and state["mode"] != "in_person"

    asked, was = (person.registered_at or now, 0), wishes()
    for change in changes:
        state[change.field] = change.new
        if wishes() and not was:
            asked = (change.at, change.id)
        was = wishes()
    return asked


# ---------------------------------------------------------------- who gets one


def _fill(session: Session, event: EventConfig, people: Mapping[int, Participant], now: datetime) -> None:
    """Give what is free to those who wait, by the time of asking."""
    wishes = _open(session, event)
    taken = Counter((s.country, s.office) for s in wishes.values() if s.state == "seated")
    for seat in line(wishes.values()):
        free = (o for o in event.offices if o.country == seat.country and taken[o.country, o.name] < o.seats)
        office = next(free, None)
        if office is not None and seat.participant_id in people:
            _seat(session, seat, office, now)
            taken[office.country, office.name] += 1


def line(seats: Iterable[Seat]) -> list[Seat]:
    """Return those who wait, the first in line first."""
    return sorted((s for s in seats if s.state == "waiting"), key=lambda s: (s.asked_at, s.asked_order, s.id))


def _seat(session: Session, seat: Seat, office: OfficeConfig, now: datetime, *, who: str = "") -> None:
    before = _shown(seat) if seat.id is not None else None
    seat.state, seat.country, seat.office, seat.given_at, seat.who = "seated", office.country, office.name, now, who
    session.flush()
    _note(session, seat, before, office.name, now, who=who)
    say("seat_given", event=seat.event, office=office.name, participant=seat.participant_id)


def _shown(seat: Seat) -> str:
    return seat.office if seat.state == "seated" else "waiting"


def _note(
    session: Session, seat: Seat, old: str | None, new: str | None, now: datetime, *, who: str = "", why: str = ""
) -> None:
    session.add(Change(participant_id=seat.participant_id, at=now, who=who or WHO, field="seat", old=old, new=new,
                       rule=why))  # fmt: skip


def _tell_organisers(session: Session, event: EventConfig, people: Mapping[int, Participant], now: datetime) -> None:
    """Let organisers know of each wish and what became of it; of one that got its seat, once they know, it is over."""
    wishes = {p: s for p, s in _open(session, event).items() if p in people}
    query = sa.select(Notice).where(Notice.kind == COMPUTER, Notice.event == event.slug)
    known = {n.participant_id: n for n in session.scalars(query)}
    there = {o.country for o in event.offices}
    for participant_id, seat in sorted(wishes.items()):
        notice, seated = known.get(participant_id), seat.state == "seated"
        if notice is None or (notice.settled_at is not None and _anew(notice, seat)):
            detail = f"seat_given:{seat.office}" if seated else f"{NO_SEAT if seat.country in there else NO_OFFICE}"
            notices.tell(
                session, COMPUTER, str(participant_id), now, address=people[participant_id].write_to or "",
                detail=detail, event=event.slug, participant_id=participant_id,
            )  # fmt: skip
        elif seated and notice.settled_at is None and notice.told_at is not None:
            notice.settled_at, notice.settled_by = now, WHO


def _anew(notice: Notice, seat: Seat) -> bool:
    """Say whether a wish is another one than that which is settled, or has lost its seat since."""
    over = notice.settled_at
    if over is None or seat.state == "seated":
        return over is not None and seat.asked_at > over
    return notice.settled_by == WHO or seat.asked_at > over


# ---------------------------------------------------------------- the mails to participants


def _seat_mails(session: Session, config: Config, event: EventConfig, now: datetime) -> list[outbox.Owed]:
    """Return the mails to those who have a seat and don't know of it, or know another start."""
    rows = _reachable(session, event, "seated")
    if not rows:
        return []
    told = _told(session, event, SEAT)
    knew = _who_knew(session, event, told)
    owed = [
        replace(
            _mail(config, event, SEAT, person, seat, now=now), case="changed" if _wish_of(seat) in knew else "found"
        )
        for seat, person in rows
    ]
    return [one for one in owed if one.key not in told]


def _waiting_mails(session: Session, config: Config, event: EventConfig, now: datetime) -> list[outbox.Owed]:
    """Return the mails to those who wait where there are offices, and to those who lost a seat that they knew of.

    To anybody else where there is no office, the organisers write.
    """
    rows = _reachable(session, event, "waiting")
    if not rows:
        return []
    knew = _who_knew(session, event, _told(session, event, SEAT))
    told, abroad = {seat_of(key) for key in _told(session, event, WAITING)}, {o.country for o in event.offices}
    return [
        replace(
            _mail(config, event, WAITING, person, seat, now=now), case="lost" if _wish_of(seat) in knew else "waiting"
        )
        for seat, person in rows
        if seat.id not in told and (seat.country in abroad or _wish_of(seat) in knew)
    ]


def _wish_of(seat: Seat) -> tuple[int, datetime]:
    """Return what stays the same of a wish while it goes from one office to another."""
    return seat.participant_id, seat.asked_at


def _who_knew(session: Session, event: EventConfig, told: Iterable[str]) -> set[tuple[int, datetime]]:
    """Return the wishes that were told of a seat."""
    ids = {seat_of(key) for key in told}
    seats = session.scalars(sa.select(Seat).where(Seat.event == event.slug, Seat.given_at.is_not(None)))
    return {_wish_of(seat) for seat in seats if seat.id in ids}


def _reachable(session: Session, event: EventConfig, state: str) -> list[tuple[Seat, Participant]]:
    query = sa.select(Seat, Participant).join(Participant, Participant.id == Seat.participant_id)
    query = query.where(Seat.event == event.slug, Seat.state == state, *news.can_be_told(event))
    return [(seat, person) for seat, person in session.execute(query.order_by(Seat.id))]


def _told(session: Session, event: EventConfig, mail: str) -> set[str]:
    """Return the keys of mails of a kind that somebody got or is to get."""
    query = sa.select(Outbox.key).join(Participant, Participant.id == Outbox.participant_id)
    query = query.where(Outbox.event == event.slug, Outbox.mail == mail, Outbox.state != "withdrawn")
    return set(session.scalars(query.where(sa.not_(news.unheard()))))


def _mail(
    config: Config, event: EventConfig, mail: str, person: Participant, seat: Seat, *, now: datetime
) -> outbox.Owed:
    at = (now, event.ends, timedelta(0))
    return news.mail_to(config, event, mail, person, at=at, number=seat.id)


def seat_of(key: str) -> int:
    """Return the seat that a mail's key names."""
    return int(key.rpartition(" ")[2])


def still_so(session: Session, row: Outbox, event: EventConfig, now: datetime) -> str:
    """Return "" while what a mail to a participant says of their seat is true and of use, else why not, as a word."""
    if now >= event.starts:
        return "event_began"
    seat = session.get(Seat, seat_of(row.key))
    wanted = "seated" if row.mail == SEAT else "waiting"
    return "" if seat is not None and seat.state == wanted else "seat_changed"
