"""All that was found in one message, and what its rules share: who the writer is.

Plain data; nothing here reads text.
"""

from __future__ import annotations

from dataclasses import dataclass

from mailbot.rsvp import names
from mailbot.rsvp.attendance import Stance
from mailbot.rsvp.blocks import Reply
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.context import Context
from mailbot.rsvp.fold import fold
from mailbot.rsvp.prose import Mention, Scene

_SHORTEST = 2
"""Letters that a first name has more of: fewer are initials."""


@dataclass(frozen=True, slots=True)
class Material:
    """All that was found in a message."""

    context: Context
    reply: Reply
    scene: Scene
    stance: Stance
    stated: Stance
    signature: Record
    full_text: str
    asked: list[tuple[int, int]]


def other_people(found: Material) -> list[Mention]:
    """Return who is named besides the writer and may register: not who is greeted, replaced or quoted."""
    return [m for m in found.scene.mentions if not m.is_self and not m.part]


def others_named(found: Material) -> list[Mention]:
    """Return everybody who is named besides the writer."""
    return [m for m in found.scene.mentions if not m.is_self]


def is_writer(found: Material, name: str) -> bool:
    context = found.context
    if context.sender and names.same_person(name, context.sender):
        return True
    signed = found.signature.first("name")
    if signed and names.same_person(name, signed.value):
        return True
    if not context.sender and _signs_as(found.reply.signature, name):
        return True
    return (
        names.fits_address(name, context.replies_to or context.address) >= 0.8
        or names.fits_address(name, context.address) >= 0.8
    )


def _signs_as(lines: list[str], name: str) -> bool:
    """Say whether a letter is signed with somebody's first name alone: "Astrid" for Astrid Milena Caicedo."""
    first = next((x.strip(" ,.!-–—*") for x in lines if x.strip()), "")
    own = names.bare_name(name).split()
    return len(own) > 1 and len(first) > _SHORTEST and fold(first) == fold(own[0])
