"""Which way of taking part a text means, without what it denies, wishes, had said before or leaves open.

Three levels, of which the first that says anything counts: the way in so many words ("online"), what only lets guess it
("a visa", "from my kitchen, on the laptop"), the meeting's place. Knows nothing of who the person is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.rsvp import words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit

MAX_TEXT = 8_000
"""Characters that are read: a reply that says how its writer takes part later than that is not one."""
_REACH = 45
"""Characters that a "not" reaches forward within its clause; a longer clause has two thoughts."""
_GOING = 14
"""Characters between "come" and "Geneva", at most."""
_SENTENCE_REACH = 120
"""Characters back to the start of a clause or to a "whether", at most."""
_BETWEEN = re.compile(r"^\W*(?:to|a|au|in|en|para|auf|zu|nach|al|vers|em|ad|into|>)?\W*(?:a|en|in|la|le)?\W*$")
_FROM = re.compile(r"(?:from|de|du|von|da|dal|desde|do)\W*$")
_ARROW = re.compile(r"^\W*(?:->|=>|→|⇒)\W*$")
_OR = re.compile(r"^\W*(?:or|ou|o|oder|od|u|ovvero|oppure|bzw|vs|and/or|et/ou|y/o)\W+(?:[a-z]{1,4}\W+){0,2}$|^\s*/\s*$")
_EITHER = re.compile(
    r"\b(?:que ce soit|ni en|ni a|neither|nor|whether|either|ya sea|ni siquiera|seja|nem|weder|sia|ob|"
    r"(?:se|sais|know|sure|sei|weiss|so|sabemos|savons|decid\w+|decided)\b.{0,14}\b(?:si|if|se|s'il))\b"
    r"(?:(?!\b(?:pero|mais|but|mas|ma|aber)\b)[^.!?:\n])*$"
)
_CLAUSE = re.compile(
    r"[.!?;:,()\n]|\s(?:but|mais|pero|mas|ma|aber|sino|sondern|however|et|and|y|e|und|donc|so|por lo que|pelo que)\s"
)
_TURN = re.compile(r"\b(?:but|mais|pero|mas|ma|aber|sino|sondern|que|only|solo|seulement|nur|soltanto|apenas)\b")
_STOP = re.compile(r"[.!?;:,\n]|\b(?:but|mais|pero|mas|ma|aber|sondern|sino|now|maintenant|ahora|agora|jetzt|ora)\b")
_PORTUGUESE = re.compile(r"\b(?:nao|em|um|uma|com|pelo|pela|ao|seu|sua|meu|minha|sao|dos|das|voce|vou|sou)\b")
_TILDE = re.compile(r"[ãõ]|(?:ário|ância|ência)\b")
_OTHERS = re.compile(r"\b(?:el|los|las|un|una|con|por|y|en|del|mi|il|di|che|per|della|sono|non|le|du|the)\b")
_TOWN = re.compile(r"\W{0,2}(?:l[ae]s?\s|el\s|the\s|die\s|der\s)?(?=([^\W\d_]))")


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to take part: `value` is online or in_person; `weak` where the text only lets guess it."""

    value: str
    start: int
    end: int
    weak: bool = False


def told(text: str, folded: str, hits: Sequence[Hit], *, hints: bool = False) -> list[Mode]:
    """Return the ways that a text affirms, in order; `hints` also takes what only lets guess them."""
    page = _Page(text, folded, hits)
    found = page.affirmed(page.direct())
    if found or page.undecided:
        return found
    if hints:
        found = page.affirmed(page.hints(), weak=True)
        if found or page.undecided:
            return [] if page.undecided else found
    return page.affirmed(words.of(page.hits, "mode.place"), weak=True)[:1]


def implied(text: str) -> Mode | None:
    """Return the way that is left where the text only denies the other ("je ne ferai pas le voyage")."""
    folded = fold(text)
    page = _Page(text, folded, words.scan(folded))
    named = page.direct() + page.hints()
    denied = [h for h in named if page.negated(h)]
    kinds = {_kind(h) for h in denied}
    if len(kinds) != 1 or page.affirmed(named):
        return None
    other = "online" if kinds == {"in_person"} else "in_person"
    return Mode(other, denied[0].start, denied[0].end, weak=True)


def _kind(hit: Hit) -> str:
    return "online" if hit.key.startswith("mode.online") or hit.key in ("mode.devices", "mode.follow") else "in_person"


class _Page:
    """One text with its phrases, and what is said of each of them."""

    def __init__(self, text: str, folded: str, hits: Sequence[Hit]) -> None:
        self.text = text
        self.folded = folded
        # The Portuguese "é" is no "and", though folding makes it look like one.
        self.clauses = re.sub(r"(?<!\w)[éÉ](?!\w)", "=", text)
        self.clauses = self.clauses if self.clauses == text else fold(self.clauses)
        self.clauses = folded if self.clauses == text else self.clauses
        portuguese = len(_PORTUGUESE.findall(folded)) + len(_TILDE.findall(text)) > len(_OTHERS.findall(folded))
        self.hits = [h for h in hits if h.start < MAX_TEXT and not (portuguese and h.language == "it")]
        nots = words.of(self.hits, "negation.words")
        self.nots = [h for h in nots if not (portuguese and folded[h.start : h.end] == "no")]
        self.instead = words.of(self.hits, "negation.instead")
        self.undecided = False

    def direct(self) -> list[Hit]:
        """Return what names a way in so many words, going to the meeting's place among them ("viendra à Genève")."""
        found = self.longest("mode.online", "mode.in_person")
        goes = words.of(self.hits, "mode.go")
        for place in self.longest("mode.place"):
            if any(place.start < h.end and h.start < place.end for h in found):
                continue
            near = [h for h in goes if 0 < place.start - h.end <= _GOING and self._together(h, place)]
            if near:
                found.append(Hit("mode.in_person", near[-1].start, place.end, place.language))
        return sorted(found, key=lambda h: h.start)

    def longest(self, *keys: str) -> list[Hit]:
        """Return the phrases of some lists by place, of overlapping ones the first and longest."""
        found: list[Hit] = []
        for hit in sorted(words.of(self.hits, *keys), key=lambda h: (h.start, -h.end)):
            if not found or hit.start >= found[-1].end:
                found.append(hit)
        return found

    def hints(self) -> list[Hit]:
        """Return what only lets guess the way: travelling, or following something from somewhere, on something."""
        found = self.longest("mode.online_hint", "mode.in_person_hint")
        follows = words.of(self.hits, "mode.follow")
        for at in words.of(self.hits, "mode.from"):
            near = [h for h in follows if abs(h.start - at.start) < _REACH and self._together(h, at)]
            device = next((h for h in words.of(self.hits, "mode.devices") if 0 <= h.start - at.end <= 24), None)
            if device and self._together(at, device):
                found.append(Hit("mode.devices", at.start, device.end, ""))
            elif near and self._somewhere(at):
                found.append(Hit("mode.follow", min(at.start, near[0].start), max(at.end, near[0].end), ""))
        return sorted(found, key=lambda h: h.start)

    def affirmed(self, candidates: Sequence[Hit], *, weak: bool = False) -> list[Mode]:
        """Return those of some phrases that the text affirms."""
        spent: set[tuple[int, int]] = set()
        kept = [h for h in self._decided(candidates) if self._means_it(h, spent)]
        found = [Mode(_kind(h), h.start, h.end, weak) for h in kept]
        dropped = [
            one
            for one, other in itertools.pairwise(found)
            if one.value != other.value and self._was(one.start, one.end, other.start)
        ]
        return [m for m in found if m not in dropped]

    def negated(self, hit: Hit) -> bool:
        """Say whether a "not" stands before a phrase in its clause, near enough to mean it, or right behind it."""
        start = max(self._clause_start(hit.start), hit.start - _REACH)
        for word in self.nots:
            if start <= word.start and word.end <= hit.start and not _TURN.search(self.folded[word.end : hit.start]):
                return True
        after = words.of(self.hits, "negation.after")
        return any(h.start >= hit.end and not self.folded[hit.end : h.start].strip(' "') for h in after)

    def _decided(self, candidates: Sequence[Hit]) -> list[Hit]:
        """Return the phrases without pairs that are left open: "in Geneva or online"."""
        open_: set[Hit] = set()
        for one, other in itertools.pairwise(candidates):
            if _kind(one) != _kind(other) and _OR.match(self.folded[one.end : other.start]):
                open_ |= {one, other}
        row = sorted([*self.longest("mode.place"), *candidates], key=lambda h: h.start)
        for one, other in itertools.pairwise(row):
            if "mode.place" in (one.key, other.key) and _OR.match(self.folded[one.end : other.start]):
                open_ |= {h for h in (one, other) if h.key != "mode.place" and _kind(h) == "online"}
        self.undecided = bool(open_)
        return [h for h in candidates if h not in open_]

    def _means_it(self, hit: Hit, spent: set[tuple[int, int]]) -> bool:
        if any(i.start <= hit.start and hit.end <= i.end for i in self.instead):
            return False
        switch = self._switched(hit, spent)
        if switch:
            spent.add((switch.start, switch.end))
            return False
        before = self.folded[max(0, hit.start - _SENTENCE_REACH) : hit.start]
        return not (self.negated(hit) or _EITHER.search(before) or self._only_wished(hit))

    def _switched(self, hit: Hit, spent: set[tuple[int, int]]) -> Hit | None:
        """Return the "instead of" of which a phrase is the other half."""
        start = self._clause_start(hit.start)
        for word in self.instead:
            between = self.folded[word.end : hit.start]
            near = start <= word.start and word.end <= hit.start and hit.start - word.end < 40
            if near and (word.start, word.end) not in spent and not re.search(r"[,;]", between):
                return word
        return None

    def _only_wished(self, hit: Hit) -> bool:
        """Say whether a phrase is what the writer would have liked, or had said before."""
        for word in words.of(self.hits, "mode.wish", "mode.was"):
            between = self.folded[word.end : hit.start]
            if word.end <= hit.start and len(between.split()) <= 9 and not _STOP.search(between):
                return True
        return False

    def _was(self, start: int, end: int, other: int) -> bool:
        """Say whether the first of two ways is the one that is left: "from online to in person", "online → Geneva"."""
        between = self.folded[end:other]
        leaving = _FROM.search(self.folded[max(0, start - 8) : start])
        return bool(_ARROW.match(between) or (leaving and _BETWEEN.match(between)))

    def _clause_start(self, at: int) -> int:
        back = max(0, at - _SENTENCE_REACH)
        marks = [m.end() for m in _CLAUSE.finditer(self.clauses, back, at)]
        return marks[-1] if marks else back

    def _together(self, one: Hit, other: Hit) -> bool:
        first, second = sorted((one, other), key=lambda h: h.start)
        return not re.search(r"[.!?;\n]", self.folded[first.end : second.start])

    def _somewhere(self, at: Hit) -> bool:
        """Say whether a "from" is followed by a place: a word with a capital, or "home" and "here"."""
        found = _TOWN.match(self.text, at.end)
        home = any(0 <= h.start - at.end <= 12 for h in words.of(self.hits, "mode.home"))
        return home or bool(found and found[1].isupper())
