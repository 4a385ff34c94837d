"""Which of those named in the sentences registers: somebody instead of the writer, several, or the writer alone.

Weighs who is named, what the sentences say of them, and whether the writer comes as well. Builds no answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import attendance, grammar, names, talked_about, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material
from mailbot.rsvp.prose import Mention

_WORD = re.compile(r"[^\W\d_]+")
_BRACKETS = re.compile(r"\([^()]*\)")
_LEAD = 3
"""Words that may stand before a name at the head of a line: "et le camarade"."""
_NEXT = 60
"""Characters between two of one list: "Rui Tavares Costa, economista, e Marta Simões"."""


def several(found: Material, others: Sequence[Mention]) -> bool:
    """Say whether the sentences register several people rather than one in somebody's place."""
    hits = found.scene.hits
    me = [m for m in found.scene.mentions if m.is_self]
    if found.stance.no or found.stance.cancel:
        return False
    if and_myself(found, others):
        return True  # "a minha colega Filomena Costa e eu": both, though "a colleague" often comes instead
    if words.of(hits, "attendance.proxy"):
        return False
    both = bool(words.of(hits, "attendance.both"))
    said_me = bool(me) and any(h.key == "people.me" for h in hits)
    if both and len(others) + len(me) >= 2:
        return True
    if me and said_me and any(_comes_too(found, m) for m in others):
        return not words.of(hits, "attendance.assistant")
    return len(others) >= 2 and not me and not words.of(hits, "attendance.assistant")


def together(found: Material, others: Sequence[Mention]) -> list[Mention]:
    """Return all who register, in the order in which they are named, the writer among them where they join in."""
    me = [m for m in found.scene.mentions if m.is_self]
    if not me and and_myself(found, others):
        me = [_writer(found)]
    return sorted([m for m in (*me, *others) if m.name], key=lambda m: m.start)


def substitutes(found: Material, others: Sequence[Mention]) -> list[Mention]:
    """Return who comes instead of the writer, or for whom the writer writes: one, or a list; nobody for the writer."""
    chosen = _substitute(found, others)
    if chosen is None:
        return []
    row = [chosen]
    for one in sorted(others, key=lambda m: m.start):
        if one.start > row[-1].end and _listed_with(found, row[-1], one):
            row.append(one)
    return row


def and_myself(found: Material, others: Sequence[Mention]) -> bool:
    """Say whether the writer joins somebody: "Claude Thommes et moi-même", "eu e a Maria", "Jane and I"."""
    folded = found.scene.folded
    joining = grammar.words_that("and")
    for hit in words.of(found.scene.hits, "people.me"):
        before = _WORD.findall(folded[max(0, hit.start - 8) : hit.start])
        if before and before[-1] in joining and any(_stands_in(m, folded, hit.start - 40, hit.start) for m in others):
            return True
        after = _WORD.findall(folded[hit.end : hit.end + 8])
        if after and after[0] in joining and any(_stands_in(m, folded, hit.end, hit.end + 45) for m in others):
            return True
    return False


def _stands_in(one: Mention, folded: str, start: int, end: int) -> bool:
    """Say whether somebody is named in a stretch, if only by the first name, with no sentence's end between."""
    stretch = folded[max(0, start) : end]
    named = [fold(p) for p in names.bare_name(one.name).split()[:1]]
    return any(re.search(rf"\b{re.escape(n)}\b[^.;:!?\n]*$|^[^.;:!?\n]*\b{re.escape(n)}\b", stretch) for n in named)


def _listed_with(found: Material, one: Mention, other: Mention) -> bool:
    """Say whether somebody stands in one list with another: only an "and", titles and brackets between them."""
    if _a_line_each(found.scene.folded, one, other):
        return True
    between = _BRACKETS.sub(" ", found.scene.folded[one.end : other.start])
    if len(between) > _NEXT or re.search(r"[.;:!?\n]\s", between):
        return False
    spoken = _WORD.findall(between)
    joined = any(w in grammar.words_that("and") for w in spoken[-4:]) or "&" in between
    return joined and not words.of(words.within(found.scene.hits, one.end, other.start), "attendance.yes", "people.me")


def _a_line_each(folded: str, one: Mention, other: Mention) -> bool:
    """Say whether two people head a line each, one right below the other: "Mme Eboa, …", "et le camarade Régis …"."""
    between = folded[one.end : other.start]
    above = folded[folded.rfind("\n", 0, one.start) + 1 : one.start]
    below = between.rpartition("\n")[2]
    few = all(len(_WORD.findall(lead)) <= _LEAD for lead in (above, below))
    return between.count("\n") == 1 and few and not re.search(r"[.;:!?](?:\s|$)", re.sub(r"\b\w{1,4}\.", "", below))


def _comes_too(found: Material, one: Mention) -> bool:
    before = found.scene.folded[max(0, one.start - 60) : one.start]
    joined = any(before.rstrip().endswith(f" {w}") or f" {w} " in before[-28:] for w in grammar.words_that("and"))
    return joined or one.title is not None


def _writer(found: Material) -> Mention:
    """Return the writer as a person of the text where only "myself" stands there."""
    signed = found.signature.first("name")
    name = found.context.sender
    if signed and (not name or names.is_partial(name)):
        name = signed.value
    return Mention(name, 0, 0, True, False)


def _substitute(found: Material, others: Sequence[Mention]) -> Mention | None:
    hits = found.scene.hits
    proxy = words.of(hits, "attendance.proxy")
    assistant = words.of(hits, "attendance.assistant")
    text = found.scene.text
    me = [m for m in found.scene.mentions if m.is_self and not names.is_partial(m.name)]
    me = [m for m in me if not talked_about.signs(text, m.start, m.end)]
    strong = [m for m in others if m.honorific or m.title or len(m.name.split()) > 1]
    if not strong:
        return None
    if proxy or found.stance.no:
        if me and me[-1].start > strong[-1].start and not found.stance.no:
            return None
        if words.of(hits, "attendance.stand_in") and len(strong) == 1:
            return None  # "c'est moi qui la remplace"
        if len(strong) > 1 and proxy:
            behind = [m for m in strong if m.end > proxy[0].start]
            return behind[0] if behind else strong[-1]
        return strong[0] if proxy or _takes_part(found, strong[0]) else None
    if me:
        return None
    if assistant or strong[0].honorific or not found.context.sender or _takes_part(found, strong[0]):
        return strong[0] if _takes_part(found, strong[0]) or assistant else None
    return None


def _takes_part(found: Material, one: Mention) -> bool:
    """Say whether the sentence about somebody says that they come."""
    start = max(0, one.start - 120)
    said = attendance.stance(found.scene.text[start : one.end + 260])
    return bool(said.yes or said.modes) or bool(words.of(found.scene.hits, "attendance.assistant"))
