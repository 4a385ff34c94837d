"""Whether somebody takes part, how, what they ask: the sentences of a reply, weighed.

Works clause by clause, so that "je ne pourrai pas venir à Genève, mais je suivrai par WebEx" is a participation online.
Knows nothing of who the person is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.rsvp import refusals, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit

_SENTENCE = re.compile(r"[.!?;…؟]+(?=\s|$|[\"”»)])|\n+|(?<=[^\d])\s:\s|:\s")
_NEGATION_REACH = 45
"""Characters that a "not" reaches forward within its clause; a longer clause has two thoughts."""
_BETWEEN = re.compile(r"^\W*(?:to|a|au|in|en|para|auf|zu|nach|al|vers|em|ad|into)?\W*(?:a|en|in|la|le)?\W*$")
_FROM = re.compile(r"(?:from|de|du|von|da|dal|desde)\W*$")
_TAG = re.compile(
    r"[,;]\s*(?:ta|ok|okay|vale|right|si|oui|ne|nao e|n'est-ce pas|no|verdad|gell|oder|"
    r"va bene)\s*\?$|\b(?:tudo bem|que tal|how are you|ca va|come va|como estan?|wie geht)\W*$"
)
_EITHER = re.compile(
    r"\b(?:que ce soit|ni en|ni a|neither|nor|whether|either|ya sea|ni siquiera|seja|nem|weder|sia)\b[^.!?\n]*$"
)
_MONTH = re.compile(
    r"\s*(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)", re.IGNORECASE
)
_CHECKED = re.compile(r"[(\[]\s*[xX✓✔☑]\s*[)\]]|[☑☒✅✓✔]")
_UNCHECKED = re.compile(r"[(\[]\s*[)\]]|☐")


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to take part that a text names: `value` is online or in_person; `weak` where only the place is named."""

    value: str
    start: int
    end: int
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Stance:
    """What the sentences say, each with its evidence as (start, end); None where they do not."""

    yes: tuple[int, int] | None
    no: tuple[int, int] | None
    cancel: tuple[int, int] | None
    conditional: tuple[int, int] | None
    modes: tuple[Mode, ...]
    denied: tuple[int, int] | None = None
    regret: tuple[int, int] | None = None
    sure: tuple[int, int] | None = None
    breaks: tuple[int, ...] = ()


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of a text as spans."""
    spans, start = [], 0
    for mark in _SENTENCE.finditer(text):
        if _abbreviation(text, mark):
            continue
        spans.append((start, mark.end()))
        start = mark.end()
    spans.append((start, len(text)))
    return [(a, b) for a, b in spans if text[a:b].strip()]


def stance(text: str) -> Stance:
    """Weigh the sentences of a text."""
    folded = fold(text)
    hits = words.scan(folded)
    modes = tuple(_modes(text, folded, hits))
    yes = _first_affirmed(folded, hits, "attendance.yes")
    cancels = (h for h in words.of(hits, "attendance.cancel") if not refusals.goes_on(folded, h))
    cancel = next((h for h in cancels if not _negated(folded, hits, h)), None)
    no = next((h for h in words.of(hits, "attendance.no") if not _about_something_else(folded, hits, h)), None)
    conditional = next(iter(words.of(hits, "attendance.conditional")), None)
    sure = _first_affirmed(folded, hits, "attendance.sure")
    denied = refusals.denied(folded, hits)
    regrets = words.of(hits, "attendance.regret")
    regret = next((h for h in regrets if not refusals.about_another_matter(folded, hits, h)), None)
    return Stance(
        yes, _span(no), _span(cancel), _span(conditional), modes, _span(denied), _span(regret), sure, _breaks(folded)
    )


def modes(text: str) -> list[Mode]:
    """Return the ways to take part that a text affirms, in order.

    The place alone counts only where nothing else does.
    """
    folded = fold(text)
    return _modes(text, folded, words.scan(folded))


def questions(text: str) -> list[tuple[int, int]]:
    """Return the sentences in which the writer asks something; "tudo bem?" and "ok?" ask nothing."""
    folded = fold(text)
    asked = [(a, b) for a, b in sentences(text) if re.search(r"[?؟]", text[a:b]) or _indirect(folded[a:b])]
    return [(a, b) for a, b in asked if len(text[a:b].split()) > 3 and not _TAG.search(folded[a:b].rstrip())]


def checked_mode(value: str) -> str:
    """Return the mode that is ticked among several: "( ) presencialmente (X) pela internet"; "" where none is."""
    found = modes(value)
    ticks = [m.start() for m in _CHECKED.finditer(value)]
    if len(found) < 2 or not ticks or not (_UNCHECKED.search(value) or len(ticks) < len(found)):
        return ""
    before = [m for m in found if m.start > ticks[0]]
    after_first = value[: ticks[0]].strip() == "" or _UNCHECKED.search(value[: ticks[0]]) is not None
    pick = (
        before[0]
        if before and after_first
        else max((m for m in found if m.end <= ticks[0]), key=lambda m: m.end, default=found[0])
    )
    return pick.value


def _modes(text: str, folded: str, hits: Sequence[Hit]) -> list[Mode]:
    found: list[Mode] = []
    instead = words.of(hits, "negation.instead")
    candidates = sorted(words.of(hits, "mode.online", "mode.in_person"), key=lambda h: (h.start, -h.end))
    spent: set[tuple[int, int]] = set()
    last_end = -1
    for hit in candidates:
        if hit.start < last_end:
            continue
        last_end = hit.end
        if any(i.start <= hit.start and hit.end <= i.end for i in instead):
            continue
        clause_start = _clause_start(folded, hit.start)
        switch = next(
            (
                i
                for i in instead
                if clause_start <= i.start
                and i.end <= hit.start
                and (i.start, i.end) not in spent
                and hit.start - i.end < 40
                and not re.search(r"[,;]", folded[i.end : hit.start])
            ),
            None,
        )
        if switch:
            spent.add((switch.start, switch.end))
            continue
        if _negated(folded, hits, hit) or _EITHER.search(folded[max(0, hit.start - 120) : hit.start]):
            continue
        found.append(Mode(hit.key.partition(".")[2], hit.start, hit.end))
    found = _without_what_was(folded, found)
    if found:
        return found
    for hit in words.of(hits, "mode.place"):
        inside = any(i.start <= hit.start and hit.end <= i.end for i in instead)
        open_ = _EITHER.search(folded[max(0, hit.start - 120) : hit.start])
        if not inside and not open_ and not _negated(folded, hits, hit):
            return [Mode("in_person", hit.start, hit.end, weak=True)]
    return []


def _without_what_was(folded: str, found: list[Mode]) -> list[Mode]:
    """Drop the first of "from online to in person"."""
    kept = list(found)
    for one, other in itertools.pairwise(found):
        if (
            one.value != other.value
            and _FROM.search(folded[max(0, one.start - 8) : one.start])
            and _BETWEEN.match(folded[one.end : other.start])
        ):
            kept = [m for m in kept if m is not one]
    return kept


def _negated(folded: str, hits: Sequence[Hit], hit: Hit) -> bool:
    """Say whether a "not" stands before a phrase in its clause, near enough to mean it."""
    start = max(_clause_start(folded, hit.start), hit.start - _NEGATION_REACH)
    for word in words.of(hits, "negation.words"):
        if start <= word.start and word.end <= hit.start:
            between = folded[word.end : hit.start]
            if not re.search(r"\b(?:but|mais|pero|mas|ma|aber|sino|sondern|que|only|solo|seulement)\b", between):
                return True
    return False


def _clause_start(folded: str, at: int) -> int:
    marks = [
        m.end()
        for m in re.finditer(
            r"[.!?;:,()\n]|\s(?:but|mais|pero|mas|ma|aber|sino|sondern|however|et|and|y|e|und)\s",
            folded[max(0, at - 120) : at],
        )
    ]
    return max(0, at - 120) + (marks[-1] if marks else 0)


def _first_affirmed(folded: str, hits: Sequence[Hit], key: str) -> tuple[int, int] | None:
    for hit in words.of(hits, key):
        if not _negated(folded, hits, hit) and not any(
            n.start <= hit.start < n.end
            for n in words.of(hits, "attendance.no", "attendance.cancel", "attendance.conditional")
        ):
            return hit.start, hit.end
    return None


def _about_something_else(folded: str, hits: Sequence[Hit], hit: Hit) -> bool:
    """Say whether a "can't" is about the connection or the like: "sorry" is polite, "no" may be a number."""
    lacks = words.of(hits, "equipment.lack", "equipment.ask")
    if any(abs(h.start - hit.end) < 60 or h.start <= hit.start < h.end for h in lacks):
        return True
    if refusals.about_another_matter(folded, hits, hit) or refusals.goes_on(folded, hit):
        return True
    after = folded[hit.end : hit.end + 30]
    return bool(re.match(r"\W{0,2}(?:for the (?:delay|late)|pour le retard|por la demora|pela demora)", after))


def _indirect(folded: str) -> bool:
    """Say whether a sentence without a question mark asks all the same: it opens so, or says "would like to know"."""
    hits = words.scan(folded)
    lead = len(folded) - len(folded.lstrip(" \t\n-*•·"))
    if any(h.start - lead <= 3 for h in words.of(hits, "question.cues")):
        return True
    return any(not _negated(folded, hits, h) for h in words.of(hits, "question.wants"))


def _breaks(folded: str) -> tuple[int, ...]:
    """Return where a new clause begins: behind punctuation, and at a "but"."""
    marks = re.finditer(
        r"[.!?;:,\n]|\b(?:but|mais|pero|mas|ma|aber|sino|sondern|however|toutefois|cependant)\b", folded
    )
    return tuple(m.start() for m in marks)


def _span(hit: Hit | None) -> tuple[int, int] | None:
    return (hit.start, hit.end) if hit else None


def _abbreviation(text: str, mark: re.Match[str]) -> bool:
    """Say whether a full stop ends an abbreviation: "Dr. X", "M. Y", "J. Smith"."""
    if mark.group() != ".":
        return False
    if re.search(r"\b\d{1,2}$", text[: mark.start()]) and _MONTH.match(text, mark.end()):
        return True  # "am 23. Oktober"
    before = re.search(r"([^\W\d_]+)$", text[: mark.start()])
    if not before:
        return False
    word = fold(before[1])
    return (len(word) == 1 and before[1].isupper()) or word in _ABBREVIATED


_ABBREVIATED = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "mme",
        "mlle",
        "sr",
        "sra",
        "srta",
        "dra",
        "lic",
        "ing",
        "prof",
        "st",
        "tel",
        "cel",
        "cell",
        "tlf",
        "ext",
        "no",
        "num",
        "hon",
        "atty",
        "adv",
        "av",
        "bro",
        "fr",
        "rev",
        "mm",
        "pr",
        "sig",
        "dott",
        "avv",
        "srio",
        "strio",
        "gral",
        "depto",
        "c",
        "calle",
        "núm",
        "nº",
        "oct",
        "sept",
        "nov",
        "dec",
        "jan",
        "feb",
        "cde",
        "engr",
        "vs",
        "etc",
        "e.g",
        "i.e",
        "art",
    ]
)
