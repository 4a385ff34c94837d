"""Puts the spaces into a text that its language's typography asks for, so that whoever writes a template need not.

Only French has such rules here. It never touches what a participant wrote: that is masked when it comes by.
"""

from __future__ import annotations

import re

NBSP = "\u00a0"
NARROW = "\u202f"


def typeset(text: str, language: str) -> str:
    """Return the text with no-break spaces where the language wants them."""
    if language != "fr":
        return text
    text = re.sub(r" (?=[:»])|(?<=«) ", NBSP, text)
    return re.sub(r" (?=[?!;])", NARROW, text)
