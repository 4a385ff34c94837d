"""A message's body as lines, each with what markup or quote marks say of it: the common ground of text and HTML.

Plain data and the reading of ">" marks; nothing here knows a word of any language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARKS = re.compile(r"(?:[ \t]{0,3}[>»|](?![A-Za-z]))+ ?|(?:[ \t]{0,3}>)+ ?")
_MAX_LINES = 20_000


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
        marks = _MARKS.match(raw)
        if marks is None or raw.lstrip().startswith(">>>"):
            # Three marks and a name are GroupWise's way to introduce a quote, not a quote of a quote of a quote.
            deep = marks is not None and raw.lstrip()[3:4] in (">", "")
            lines.append(Line(raw[marks.end() :].strip(), 3) if marks and deep else Line(raw.strip()))
            continue
        lines.append(Line(raw[marks.end() :].strip(), marks.group().count(">") or 1))
    return lines


def unwrapped(lines: list[Line]) -> list[Line]:
    """Join the lines that a mail program broke at its margin, where the next word would not have fitted.

    The margin is told from the text itself; where lines are longer than any margin, nothing was broken. Only lines of
    one depth are joined, never rows of a table.
    """
    joined: list[Line] = []
    widest: dict[int, int] = {}
    for line in lines:
        if not line.table:
            widest[line.depth] = max(widest.get(line.depth, 0), len(line.text))
    last_length = 0
    for line in lines:
        width = widest.get(line.depth, 0)
        before = joined[-1] if joined else None
        if (
            before is not None
            and 56 <= width <= 82
            and before.depth == line.depth
            and line.text
            and not (line.old or line.table or before.table)
            and last_length > 0.6 * width
            and last_length + 1 + len(line.text.split(None, 1)[0]) > width
            and not _starts_item(line.text)
        ):
            joined[-1] = Line(f"{before.text} {line.text}", before.depth, before.old, 0, before.coloured)
        else:
            joined.append(line)
        last_length = len(line.text)
    return joined


_ITEM = re.compile(r"[-*•·–—=+#]|\(?\w{1,2}[.)]\s|[^\s:]{1,20}(?:\s[^\s:]{1,20}){0,3}\s?:(?:\s|$)")


def _starts_item(text: str) -> bool:
    """Say whether a line starts something of its own: a bullet, a number, a label."""
    return _ITEM.match(text) is not None
