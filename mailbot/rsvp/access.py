"""Whether somebody needs a computer elsewhere: their connection or equipment falls short, or they ask for one.

Told sentence by sentence from what is spoken of (connection, camera, current …) and what is said of it (slow, none,
not stable), so that "no need of a computer", "if the power fails" and "10 Mbps" are no wish. Decides nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mailbot.rsvp import words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit

NEAR = 6
"""Words between a thing and what is said of it, at most."""
MISSING = 4
"""Words between "no" and the thing that is missing, at most ("not have any good camera")."""
ENOUGH = 0.5
"""Mbps that the invitation asks for."""
MAX_TEXT = 8_000
"""Characters that are read."""
LONGEST = 600
"""Characters of a sentence; what goes on longer is taken in pieces."""
OPEN_ENDED = 0.76
"""Confidence in "the signal is slow here" where nothing is asked for: people also say it in passing."""

_TOPICS = ("equipment.thing", "equipment.computer", "equipment.office", "equipment.lack", "equipment.ask")
_SENTENCE = re.compile(r"[.!?;…؟]+(?=\s|$|[\"”»)])|\n+")
_CLAUSE = re.compile(r"[,:()]|\s-+\s|\s(?:but|mais|pero|mas|ma|aber|sino|sondern|however|porem)\s")
_SPEED = re.compile(
    r"(\d+(?:[.,]\d+)?)\s*(k|m|g)\s?(?:b(?:it)?s?\s?(?:/|p(?:er|ar|or)?|por|per|pro)?\s?s(?:ec\w*)?|bps|ega\w*|o/s)\b"
)
_REFUSED = re.compile(
    r"[^\n.;,]{0,30}[:?=-][ \t]*(no|non|nein|nao|none|not|nothing|nada|nicht|kein\w*|nessun\w*|aucune?|ningun\w*|"
    r"nenhum\w*|inutile|n/a|нет|не)\b"
)
_NETWORK = re.compile(r"r[eé]seau|network|rede?\b|rete|net\b", re.IGNORECASE)
_OWN = re.compile(
    r"\b(?:our|my|his|her|their|notre|mon|ma|son|sa|nuestr[ao]|mi|su|noss[ao]|meu|minha|nostr[ao]|mi[ao]|"
    r"unser\w*|mein\w*|propi[oa]|propre|eigen\w*)\s(?:own\s)?$"
)


@dataclass(frozen=True, slots=True)
class Need:
    """What a text says: `wanted`, the words (start, end) that say so, and how sure it is."""

    wanted: bool
    start: int
    end: int
    confidence: float


def needed(text: str, *, language: str = "", offered: bool = False) -> Need | None:
    """Return what a text in some language says of the need for a computer, None where it says nothing.

    `offered` tells that the text answers the offer itself, so that a bare "yes, please" accepts it.
    """
    text = text[:MAX_TEXT]
    folded = fold(text)
    hits = [h for h in words.scan(folded) if not _means_else(text, h, language)]
    lacks: list[Need] = []
    asks: list[Need] = []
    denied: list[Need] = []
    start = 0
    for end in _ends(folded):
        here = _Sentence(folded, [h for h in hits if start <= h.start and h.end <= end], start, end)
        if (
            here.of("equipment.thing", "equipment.computer", "equipment.office", "equipment.lack", "equipment.ask")
            or offered
        ):
            lacks += here.lacks()
            asks += here.asks()
            denied += here.denials()
        start = end
    asks = [a for a in asks if not any(a.start <= d.start <= a.end + 30 for d in denied)]
    if denied and not asks:
        return denied[0]
    if asks:
        sure = bool(lacks) or any(a.confidence >= 0.9 for a in asks)
        return Need(True, asks[0].start, asks[0].end, 0.6 if denied else 0.9 if sure else 0.8)
    if lacks:
        return lacks[0]
    return _bare_answer(folded, hits) if offered else None


def _ends(folded: str) -> Iterable[int]:
    start = 0
    for end in [*(m.end() for m in _SENTENCE.finditer(folded)), len(folded)]:
        yield from range(start + LONGEST, end, LONGEST)
        yield end
        start = end


def _bare_answer(folded: str, hits: Sequence[Hit]) -> Need | None:
    """Return what "yes please", "no thanks" or "it does meet them" says where it answers the offer of a computer."""
    words_ = folded.split()
    if not words_:
        return None
    opening = words.within(hits, 0, len(folded) - len(folded.lstrip(" -*>\n")) + 14)
    if words.of(opening, "equipment.no") or words.of(hits, "equipment.good"):
        return Need(False, 0, len(folded.rstrip()), 0.9)
    if words.of(opening, "equipment.yes"):
        return Need(True, 0, min(len(folded), 60), 0.85)
    return None


def _means_else(text: str, hit: Hit, language: str) -> bool:
    """Say whether a phrase is another word here: the Portuguese "no", the Network that invites."""
    said = text[hit.start : hit.end]
    if language == "pt" and said.lower() == "no":
        return True
    named = hit.key == "equipment.thing" and said[0].isupper() and not said.isupper() and language != "de"
    return named and bool(_NETWORK.match(said)) and text[: hit.start].rstrip()[-1:] not in ("", ".", "!", "?")


@dataclass(frozen=True)
class _Sentence:
    """One sentence: its place in the folded text, and the phrases in it."""

    folded: str
    hits: list[Hit]
    start: int
    end: int
    known: dict[tuple[str, ...], list[Hit]] = field(default_factory=dict)

    def of(self, *keys: str) -> list[Hit]:
        """Return the phrases of some lists, without those inside a longer one of the same lists."""
        if keys not in self.known:
            found = words.of(self.hits, *keys)
            self.known[keys] = [h for h in found if not any(_inside(h, other) for other in found)]
        return self.known[keys]

    @cached_property
    def things(self) -> list[Hit]:
        return self.of("equipment.thing", "equipment.computer")

    def lacks(self) -> list[Need]:
        """Return what falls short in this sentence."""
        whole = [self._need(h.start, h.end, True) for h in self.of("equipment.lack") if not self._unsaid(h.start)]
        found = [*whole, *self._missing(), *self._bad(), *self._slow()]
        return [n for n in found if n is not None]

    def asks(self) -> list[Need]:
        """Return what is asked for in this sentence: a computer, or a place at an office."""
        found = []
        plain = [h for h in self.of("equipment.ask") if not self._negated(h)]
        objects = [
            h for h in self.of("equipment.computer", "equipment.office") if not _OWN.search(self.folded[: h.start])
        ]
        for want in self.of("equipment.want", "equipment.need"):
            for one in objects:
                if not self._negated(want) and not self._negated(one) and self._gap(want, one) <= 3 * NEAR:
                    sure = 0.9 if one.key == "equipment.office" else 0.8
                    found.append(Need(True, min(want.start, one.start), max(want.end, one.end), sure))
        return found + [Need(True, h.start, h.end, 0.9) for h in plain]

    def denials(self) -> list[Need]:
        """Return where a need is denied: in words, or by "no" to the question for it."""
        objects = self.things + self.of("equipment.office")
        if not objects and len(self.folded[self.start : self.end].split()) > 8:
            return []
        refused = [m for h in objects if (m := _REFUSED.match(self.folded, h.end))]
        if refused:
            return [Need(False, refused[0].start(1), refused[0].end(1), 0.9)]
        return [Need(False, h.start, h.end, 0.9) for h in self.of("equipment.need") if self._negated(h)]

    def _missing(self) -> Iterable[Need | None]:
        for none in self.of("negation.words", "equipment.none"):
            for thing in self.things:
                between = self.folded[none.end : thing.start]
                if thing.start < none.end or _CLAUSE.search(between) or len(between.split()) > MISSING:
                    continue
                if any(none.end <= h.start < thing.end + 14 for h in self.of("equipment.need", "equipment.trouble")):
                    continue
                said_of_it = [
                    h for h in self.of("equipment.good", "equipment.bad") if thing.end <= h.start < thing.end + 25
                ]
                if said_of_it or self._unsaid(none.start) or self._their_own(thing):
                    continue
                yield self._need(none.start, thing.end, True)

    def _bad(self) -> Iterable[Need | None]:
        for said in self.of("equipment.bad", "equipment.trouble", "equipment.good"):
            wrong = (said.key == "equipment.good") == self._negated(said)
            for thing in self.things:
                if not wrong or self._gap(thing, said) > NEAR or self._unsaid(min(thing.start, said.start)):
                    continue
                if not _CLAUSE.search(self.folded[min(thing.end, said.end) : max(thing.start, said.start)]):
                    yield self._need(min(thing.start, said.start), max(thing.end, said.end), True)

    def _slow(self) -> Iterable[Need | None]:
        for speed in _SPEED.finditer(self.folded, self.start, self.end):
            value = float(speed[1].replace(",", ".")) * {"k": 0.001, "m": 1.0, "g": 1000.0}[speed[2]]
            before = Hit("", speed.start(), speed.start(), "")
            below = value == ENOUGH and (self._negated(before) or self.of("equipment.below"))
            if (value < ENOUGH or below) and not self._unsaid(speed.start()):
                yield self._need(speed.start(), speed.end(), True)

    def _need(self, start: int, end: int, wanted: bool) -> Need | None:
        return Need(wanted, start, end, OPEN_ENDED)

    def _unsaid(self, at: int) -> bool:
        """Say whether what stands at a place is only supposed ("if", "in case") or over."""
        clause = self._clause_start(at)
        return any(clause <= h.start <= at for h in self.of("equipment.supposed"))

    def _negated(self, hit: Hit) -> bool:
        start = max(self._clause_start(hit.start), hit.start - 45)
        nots = self.of("negation.words", "equipment.none")
        if any(start <= n.start and n.end <= hit.start for n in nots):
            return True
        # A German verb goes before its "not": "reicht leider nicht", "brauche ich keinen".
        return hit.language == "de" and any(n.start - hit.end > 0 and self._gap(hit, n) <= 2 for n in nots)

    def _their_own(self, thing: Hit) -> bool:
        return bool(_OWN.search(self.folded[max(0, thing.start - 24) : thing.start]))

    def _clause_start(self, at: int) -> int:
        marks = [m.end() for m in _CLAUSE.finditer(self.folded, self.start, at)]
        return marks[-1] if marks else self.start

    def _gap(self, one: Hit, other: Hit) -> int:
        return len(self.folded[min(one.end, other.end) : max(one.start, other.start)].split())


def _inside(one: Hit, other: Hit) -> bool:
    return (other.start, -other.end) < (one.start, -one.end) and other.end >= one.end and other.key == one.key
