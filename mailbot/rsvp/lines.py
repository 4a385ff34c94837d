"""A message's body as lines, each with what markup or quote marks say of it: the common ground of text and HTML.

Plain data and the reading of ">" marks; nothing here knows a word of any language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_MARKS = re.compile(r"(?:[ \t]{0,3}[>»|](?![A-Za-z]))+ ?|(?:[ \t]{0,3}>)+ ?")
_MAX_LINES = 20_000
_MAX_MARKS = 200
"""Characters of a line that may be quote marks."""
_MAX_JOINED = 4_000
"""Characters of a paragraph that is put together again; longer ones stay in pieces."""


@dataclass(slots=True)
class Line:
    """One line of a body.

    `depth` is how deep it is quoted (0: not), `old` says that markup starts a quote here without marking its lines,
    `table` numbers the table that the line is a row of (0: none), `coloured` are pieces written in another colour than
    most of the text, each with the words that stand before it on the line.
    """

    text: str
    depth: int = 0
    old: bool = False
    table: int = 0
    coloured: tuple[tuple[str, str, str], ...] = ()  # (words before, colour, text)

    @property
    def blank(self) -> bool:
        """Whether there is nothing on it."""
        return not self.text


def of_text(text: str) -> list[Line]:
    """Return the lines of a plain text, quote marks turned into depths."""
    lines = []
    for raw in text.split("\n", _MAX_LINES)[:_MAX_LINES]:
        if ">" not in raw[:60]:
            lines.append(Line(raw.strip()))
            continue
        marks = _MARKS.match(raw, 0, _MAX_MARKS)
        if marks is None or raw.lstrip().startswith(">>>"):
            # Three marks and a name are GroupWise's way to introduce a quote, not a quote of a quote of a quote.
            deep = marks is not None and raw.lstrip()[3:4] in (">", "")
            lines.append(Line(raw[marks.end() :].strip(), 3) if marks and deep else Line(raw.strip()))
            continue
        lines.append(Line(raw[marks.end() :].strip(), marks.group().count(">") or 1))
    return lines


def margin(lines: Iterable[Line]) -> int:
    """Return the margin at which the lines of a text were broken: its longest line; 0 where they were not broken."""
    widest = 0
    for line in lines:
        length = len(line.text)
        if length <= _MAX_MARGIN:
            if length > widest and not line.table:
                widest = length
        elif line.text.count(" ") > 9 and not _ITEM.match(line.text):
            return 0  # a long paragraph on one line: this program breaks nothing
    return widest if widest >= _MIN_MARGIN else 0


def unwrapped(lines: list[Line], width: int) -> list[Line]:
    """Join the lines that a mail program broke at its margin `width`, where the next word would not have fitted.

    Lists and signatures also have long lines: a break counts as the margin's if the sentence runs on in lower case, and
    the others of such a paragraph with it. Rows of tables stay as they are.
    """
    if not width:
        return lines
    joined: list[Line] = []
    start = 0
    while start < len(lines):
        end = start + 1
        first = lines[start]
        if first.text and not first.table:
            while end < len(lines) and _same_paragraph(first, lines[end]):
                end += 1
        joined += _joined(lines[start:end], width) if end - start > 1 else [first]
        start = end
    return joined


_MIN_MARGIN, _MAX_MARGIN = 56, 82
"""Characters at which mail programs break lines (RFC 3676 3.1 and RFC 5322 2.1.1 suggest 66 to 78)."""
_LABEL_TEXT = r"[^\s:.]{1,20}(?:[ /][^\s:.]{1,20}){0,3}\s*(?::(?:\s|$)|[-=]+>|\s?\.{2,})"
_LABEL = re.compile(rf"{_LABEL_TEXT}\s*\w")
_ITEM = re.compile(rf"[-*•·–—=+#✅]|\(?\w{{1,2}}[.)/]\s|\[\w|{_LABEL_TEXT}")
_LINK = re.compile(r"(?:www\.|https?:|\S{1,80}@)")
_SENTENCE_END = (".", "!", "?", ":", ";")


def _same_paragraph(first: Line, line: Line) -> bool:
    return bool(line.text) and line.depth == first.depth and not line.table and not line.old


def _joined(paragraph: list[Line], width: int) -> list[Line]:
    """Join the lines of one paragraph where they were broken at `width`."""
    if any(len(line.text) > _MAX_MARGIN for line in paragraph):
        return paragraph
    breaks = [_break(above.text, below.text, width) for above, below in pairwise(paragraph)]
    prose = "sure" in breaks or (all(breaks) and paragraph[-1].text.endswith("."))
    joined = [paragraph[0]]
    for line, kind in zip(paragraph[1:], breaks, strict=True):
        above = joined[-1]
        if (kind == "sure" or (prose and kind == "likely")) and len(above.text) < _MAX_JOINED:
            joined[-1] = Line(f"{above.text} {line.text}", above.depth, above.old, 0, above.coloured)
        else:
            joined.append(line)
    return joined


def _break(above: str, below: str, width: int) -> str:
    """Say how a line break came about: `sure` (the margin), `likely` (the margin, in prose), or "" (the writer)."""
    fits = len(above) + 1 + len(below.split(None, 1)[0]) <= width
    item = _ITEM.match(below) is not None
    runs_on = (below[0].isalpha() and not below[0].isupper()) or (below[0].isdigit() and above[-1].isdigit())
    if fits:
        return "likely" if runs_on and not item and len(above) > 0.75 * width and above[-1].isalnum() else ""
    if len(above) < 0.6 * width:
        return ""
    if _LINK.match(below):
        return "likely"
    if runs_on and (not item or len(above) > width - 15) and not above.endswith(_SENTENCE_END):
        return "sure"
    if item:
        return ""
    if above.endswith((" -", " –", ",")) or _LABEL.match(above):
        return "sure"
    small_word = above.rsplit(None, 1)[-1]
    return "sure" if small_word.islower() and small_word.isalpha() and len(small_word) <= 3 else "likely"
