"""Who is named in a text and does not register: greeted, the source of the invitation, replaced, written wrongly.

Looks only at the words right around a name. Who of the others registers is for people to weigh.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import grammar, names, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit

GREETED, PASSING, GONE, WRONG, SIGNS = "greeted", "passing", "gone", "wrong", "signs"
"""The parts that somebody may have who is named and does not come: GONE is who passed the invitation on or is away,
SIGNS an office's clerk below the letter."""

_LEADS = 45
"""Characters between "forwarded by" and the name: room for "our president, Mr."."""
_LAST_LINES = 7
"""Lines at the end of a letter among which the one who signs stands."""
_STOP = re.compile(r"[.;:!?\n](?!\s?[A-ZÀ-Þ]?[\w-]{0,3}\.)")
_LEADS_WRONG = re.compile(r"[\s\"“«'‘]*(?:(?:e|es|est|is|ist|as|como|comme|als|come)\b)?[\s\"“«'‘]*")
_ABBREVIATED = re.compile(r"\b[^\W\d_]{1,6}\.")
_WORD = re.compile(r"[^\W\d_]+")


def part_of(text: str, folded: str, hits: Sequence[Hit], start: int, end: int) -> str:
    """Return why the one named there does not register, "" where nothing says so."""
    if _greeted(text, folded, hits, start, end):
        return GREETED
    if _wrong(folded, hits, start):
        return WRONG
    if _passing(text, folded, hits, start):
        return PASSING
    return GONE if _passed(text, folded, hits, end) else ""


def signs(text: str, start: int, end: int) -> bool:
    """Say whether a name stands alone on one of the last lines, as of somebody who signs."""
    head, tail = text[:start], text[end:]
    line = head.rpartition("\n")[2] + tail.partition("\n")[0]
    if line.strip(" ,.;()[]*_-–\t") or len(head.split()) < 8:
        return False
    above = [x.strip() for x in head.split("\n")[:-1] if x.strip()]
    below = [x.strip() for x in tail.split("\n")[1:] if x.strip()]
    listed = above and (above[-1].endswith(":") or names.is_name(above[-1].partition(",")[0]))
    return not listed and len(below) < _LAST_LINES and all(len(x) < 80 for x in below)


def _greeted(text: str, folded: str, hits: Sequence[Hit], start: int, end: int) -> bool:
    line = text.rfind("\n", 0, start) + 1
    opening = [h for h in words.of(hits, "letters.greetings") if line <= h.start <= line + 3 and h.end <= start]
    if not opening:
        return False
    between = text[max(h.end for h in opening) : start]
    polite = all(names.is_honorific(w) or fold(w) in grammar.connectors() for w in re.findall(r"[\w.ªº'’]+", between))
    return polite and "," not in between and bool(re.match(r"\s*(?:[,:;!\n–-]|$|(?:and|et|y|e|und|&)\s)", folded[end:]))


def _wrong(folded: str, hits: Sequence[Hit], start: int) -> bool:
    """Say whether a name is given as the one that is not right: "não é “Vitor Pinedo”", "and not Susan Parker"."""
    before = [h for h in words.of(hits, "correction.wrong", "negation.words") if 0 <= start - h.end <= 6]
    return any(_LEADS_WRONG.fullmatch(folded[h.end : start]) for h in before)


def _passing(text: str, folded: str, hits: Sequence[Hit], start: int) -> bool:
    """Say whether what leads to a name makes it one in passing: "which was forwarded by our president, Ms. X"."""
    for hit in words.of(hits, "people.passing"):
        between = text[hit.end : start]
        if not 0 <= start - hit.end <= _LEADS or _STOP.search(_ABBREVIATED.sub("", between)):
            continue
        led = _WORD.findall(folded[hit.end : start])
        if len(led) <= 5 and not set(led) & grammar.words_that("myself") and not _led_elsewhere(led):
            return True
    return False


def _led_elsewhere(led: Sequence[str]) -> bool:
    """Say whether the words before a name begin a new thought: "through WebEx and Jane Poole", "remplacé par X"."""
    other = grammar.words_that("and") | grammar.words_that("products") | grammar.words_that("by")
    return any(w in other for w in led)


def _passed(text: str, folded: str, hits: Sequence[Hit], end: int) -> bool:
    """Say whether what is said of somebody has them pass the word on, or gone: "X, our president, told me"."""
    for hit in words.of(hits, "people.passed"):
        if 0 <= hit.start - end <= 60 and not _STOP.search(_ABBREVIATED.sub("", text[end : hit.start])):
            led = _WORD.findall(folded[end : hit.start])
            if len(led) <= 6 and not set(led) & grammar.words_that("first_person"):
                return True
    return False
