"""The invitation that we sent, as something to take away from what people quote of it.

Knows which lines are the invitation's, however they are wrapped, and which words were typed into one of its paragraphs.
It never judges what was typed.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache

from mailbot.rsvp.quoting import fold

_WORD = re.compile(r"[^\W_]+(?:[@.][^\W_]+)*")
_RUN = 3
"""Words in a row that show where a text comes from."""
_SAMPLE = 6
"""Lines that are enough to tell whether a quote is of the texts that were sent."""
_MIN_SHARE = 0.35
"""Share of a quote's words that must be ours before anything else in it counts as typed into it."""
_MAX_LABEL = 80
"""Characters of a line that is to be filled in; longer ones are sentences that happen to end in a colon."""
_MAX_ALIGNED = 250
"""Words of one paragraph that are aligned word by word; the alignment is quadratic at worst."""


class Known:
    """The texts that were sent, prepared for comparison."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        words: list[str] = []
        for text in texts:
            words += _words(text)
            words += ["¶"] * _RUN
        self._words = words
        self._lines = {" ".join(_words(line)) for text in texts for line in text.splitlines()} - {""}
        open_lines = (line.strip() for text in texts for line in text.splitlines())
        self._labels = {
            label_key(line[:-1]) for line in open_lines if line.endswith((":", "：")) and len(line) < 80
        } - {""}
        self._flat = f" {' '.join(words)} "
        # The invitation's own lines come back in every reply: most are looked up once.
        self._remembered = lru_cache(maxsize=2048)(self._share)
        self._places: dict[tuple[str, ...], int] = {}
        for place in range(len(words) - _RUN + 1):
            self._places.setdefault(tuple(words[place : place + _RUN]), place)

    def __bool__(self) -> bool:
        return bool(self._places)

    def share(self, text: str) -> float:
        """Return which share of a line's words stands in the texts that were sent, in the same order (0 to 1).

        A line of fewer than three words counts only if it is a whole line there.
        """
        return self._remembered(text) if self._places else 0.0

    def filled(self, text: str) -> tuple[str, str] | None:
        """Return label and answer of a line that ends in a colon where we sent it, and goes on here; else None."""
        label, colon, answer = text.partition(":")
        if not colon or not _WORD.search(answer) or label_key(label) not in self._labels:
            return None
        return label.strip(" \t-*•>"), answer.strip()

    def wrote(self, texts: list[str]) -> bool:
        """Say whether lines are, on the whole, from the texts that were sent.

        The longest lines tell: most quotes are in another language, or of another mail.
        """
        if not self._places or not texts:
            return False
        longest = sorted(texts, key=len, reverse=True)[:_SAMPLE]
        length = sum(map(len, longest))
        return sum(len(text) * self.share(text) for text in longest) >= _MIN_SHARE * length

    def _share(self, text: str) -> float:
        words = _words(text)
        if not words:
            return 0.0
        flat = " ".join(words)
        if len(words) < _RUN:
            return float(flat in self._lines)
        if f" {flat} " in self._flat:
            return 1.0
        return sum(self._covered(words)) / len(words)

    def follows(self, above: str, below: str) -> bool:
        """Say whether two lines stand one right after the other in the texts that were sent."""
        end = self._place(_words(above)[-_RUN:])
        start = self._place(_words(below)[:_RUN])
        return end is not None and start is not None and 0 <= start - end - _RUN <= 2 * _RUN

    def _place(self, run: list[str]) -> int | None:
        return self._places.get(tuple(run))

    def typed_into(self, text: str) -> list[tuple[str, str]]:
        """Return what was typed into a paragraph of the invitation: (the words before it, what was typed), in order."""
        spans = [(found.start(), found.end()) for found in _WORD.finditer(text)][:_MAX_ALIGNED]
        words = [fold(text[start:end]) for start, end in spans]
        first = next(
            (p for n in range(len(words)) if (p := self._places.get(tuple(words[n : n + _RUN]))) is not None), None
        )
        if first is None:
            return []
        # The paragraph's own stretch of the invitation: from a little before its first known words.
        window = self._words[max(0, first - 20) : first + len(words) + 40]
        matcher = SequenceMatcher(None, window, words, autojunk=False)
        typed: list[tuple[str, str]] = []
        # One common word is chance: "d'accord" shares its "d" with many a line.
        blocks = [b for b in matcher.get_matching_blocks() if b.size > 1]
        ends = [(b.b, b.b + b.size) for b in blocks]
        for (_, left), (right, _) in zip(ends, [*ends[1:], (len(words), 0)], strict=True):
            if right > left:
                end = spans[right][0] if right < len(spans) else len(text)
                piece = text[spans[left - 1][1] : end] if left else text[:end]
                typed.append(
                    (text[max(0, spans[max(0, left - 8)][0]) : spans[left - 1][1]], piece.strip(" \t,;:.()[]-–—=>/"))
                )
        return [(before, piece) for before, piece in typed if piece]

    def _covered(self, words: list[str]) -> list[bool]:
        covered = [False] * len(words)
        for place in range(len(words) - _RUN + 1):
            if tuple(words[place : place + _RUN]) in self._places:
                covered[place : place + _RUN] = [True] * _RUN
        return covered


@lru_cache(maxsize=8)
def known(texts: tuple[str, ...]) -> Known:
    """Return the prepared form of the texts that were sent; prepared once for each set of texts."""
    return Known(texts)


def label_key(label: str) -> str:
    """Return a label for comparison: its words alone."""
    return " ".join(_words(label))


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))
