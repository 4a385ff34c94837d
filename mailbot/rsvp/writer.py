"""Whether the writer takes part themselves, beside somebody whom they name: told sentence by sentence.

"I will join online. My colleague Jane Poole will come in person" registers both, though the writer is only an "I" and a
signature. It decides nothing about fields, and where it can't be sure it says so with a review word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailbot.rsvp import attendance, grammar, words
from mailbot.rsvp.attendance import Stance
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material
from mailbot.rsvp.prose import Mention

UNSURE = "writer_or_colleague"
"""The review word for messages in which the writer and somebody else may both be meant."""

_COLLEAGUE = re.compile(r"colleague|collegue|companer|colega|kolleg|collega")
_ME = re.compile(r"\W*(?:me|moi|mich|mi|yo|eu|io)\b")
_TOKEN = re.compile(r"[^\W_]+")
_TOGETHER = re.compile(
    r"\b(?:together with|along with|with my|avec m(?:on|a|es)|ainsi que|junto (?:con|com)|junto a|con mi|"
    r"com (?:o |a )?me|com minha|zusammen mit|mit meine|insieme a|con (?:il |la )?mi[ao])\b"
)


@dataclass(frozen=True, slots=True)
class Both:
    """That the writer comes, with the ways to take part that their own sentence names, and who else does."""

    others: tuple[Mention, ...]
    modes: tuple[attendance.Mode, ...]


def comes_too(found: Material, others: Sequence[Mention]) -> Both | None:
    """Return who comes beside the writer; None where the sentences don't say that the writer comes."""
    folded = found.scene.folded
    for hit in words.of(found.scene.hits, "attendance.proxy", "attendance.assistant"):
        # "My colleague" alone sends nobody in one's place, and "please register me" is no assistant's word.
        if not (_COLLEAGUE.search(folded[hit.start : hit.end]) or _ME.match(folded, hit.end)):
            return None
    text = found.scene.text
    spans = attendance.sentences(text)
    mine: tuple[attendance.Mode, ...] | None = None
    theirs: list[Mention] = []
    for start, end in spans:
        named = [m for m in others if start <= m.start < end]
        said = attendance.stance(text[start:end])
        speaks = _of_themselves(text[start : min([m.start for m in named], default=end)])
        if not named and speaks and (said.no or said.cancel):
            return None
        if not named and speaks and _affirms(said):
            mine = mine or tuple(replace(m, start=m.start + start, end=m.end + start) for m in said.modes)
        elif named and speaks and _affirms(said) and _TOGETHER.search(fold(text[start : named[0].start])):
            mine = mine or tuple(replace(m, start=m.start + start, end=m.end + start) for m in said.modes)
            theirs += named
        elif named and _affirms(said) and not (said.no or said.cancel or said.denied):
            theirs += named
    return None if mine is None else Both(tuple(theirs), mine)


def _of_themselves(text: str) -> bool:
    return bool(set(_TOKEN.findall(fold(text))) & grammar.words_that("first_person"))


def _affirms(said: Stance) -> bool:
    return bool(said.yes or said.modes) and not (said.no or said.cancel)
