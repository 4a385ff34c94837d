"""The tokens that the second reader reads: words, marks, line ends; a number, an address, a link are one token each.

Only where they stand and what they look like; never what they mean.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"(?P<address>[\w.+-]{1,64}@[\w.-]{1,190}\w)|(?P<link>(?:https?://|www\.)\S+)|(?P<number>\+?\d(?:[\d ().\-]*\d)?)"
    r"|[^\W\d_]+(?:['’](?=\w{3}|$|\W)|)|\n|[^\w\s]|_"
)


class Token(NamedTuple):
    """One token: its place in the text, and `form`, its text ("@", "//" or "9+11" for address, link and number)."""

    start: int
    end: int
    form: str

    @property
    def is_line_end(self) -> bool:
        return self.form == "\n"

    @property
    def is_word(self) -> bool:
        return self.form[0].isalpha()


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text in order; line ends are tokens too."""
    return [Token(m.start(), m.end(), _form(m)) for m in _TOKEN.finditer(text)]


def shape(token: Token) -> str:
    """Return how a token is written: "AA", "Aa", "a", "A1" for one capital, or the form itself where it is no word."""
    form = token.form
    if not form[0].isalpha():
        return "NL" if token.is_line_end else form
    if form.isupper():
        return "A1" if len(form) == 1 else "AA"
    if form[0].isupper():
        return "Aa" if form[1:].islower() else "AaA"
    return "a" if form[0].lower() != form[0].upper() else "x"


def _form(found: re.Match[str]) -> str:
    text = found.group()
    if found.lastgroup == "address":
        return "@"
    if found.lastgroup == "link":
        return "//"
    if found.lastgroup == "number":
        digits = min(9, sum(c.isdigit() for c in text))
        return f"9{'+' if text[0] == '+' else ''}{digits}"
    return text
