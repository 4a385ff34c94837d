"""format=flowed (RFC 3676): soft line breaks are taken back, so that a paragraph is one line again.

Pure and linear; it never looks at words.
"""

from __future__ import annotations

_SHORT = 40
"""Characters below which a line was not broken at any margin: a space at its end is the writer's own."""


def unflow(text: str, *, delsp: bool = False) -> str:
    """Return flowed text with its paragraphs joined; quote marks are kept, one space after them.

    A line that ends in a space continues in the next one of the same quote depth (RFC 3676 4.2); "-- " is a signature
    separator and never joined (4.3); `delsp` takes the joining space away (4.1).
    """
    lines: list[str] = []
    paragraph: list[str] = []
    open_depth = -1  # the quote depth of a line that waits for its continuation; -1: none does
    for raw in text.split("\n"):
        line = raw.rstrip("\r")
        stripped = line.lstrip(">")
        depth = len(line) - len(stripped)
        if stripped.startswith(" "):
            stripped = stripped[1:]  # space-stuffing (RFC 3676 4.4)
        separator = stripped == "-- "
        if paragraph and (depth != open_depth or separator):
            lines.append(_quoted("".join(paragraph), open_depth))
            paragraph = []
        flows = stripped.endswith(" ") and not separator and (delsp or len(line) >= _SHORT)
        paragraph.append(stripped[:-1] if flows and delsp else stripped)
        if flows:
            open_depth = depth
        else:
            lines.append(_quoted("".join(paragraph), depth))
            paragraph = []
    if paragraph:
        lines.append(_quoted("".join(paragraph), open_depth))
    return "\n".join(lines)


def _quoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}" if depth else line
