"""For whom a refusal is written: the writer, or the head or colleague whom an assistant excuses.

Looks at the sentences only; what is written down of that person is for people to say.
"""

from __future__ import annotations

import re

from mailbot.rsvp import talked_about, words
from mailbot.rsvp.material import Material, is_writer, others_named
from mailbot.rsvp.prose import Mention

_STOP = re.compile(r"[.!?;\n](?=\s|$)")
_TITLE = re.compile(
    r"\b(?:mr|mrs|ms|mme|mlle|m|dr|dra|sr|sra|lic|ing|prof|hon|st|me|sig|dott|dott\.ssa|avv|exmo|exma|d|dna)\.$"
)
_FIRST = re.compile(
    r"\b(?:i|i'm|i'll|we|je|j'|nous|m'|yo|me|nos|eu|ich|wir|mich|io|mi|ci|puedo|podre|posso|poderei|potro)\b"
)
"""Words by which the writer speaks of themselves."""


def somebody(found: Material) -> tuple[Mention, bool] | None:
    """Return who is excused, and whether the writer says to write for them; None where it is the writer."""
    refusal = found.stance.no or found.stance.cancel or found.stance.denied
    named = [m for m in others_named(found) if m.part in ("", talked_about.GONE)]
    others = [m for m in named if m.honorific or m.title or len(m.name.split()) > 1]
    others = [m for m in others if not is_writer(found, m.name)]
    if refusal is None or not others:
        return None
    before = [m for m in others if m.start < refusal[0]]
    if not before:
        return None
    last = max(before, key=lambda m: (len(m.name.split()) > 1, m.start))
    start = _sentence_start(found.scene.folded, refusal[0])
    sentence = found.scene.folded[start : refusal[1]]
    if words.of(found.scene.hits, "attendance.assistant"):
        return last, True
    of_them = any(part in sentence for m in others for part in m.name.casefold().split() if len(part) > 3)
    return (last, False) if of_them and not _FIRST.search(sentence) else None


def _sentence_start(folded: str, at: int) -> int:
    stops = [s.end() for s in _STOP.finditer(folded[:at]) if not _TITLE.search(folded[: s.end()][-12:])]
    return max(stops, default=0)
