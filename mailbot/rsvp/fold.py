"""Fold text for comparison without moving a character: `fold(text)[i]` stands for `text[i]`.

Case and accents go, typographic quotes, dashes and blanks become plain ones. Since no offset changes, whatever is found
in folded text can be shown in the message's own words.
"""

from __future__ import annotations

import unicodedata

_SPECIAL = {
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "′": "'", "“": '"', "”": '"', "«": '"', "»": '"', "„": '"',
    "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ",
    "ø": "o", "ł": "l", "đ": "d", "æ": "a", "œ": "o", "ı": "i", "ð": "d", "þ": "t", "ħ": "h", "：": ":", "；": ";",
    "ß": "s", "İ": "i", "…": ".",
}  # fmt: skip


class _Table(dict[int, str]):
    """A translation table that learns: each character is folded once in the life of the process."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        low = _SPECIAL.get(char) or _SPECIAL.get(char.lower()) or unicodedata.normalize("NFKD", char)[0].lower()[:1]
        self[code] = low if len(low) == 1 else char
        return self[code]


_TABLE = _Table()


def fold(text: str) -> str:
    """Return the text in lower case, without accents, of exactly the same length."""
    return text.translate(_TABLE)
