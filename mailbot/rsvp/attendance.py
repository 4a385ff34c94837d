"""Whether somebody takes part, how, what they ask: the sentences of a reply, weighed.

Works clause by clause, so that "je ne pourrai pas venir à Genève, mais je suivrai par WebEx" is a participation online.
Knows nothing of who the person is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.rsvp import refusals, ways, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.ways import Mode as Mode
from mailbot.rsvp.words import Hit

_SENTENCE = re.compile(r"[.!?;…؟]+(?=\s|$|[\"”»)])|\n+|(?<=[^\d])\s:\s|:\s")
_NEGATION_REACH = 45
"""Characters that a "not" reaches forward within its clause; a longer clause has two thoughts."""
_TAG = re.compile(
    r"[,;]\s*(?:ta|ok|okay|vale|right|si|oui|ne|nao e|n'est-ce pas|no|verdad|gell|oder|"
    r"va bene)\s*\?$|\b(?:tudo bem|que tal|how are you|ca va|come va|como estan?|wie geht)\W*$"
)
_MONTH = re.compile(
    r"\s*(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)", re.IGNORECASE
)
_CHECKED = re.compile(r"[(\[]\s*[xX✓✔☑]\s*[)\]]|[☑☒✅✓✔]")
_UNCHECKED = re.compile(r"[(\[]\s*[)\]]|☐")


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
    modes = tuple(ways.told(text, folded, hits, hints=True))
    yes = _first_affirmed(folded, hits, "attendance.yes")
    cancels = (h for h in words.of(hits, "attendance.cancel") if not refusals.goes_on(folded, h))
    cancels = (h for h in cancels if not refusals.cancels_a_thing(folded, hits, h))
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


def modes(text: str, *, hints: bool = False) -> list[Mode]:
    """Return the ways to take part that a text affirms, in order; `hints` also takes what only lets guess them.

    The place alone counts only where nothing else does.
    """
    folded = fold(text)
    return ways.told(text, folded, words.scan(folded), hints=hints)


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
        if refusals.another_event(folded, (hit.start, hit.end)):
            continue
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
