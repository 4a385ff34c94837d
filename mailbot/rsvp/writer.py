"""Whether the writer takes part themselves, beside somebody whom they name: told sentence by sentence.

"I will join online. My colleague Jane Poole will come in person" registers both, though the writer is only an "I" and a
signature. It decides nothing about fields, and where it can't be sure it says so with a review word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailbot.rsvp import attendance, grammar, registering, words
from mailbot.rsvp.attendance import Stance
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material
from mailbot.rsvp.prose import Mention
from mailbot.rsvp.words import Hit

UNSURE = "writer_or_colleague"
"""The review word for messages in which the writer and somebody else may both be meant."""

_COLLEAGUE = re.compile(r"colleague|collegue|companer|colega|kolleg|collega")
_ME = re.compile(r"\W*(?:me|moi|mich|mi|yo|eu|io)\b")
_AND_THEN = re.compile(r"[.;]\s+(?:and|et|y|e|und)\s[^.!?\n]{0,20}$", re.IGNORECASE)
_FULL_STOP = re.compile(r"(?<=\w{3})[.!?]\s|\n\n")
_TOKEN = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Both:
    """That the writer comes, with the ways to take part that their own sentence names, and who else does."""

    others: tuple[Mention, ...]
    modes: tuple[attendance.Mode, ...]


def those_who_come(found: Material, others: Sequence[Mention]) -> list[Mention]:
    """Return those of the others who may register: where the writer comes, only who is said to come as well."""
    if not others or not _says_so(found):
        return list(others)
    spans = attendance.sentences(found.scene.text)
    return [m for m in others if registering.and_myself(found, [m]) or _comes_as_well(found, m, spans)]


def _says_so(found: Material) -> bool:
    """Say whether the writer says in so many words that they come, be it in somebody's stead."""
    hits = found.scene.hits
    if words.of(hits, "attendance.stand_in"):
        return True
    mine = words.of(hits, "attendance.mine")
    if not mine:
        return False
    for start, end in attendance.sentences(found.scene.text):
        if words.within(mine, start, end):
            said = attendance.stance(found.scene.text[start:end])
            if not (said.no or said.cancel or said.denied):
                return True
    return False


def _comes_as_well(found: Material, one: Mention, spans: Sequence[tuple[int, int]]) -> bool:
    """Say whether the sentence about somebody, or the one that goes on about them, has them come too."""
    at = next((i for i, (start, end) in enumerate(spans) if start <= one.start < end), None)
    if at is None:
        return False
    start, end = spans[at]
    inside = words.within(found.scene.hits, start, end)
    if _counted_in(found, one):
        return True
    mine = words.of(inside, "attendance.mine", "attendance.stand_in")
    if any(h.end <= one.start for h in words.of(inside, "people.together")):
        return True
    behalf = [h for h in words.of(inside, "attendance.assistant") if h.end <= one.start]
    if behalf and any(m.end <= behalf[-1].start for m in mine):
        return False  # "I will attend on behalf of our director, Jane Poole"
    if behalf or _third(found, inside, mine) or (not mine and attendance.modes(found.scene.text[start:end])):
        return True
    return at + 1 < len(spans) and _goes_on(found, *spans[at + 1])


def _counted_in(found: Material, one: Mention) -> bool:
    """Say whether a sentence counts those who come before it names somebody: "siamo in due: io, e Natalya Hrynko"."""
    counted = [h for h in words.of(found.scene.hits, "attendance.both") if h.end <= one.start]
    between = found.scene.text[counted[-1].end : one.start] if counted else ""
    return bool(counted) and not _FULL_STOP.search(_AND_THEN.sub("", between))


def _third(found: Material, inside: Sequence[Hit], mine: Sequence[Hit]) -> bool:
    """Say whether a sentence has somebody else than the writer come."""
    folded = found.scene.folded
    own = [h for h in words.of(inside, "attendance.yes", "attendance.sure") if _of_themselves(folded[h.start : h.end])]
    return any(
        not any(h.start < o.end and o.start < h.end for o in (*mine, *own))
        for h in words.of(inside, "attendance.yes", "attendance.sure", "attendance.both")
    )


def _goes_on(found: Material, start: int, end: int) -> bool:
    """Say whether a sentence goes on about who was named before: "She will be online." """
    first = _TOKEN.findall(found.scene.folded[start:end])[:2]
    return bool(set(first) & grammar.words_that("third_person")) and _affirms(
        attendance.stance(found.scene.text[start:end])
    )


def comes_too(found: Material, others: Sequence[Mention]) -> Both | None:
    """Return who comes beside the writer; None where the sentences don't say that the writer comes."""
    folded = found.scene.folded
    for hit in words.of(found.scene.hits, "attendance.proxy", "attendance.assistant"):
        # "My colleague" alone sends nobody in one's place, and "please register me" is no assistant's word.
        if not (_COLLEAGUE.search(folded[hit.start : hit.end]) or _ME.match(folded, hit.end)):
            return None
    text = found.scene.text
    mine: tuple[attendance.Mode, ...] | None = None
    theirs: list[Mention] = []
    for start, end in attendance.sentences(text):
        named = [m for m in others if start <= m.start < end]
        if not named and words.within(words.of(found.scene.hits, "attendance.this_address"), start, end):
            continue  # "send the link to me" says where to write, not who comes
        said = attendance.stance(text[start:end])
        lead = min([m.start for m in named], default=end)
        speaks = _of_themselves(folded[start:lead]) or bool(
            words.within(words.of(found.scene.hits, "attendance.mine"), start, end)
        )
        if not named and speaks and (said.no or said.cancel):
            return None
        together = any(
            start <= h.start and h.end <= lead for h in words.of(found.scene.hits, "people.together")
        ) or _with(folded[start:lead])
        if not named and speaks and _affirms(said) and (said.yes or not all(m.weak for m in said.modes)):
            mine = mine or tuple(replace(m, start=m.start + start, end=m.end + start) for m in said.modes)
        elif named and speaks and _affirms(said) and together:
            mine = mine or tuple(replace(m, start=m.start + start, end=m.end + start) for m in said.modes)
            theirs += named
        elif named and _affirms(said) and not (said.no or said.cancel or said.denied):
            theirs += named
    return None if mine is None else Both(tuple(theirs), mine)


def _with(lead: str) -> bool:
    """Say whether what leads to a name ends with "with": "I'll be there with Jane Poole"."""
    return bool(re.search(r"\b(?:with|avec|con|com|mit)\s(?:\S+\s){0,3}$", lead))


def _of_themselves(text: str) -> bool:
    return bool(set(_TOKEN.findall(fold(text))) & grammar.words_that("first_person"))


def _affirms(said: Stance) -> bool:
    return bool(said.yes or said.modes) and not (said.no or said.cancel)
