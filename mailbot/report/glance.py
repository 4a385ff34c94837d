"""What an organiser asks first: the figures at the top, who is beside them, and what goes out next.

Figures and words in, plain values for the template out. Nothing here counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mailbot.report.numbers import Coming, Figures
from mailbot.report.words import Words


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure at the top: where it leads, and how it filters the table ("key=value")."""

    number: int
    label: str
    target: str
    filter: str = ""
    alarm: bool = False


def strip(figures: Figures, needs: int, words: Words, name: str) -> tuple[Tile, ...]:
    """Return the figures at the top, in the order in which organisers ask; what is nobody's worry is left out."""
    f, table = figures, f"{name}-table"
    tiles = [
        Tile(f.coming, words.count("figures.coming", f.coming), table, "status=registered"),
        Tile(f.online, words.text("figures.online"), table, "status=registered mode=online"),
        Tile(f.in_person, words.text("figures.in_person"), table, "status=registered mode=in_person"),
        Tile(f.mode_unknown, words.text("figures.mode_unknown"), table, "status=registered mode=-")
        if f.mode_unknown
        else None,
        Tile(
            f.need_computer,
            words.count("figures.need_computer", f.need_computer),
            table,
            "status=registered computer=1",
        ),
        Tile(f.incomplete, words.count("figures.incomplete", f.incomplete), table, "attention=incomplete"),
        Tile(needs, words.count("figures.needs", needs), f"{name}-needs", alarm=needs > 0),
        Tile(
            f.unreachable,
            words.count("figures.unreachable", f.unreachable),
            f"{name}-unreachable",
            alarm=f.unreachable > 0,
        ),
    ]
    return tuple(t for t in tiles if t is not None)


def aside(figures: Figures, words: Words) -> str:
    """Say who is beside those who come: perhaps, and not."""
    parts = [
        words.text(f"figures.aside_{what}", n=words.number(n))
        for what, n in (("tentative", figures.tentative), ("declined", figures.declined))
        if n
    ]
    return words.text("figures.aside", parts=words.both(parts)) if parts else ""


def ahead(coming: Sequence[Coming], now: datetime, words: Words) -> str:
    """Say which mail-out leaves next, when, and to how many; "" where none is planned."""
    if not coming:
        return ""
    left = min((c for c in coming if not c.over and c.to_go), key=lambda c: c.at, default=None)
    if left is None:
        return words.text("figures.next_none")
    return words.text(
        "figures.next" if left.at > now else "figures.next_now",
        mail=words.named("mail", left.name),
        when=words.full(left.at),
        distance=words.distance(left.at - now),
        people=words.count("lists.people", left.to_go),
    )
