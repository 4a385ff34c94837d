"""The report's section on who was invited: how many answered, who is silent, who cannot be reached.

Rows in, plain values for the template out. Nothing here invites anybody, and nothing produces HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from mailbot import guests
from mailbot.config import EventConfig
from mailbot.report.words import Words


@dataclass(frozen=True, slots=True)
class Named:
    """The guests who stand alike: what that is called, and who they are ("Awa Ndiaye (CNTS), grace@kuhw.example")."""

    label: str
    count: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    """`told` is the whole in a sentence, "" where nobody was invited; `groups` are those who have not answered."""

    told: str
    groups: tuple[Named, ...]


def invited(session: Session, event: EventConfig, words: Words) -> Invited:
    """Return how an event's guests stand."""
    found = guests.standing(session, event)
    if not found:
        return Invited("", ())
    counts = guests.counts(found)
    parts = [words.text(f"invited.{how}", n=words.number(n)) for how, n in counts.items() if n]
    told = words.text("invited.told", n=words.number(len(found)), parts=", ".join(parts))
    groups = [
        Named(
            label=words.text(f"invited.who_{how}"),
            count=words.count("lists.people", counts[how]),
            people=tuple(_name(one) for one in found if one.how == how),
        )
        for how in guests.STANDINGS
        if how != "answered" and counts[how]
    ]
    return Invited(told, tuple(groups))


def _name(one: guests.Standing) -> str:
    name, organisation = one.guest.name, one.guest.organisation
    if not name:
        return one.guest.email
    return f"{name} ({organisation})" if organisation else name
