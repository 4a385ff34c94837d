"""Answers inside the invitation itself: in another colour, typed into its paragraphs, behind its labels, or below it.

Looks only at what is quoted of our own mail. Each answer comes with the words of the invitation before it. It never
takes a line that may be ours for an answer, unless nothing else of the message is the writer's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mailbot.rsvp import quoting
from mailbot.rsvp.known import Known
from mailbot.rsvp.lines import Line, margin, unwrapped

_PARENTHESES = re.compile(r"[(\[{]([^()\[\]{}]{2,120})[)\]}]")
_URL_ONLY = re.compile(r"(?:https?://|www\.)\S+$")
_MAX_PROMPT = 300
"""Characters of the invitation before an answer that are kept with it, the last ones."""
_SURE = 0.85
"""Share of a line's words that makes it ours; programs change a word here and there."""
_STRANGE = 0.4
"""Share of a line's words below which it is not ours at all."""
_MAX_BELOW = 30
"""Lines below a quoted invitation that may be a reply; more is the invitation's own annex."""


class Filled(NamedTuple):
    """An answer inside the quote: the words of the invitation before it, and the writer's own."""

    prompt: str
    text: str


def coloured(old: Sequence[Line], sent: Known) -> list[Filled]:
    """Return what stands in the quote in a colour that most of it has not."""
    runs = [run for line in old for run in line.coloured if run[2]]
    if not runs:
        return []
    whole = sum(len(line.text) for line in old)
    sizes: Counter[str] = Counter()
    for _, colour, text in runs:
        sizes[colour] += len(text)
    # The quote's own colour (Outlook greys it, headings have one) covers most of it.
    return [
        Filled(_tail(before), text)
        for before, colour, text in runs
        if sizes[colour] * 2 < whole and sent.share(text) < _SURE
    ]


def typed(old: Sequence[Line], sent: Known, ours: frozenset[str]) -> list[Filled]:
    """Return what was typed between the lines of the invitation that we sent, and into its paragraphs."""
    if not sent.wrote([line.text for line in old if line.text]):
        return []
    texts = [line.text for line in unwrapped(list(old), margin(old)) if line.text]
    shares = [sent.share(text) for text in texts]
    found: list[tuple[int, Filled]] = []
    known_lines = [n for n, share in enumerate(shares) if share >= _SURE and len(texts[n]) > 20]
    for above, below in pairwise(known_lines):
        if below - above > 1 and sent.follows(texts[above], texts[below]):
            strange = [n for n in range(above + 1, below) if shares[n] < _STRANGE]
            found += [(n, Filled(_tail(texts[above]), texts[n])) for n in strange]
    behind = [(n, Filled(*answer)) for n, text in enumerate(texts) if (answer := sent.filled(text)) is not None]
    answered = {n for n, _ in behind}
    found = [pair for pair in found if pair[0] not in answered] + behind
    for number, (text, share) in enumerate(zip(texts, shares, strict=True)):
        if number in answered:
            continue
        if _STRANGE <= share < 0.97 and len(text) > 40:
            pieces = sent.typed_into(text)
            found += [(number, Filled(_tail(before), piece)) for before, piece in pieces if _has_words(piece)]
    found.sort(key=lambda pair: pair[0])
    return [filled for _, filled in found if not ours.intersection(quoting.addresses_in(filled.text))]


def labelled(old: Sequence[Line], ours: frozenset[str]) -> list[Filled]:
    """Return what was filled in where the invitation's text is not known: behind labels, or in parentheses."""
    found: list[Filled] = []
    for line in old:
        label = quoting.filled_label(line.text) if line.text else None
        if label is not None:
            if not ours.intersection(quoting.addresses_in(line.text)):
                found.append(Filled(label[0], line.text))
            continue
        groups = list(_PARENTHESES.finditer(line.text))
        if len(groups) >= 3:
            found += [Filled(line.text[max(0, g.start() - 60) : g.start()].strip(), g[1].strip()) for g in groups]
    return found


def below(old: Sequence[Line], sent: Known, ours: frozenset[str]) -> list[Line]:
    """Return the lines below an invitation that was quoted without marks: below its last line with our address.

    People who answer at the bottom of an unmarked quote leave no other trace of where their words begin.
    """
    last = max((n for n, line in enumerate(old) if ours.intersection(quoting.addresses_in(line.text))), default=-1)
    if last < 0:
        return []
    rest = [line for line in old[last + 1 :] if not line.depth and not _URL_ONLY.match(line.text)]
    rest = [line for line in rest if sent.share(line.text) < _SURE]
    return rest if sum(1 for line in rest if line.text) <= _MAX_BELOW else []


def _tail(text: str) -> str:
    return text.strip()[-_MAX_PROMPT:]


def _has_words(text: str) -> bool:
    return sum(map(str.isalnum, text)) >= 2
