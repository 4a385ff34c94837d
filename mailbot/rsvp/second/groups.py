"""Several people in one message, put together from what the second reader marked: who, and what belongs to whom.

A name begins somebody; a title right before a name is that name's; whatever else follows, up to the next name (or to
somebody's first name alone: "Marta's number is …"), is theirs. An organisation named once is everybody's, and so is a
way to take part that no stretch of the text gives to one of them. Nothing is read here that the model did not mark,
except addresses and ways to take part. Two names that may be one person's are one person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mailbot.rsvp import access, attendance, names, phones, pieces, values, words
from mailbot.rsvp.answer import Answer, Value
from mailbot.rsvp.candidates import Candidate
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material, is_writer
from mailbot.rsvp.own_words import Segment
from mailbot.rsvp.second.model import Span

LEAST = 0.5
"""The model's probability from which on a marked name is somebody."""
_BEFORE_NAME = re.compile(r"[\s,:;(–-]*(?:[^\W\d_]{1,10}\.?\s)?\s*")
"""What may stand between a title and the name that it belongs to: a comma, an honorific, an article."""


@dataclass(slots=True)
class Someone:
    """One person of a group: the fullest writing of the name, and the places that speak of them."""

    name: Span
    anchors: list[tuple[int, int]] = field(default_factory=list)
    values: dict[str, list[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Text:
    """The own words with what is found in them once."""

    text: str
    segments: tuple[Segment, ...]
    found: Material

    @property
    def own_address(self) -> str:
        return self.found.context.replies_to or self.found.context.address


def people(segments: Sequence[Segment], spans: Sequence[Span], found: Material) -> tuple[Answer, ...]:
    """Return an answer for each of several people whom the model marked; () where it marked fewer than two."""
    page = _Text("\n".join(s.text for s in segments), tuple(segments), found)
    group = _someones(spans)
    if len(group) < 2:
        return ()
    _find_first_names(page.text, group)
    for span in spans:
        if span.field in ("title", "phone", "organisation"):
            owner = _owner(page.text, span, group)
            if owner is not None:
                owner.values.setdefault(span.field, []).append(span)
    addresses = _addresses(page, group)
    modes = _modes(page, group)
    shared = [s for s in spans if s.field == "organisation"]
    need = access.needed(page.text, language=found.context.language)
    return tuple(
        Answer(
            email=addresses[at],
            name=values.name(_candidate(one.name, "name", 0.9), found.context),
            title=_title(one, found),
            phone=_phone(page, one, found),
            organisation=_organisation(one, shared),
            mode=modes[at],
            needs_access=_access(page.text, need) if need and need.wanted else None,
            review=("many_people",),
            is_sender=is_writer(found, one.name.text),
        )
        for at, one in enumerate(group)
    )


def _someones(spans: Sequence[Span]) -> list[Someone]:
    """Return the people named, in the order of their first naming."""
    group: list[Someone] = []
    for span in spans:
        if span.field != "name" or span.probability < LEAST:
            continue
        known = next((s for s in group if names.same_person(s.name.text, span.text)), None)
        if known is None:
            if names.is_partial(span.text):
                continue
            known = Someone(span)
            group.append(known)
        elif len(names.parts_of(span.text)) > len(names.parts_of(known.name.text)):
            known.name = span
        known.anchors.append((span.start, span.end))
    return group


def _find_first_names(text: str, group: list[Someone]) -> None:
    """Note where somebody's first name stands alone, unless two of the group share it."""
    firsts = [(names.bare_name(s.name.text).split() or [""])[0] for s in group]
    for someone, first in zip(group, firsts, strict=True):
        if len(first) < 3 or firsts.count(first) > 1:
            continue
        for found in re.finditer(rf"\b{re.escape(first)}\b", text):
            if not any(a <= found.start() < b for s in group for a, b in s.anchors):
                someone.anchors.append(found.span())


def _owner(text: str, span: Span, group: list[Someone]) -> Someone | None:
    """Return whose a title, a number or an organisation is: of the name right behind a title, else of the last one."""
    if span.field == "title":
        for someone in group:
            for start, _ in someone.anchors:
                if (
                    start >= span.end
                    and _BEFORE_NAME.fullmatch(text[span.end : start])
                    and not _closer(text, span, group)
                ):
                    return someone
    before = [(end, someone) for someone in group for _, end in someone.anchors if end <= span.start]
    if before:
        return max(before, key=lambda row: row[0])[1]
    if span.field == "organisation":
        return None
    behind = [(start, someone) for someone in group for start, _ in someone.anchors if start >= span.end]
    return min(behind, key=lambda row: row[0])[1] if behind else None


def _closer(text: str, span: Span, group: list[Someone]) -> bool:
    """Say whether a name stands as close before a title as the next one does behind it, and in its line."""
    ends = [end for s in group for _, end in s.anchors if end <= span.start]
    return bool(ends) and len(text[max(ends) : span.start].strip()) <= 2 and "\n" not in text[max(ends) : span.start]


def _candidate(span: Span, name: str, confidence: float) -> Candidate:
    return Candidate(span.field, span.text, span.text, "body", f"group-{name}", confidence)


def _title(one: Someone, found: Material) -> Value | None:
    given = one.values.get("title", [])
    return values.title(_candidate(given[0], "title", 0.8), found.context.language) if given else None


def _phone(page: _Text, one: Someone, found: Material) -> Value | None:
    """Return somebody's number; one that is said to be the writer's own is nobody else's."""
    spans = one.values.get("phone", [])
    said = [
        Candidate("phone", f"{n.kind}|{n.text}|{n.whose}|{n.code}", n.text, "body", "group-phone", 0.9)
        for n in phones.find(page.text)
        if any(s.start <= n.start < s.end or n.start <= s.start < n.end for s in spans)
    ]
    return values.phone(said, found.context)[0]


def _organisation(one: Someone, shared: Sequence[Span]) -> Value | None:
    own = one.values.get("organisation", [])
    different = {fold(s.text) for s in shared}
    chosen = own if own and len(different) > 1 else list(shared)
    if not chosen:
        return None
    best = max(chosen, key=lambda s: (round(s.probability, 1), len(s.text)))
    return values.organisation(_candidate(best, "organisation", 0.85))


def _access(text: str, need: access.Need) -> Value:
    return Value(need.wanted, text[need.start : need.end], "body", "group-access", need.confidence)


def _addresses(page: _Text, group: list[Someone]) -> list[Value | None]:
    """Return where each is to be written to: an address like their name, the one behind it, the writer's own."""
    known = page.found.context.known
    given = [m for m in pieces.EMAIL.finditer(page.text) if m.group().casefold() not in known]
    taken: dict[int, Value] = {}
    for address in given:
        fits = [names.fits_address(s.name.text, address.group()) for s in group]
        best = max(range(len(group)), key=lambda at: fits[at])
        if fits[best] < 0.6 or fits.count(fits[best]) > 1:
            ends = [(e, at) for at, s in enumerate(group) for _, e in s.anchors if e <= address.start()]
            if not ends:
                continue
            best = max(ends)[1]
        taken.setdefault(best, Value(address.group(), address.group(), "body", "group-email", 0.88))
    mine = page.own_address
    for at, someone in enumerate(group):
        if at not in taken and mine and is_writer(page.found, someone.name.text):
            taken[at] = values.header(mine, mine, "from", 0.95)
    for at in _by_the_writer(page, group):
        if mine:
            taken.setdefault(at, values.header(mine, mine, "this-address", 0.8))
    for at, someone in enumerate(group):
        copied = next((a for a in page.found.context.copies if names.same_person(a.name, someone.name.text)), None)
        if copied:
            taken.setdefault(at, values.header(copied.email, copied.email, "cc", 0.9))
    return [taken.get(at) for at in range(len(group))]


def _by_the_writer(page: _Text, group: list[Someone]) -> list[int]:
    """Return who is to be written to at the writer's address, as a sentence says: those it names, else everybody."""
    folded = fold(page.text)
    found: list[int] = []
    for hit in words.of(words.scan(folded), "attendance.this_address"):
        start, end = next(((a, b) for a, b in attendance.sentences(page.text) if a <= hit.start < b), (0, 0))
        named = [at for at, s in enumerate(group) if any(start <= a < end for a, _ in s.anchors)]
        near = [(e, at) for at, s in enumerate(group) for _, e in s.anchors if start <= e <= hit.start]
        found += [max(near)[1]] if near else named or list(range(len(group)))
    return found


def _modes(page: _Text, group: list[Someone]) -> list[Value | None]:
    """Return how each takes part: as the stretch of text behind their name says, else as the rest of it says of all."""
    stretches = [_stretches(page.text, someone, group) for someone in group]
    own: list[Value | None] = []
    for spans in stretches:
        said = [(m, page.text[a:b]) for a, b in spans for m in attendance.modes(page.text[a:b])]
        own.append(_mode(*said[0]) if said else None)
    rest = "\n".join(_outside(page.text, [s for spans in stretches for s in spans]))
    common = next((_mode(m, rest) for m in attendance.modes(rest)), None)
    whole = next((_mode(m, page.text) for m in attendance.modes(page.text)), None)
    if all(own):
        return own
    if not any(own):
        return [common or whole] * len(group)
    return [mode or common for mode in own]


def _mode(mode: attendance.Mode, text: str) -> Value:
    return Value(mode.value, text[mode.start : mode.end], "body", "group-mode", 0.85)


def _stretches(text: str, someone: Someone, group: list[Someone]) -> list[tuple[int, int]]:
    """Return the pieces of text that speak of somebody: from their name to the next one's, or the line's end."""
    found = []
    starts = sorted(a for s in group for a, _ in s.anchors)
    for _, end in someone.anchors:
        following = next((a for a in starts if a >= end), len(text))
        line = text.find("\n", end)
        line = len(text) if line < 0 else line
        found.append((end, min(following, line)))
    return found


def _outside(text: str, spans: list[tuple[int, int]]) -> list[str]:
    parts, at = [], 0
    for start, end in sorted(spans):
        parts.append(text[at:start])
        at = max(at, end)
    return [*parts, text[at:]]
