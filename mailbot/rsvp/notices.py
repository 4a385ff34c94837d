"""What stands below a reply without being said: a device's line, legal notices, and where a signature begins.

Works on lines already known to be the writer's; every pass is linear. It never looks inside a signature.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp.lines import Line
from mailbot.rsvp.quoting import TRIM, fold, phrases

_SEPARATOR = re.compile(r"(?:--+|__+|—+|–+)\s*$")
_TRIM_NOTICE = " *_-•>🌱🌍🌳🌲♻\ufe0f"
_MAX_SIGNATURE = 16
"""Lines of a signature below a closing formula; some carry an organisation's whole address in three languages."""
_MAX_PARAGRAPH = 4000
"""Characters of a paragraph that are looked at for the words of lawyers."""


def without_notices(own: Sequence[Line]) -> list[Line]:
    """Drop lines of devices, legal notices, and lines without letter or digit, except the signature's separator."""
    kept: list[Line] = []
    for paragraph in _paragraphs(own):
        if paragraph[0].table or not paragraph[0].text:
            kept += paragraph
            continue
        paragraph = [line for line in paragraph if not is_mobile(line.text)]
        for number, line in enumerate(paragraph):
            # A notice may follow the signature without a blank line; one in the middle of a sentence is none.
            if (not number or starts_disclaimer(line.text)) and is_disclaimer(_joined(paragraph[number:])):
                break
            if _SEPARATOR.match(line.text) or any(map(str.isalnum, line.text)):
                kept.append(line)
    return kept


def signature_start(own: Sequence[Line]) -> int:
    """Return the number of the line behind which the signature stands, the number of lines where there is none.

    A separator ("-- ", RFC 3676 4.3, also without its space) or the last closing formula marks it.
    """
    filled = [number for number, line in enumerate(own) if line.text]
    for left, number in zip(range(len(filled) - 1, -1, -1), filled, strict=True):
        if left <= 2 * _MAX_SIGNATURE and _SEPARATOR.match(own[number].text):
            return number
    for number in reversed(filled[-_MAX_SIGNATURE - 1 : -1]):
        if number == filled[0] or len(own[number + 1].text) > 160:
            break  # what closes on the first line is a greeting; what is followed by prose closes nothing
        if is_closing(own[number].text):
            return number + 1
    return len(own)


def is_separator(text: str) -> bool:
    """Say whether a line is the mark between a text and its signature."""
    return _SEPARATOR.match(text) is not None


def is_closing(text: str) -> bool:
    """Say whether a line is a closing formula and nothing else of weight."""
    if len(text) > 90:
        return False
    folded = fold(text).strip(" ,.!;:-–—*_")
    if folded in phrases().closing or folded in phrases().thanks:
        return True
    # "Cordialement à vous tous," is one too; "Best way to reach me is …" is not.
    return len(folded) < 60 and folded.startswith(phrases().closing_start) and not any(map(str.isdigit, folded))


def is_mobile(text: str) -> bool:
    """Say whether a line was added by a device or program ("Sent from my iPhone")."""
    return len(text) < 140 and fold(text).strip(TRIM).startswith(phrases().mobile)


def starts_disclaimer(text: str) -> bool:
    """Say whether a line begins as notices do."""
    return fold(text).lstrip(_TRIM_NOTICE).startswith(phrases().disclaimer)


def is_disclaimer(paragraph: str) -> bool:
    """Say whether a paragraph is a legal or technical notice."""
    folded = fold(paragraph).lstrip(_TRIM_NOTICE)
    legal = sum(word in folded for word in phrases().legal)
    if folded.startswith(phrases().disclaimer):
        return legal > 0 or (len(folded) < 200 and any(word in folded for word in phrases().notice))
    return len(folded) > 150 and legal >= 3


def _paragraphs(lines: Sequence[Line]) -> list[list[Line]]:
    """Group lines between blank ones; each blank line and each row of a table is a group of its own."""
    groups: list[list[Line]] = []
    for line in lines:
        above = groups[-1][-1] if groups else None
        if above is None or not line.text or not above.text or line.table or above.table:
            groups.append([line])
        else:
            groups[-1].append(line)
    return groups


def _joined(lines: Sequence[Line]) -> str:
    return " ".join(line.text for line in lines[:40])[:_MAX_PARAGRAPH]
