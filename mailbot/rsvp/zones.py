"""Whose words each line of a body is: the writer's, an older mail's, a third person's that is passed on.

Joins what `quoting` recognises with what markup and quote marks say. It never looks at what a line means.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Literal

from mailbot.message import Message
from mailbot.rsvp import quoting
from mailbot.rsvp.answer import Invitation
from mailbot.rsvp.lines import Line, margin, unwrapped
from mailbot.rsvp.quoting import Break

Zone = Literal["own", "old", "earlier", "forwarded", "header", "break"]
"""The writer's; an older mail; an older mail of the writer's; a third person's; the header block above one of these;
its intro or rule."""


class Zones:
    """One form of a body (text or HTML): its lines, each with its zone."""

    def __init__(self, lines: list[Line], message: Message, invitation: Invitation) -> None:
        self._ours = invitation.own_addresses
        self._sender = message.from_.email.lower() if message.from_ else ""
        self.forwards = quoting.is_forward_subject(message.subject)
        self._breaks = quoting.breaks(lines, self._ours)
        self._last_header = max((b.start for b in self._breaks if b.header), default=-1)
        self.lines, self.zones = _without_margins(lines, self._told(lines))

    def __iter__(self) -> Iterator[tuple[Line, Zone]]:
        return zip(self.lines, self.zones, strict=True)

    def of(self, *zones: Zone) -> list[Line]:
        """Return the lines of some zones, in order."""
        return [line for line, zone in self if zone in zones]

    def text(self, *zones: Zone) -> str:
        """Return the text of some zones."""
        return "\n".join(line.text for line in self.of(*zones)).strip("\n")

    def passed_on(self) -> str:
        """Return what was passed on: a third person's text, and every header block if the message is a forward."""
        if self.forwards or "forwarded" in self.zones or any(b.forward for b in self._breaks):
            return self.text("forwarded", "header")
        return ""

    def _told(self, lines: list[Line]) -> list[Zone]:
        zones: list[Zone] = ["own"] * len(lines)
        starts = {b.start: b for b in self._breaks}
        zone: Zone = "own"
        quoted: Zone = "old"
        number = 0
        while number < len(lines):
            here = starts.get(number)
            if here is not None:
                zones[here.start : here.end] = ["header" if here.header else "break"] * (here.end - here.start)
                quoted = self._below(here)
                if not _is_marked(lines, here) and (here.depth == 0 or zone != "own"):
                    zone = quoted
                number = here.end
                continue
            if lines[number].old and zone == "own":
                zone = "old"
            zones[number] = quoted if lines[number].depth else zone
            number += 1
        return zones

    def _below(self, here: Break) -> Zone:
        """Say whose words stand below a break."""
        named = quoting.addresses_in(here.author)
        if self._ours.intersection(named):
            return "old"
        if self._sender and self._sender in named:
            return "earlier"
        if here.forward or (self.forwards and here.header):
            # Without an address, the last block of a chain is the invitation that everything began with.
            return "forwarded" if named or here.start < self._last_header else "old"
        return "old"


def _is_marked(lines: list[Line], here: Break) -> bool:
    """Say whether the lines below a break are marked as quoted, so that their end can be seen."""
    below = next((line for line in lines[here.end : here.end + 6] if line.text), None)
    return below is not None and below.depth > here.depth


def _without_margins(lines: list[Line], zones: list[Zone]) -> tuple[list[Line], list[Zone]]:
    """Take back the breaks at the margin: the writer's margin is one, that of each mail passed on another."""
    own_margin = margin(line for line, zone in zip(lines, zones, strict=True) if zone == "own")
    joined: list[Line] = []
    told: list[Zone] = []
    for (zone, _), run in groupby(zip(zones, lines, strict=True), key=lambda pair: (pair[0], pair[1].depth)):
        part = [line for _, line in run]
        if zone in ("own", "earlier", "forwarded"):
            part = unwrapped(part, own_margin if zone == "own" else margin(part))
        joined += part
        told += [zone] * len(part)
    return joined, told
