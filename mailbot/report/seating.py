"""The report's section on computers in country offices: who sits where, how many seats are taken, who waits.

Rows in, plain values for the template out. Nothing here gives a seat, and nothing produces HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from mailbot import rosters
from mailbot.config import EventConfig
from mailbot.models import Participant
from mailbot.report.words import Words


@dataclass(frozen=True, slots=True)
class Sitting:
    """One participant, as the page names and links them."""

    id: int
    shown_name: str


@dataclass(frozen=True, slots=True)
class PlaceShown:
    """One office: `taken` says how many of its seats are, `over` that it is more than there are."""

    name: str
    taken: str
    over: bool
    people: tuple[Sitting, ...]


@dataclass(frozen=True, slots=True)
class Seating:
    """An event's offices, and who waits by country, the first in line first; a country without an office says so."""

    places: tuple[PlaceShown, ...]
    waiting: tuple[PlaceShown, ...]


def seating(session: Session, event: EventConfig, words: Words) -> Seating:
    """Return who has a seat and who waits for one."""
    shown = [
        PlaceShown(
            name=f"{place.office.name} ({words.country(place.office.country)})",
            taken=words.text("seats.taken", n=len(place.people), all=place.office.seats),
            over=len(place.people) > place.office.seats,
            people=tuple(_sitting(p) for p in place.people),
        )
        for place in rosters.places(session, event)
    ]
    there = {office.country for office in event.offices}
    line: dict[str, list[Sitting]] = {}
    for seat, person in rosters.waiting_line(session, event):
        line.setdefault(seat.country, []).append(_sitting(person))
    waiting = [
        PlaceShown(
            name=words.country(country) or words.text("pictures.unknown"),
            taken=words.text("seats.full" if country in there else "desks.no_office"),
            over=country not in there,
            people=tuple(people),
        )
        for country, people in line.items()
    ]
    return Seating(tuple(shown), tuple(waiting))


def _sitting(person: Participant) -> Sitting:
    return Sitting(person.id, person.name or person.email or person.write_to or "–")
