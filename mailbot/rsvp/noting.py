"""Labelled answers into records: one number or several, a date's worth of "none", what an answer looks like.

Used by whatever finds labels: lines, tables, quoted words.
"""

from __future__ import annotations

import re

from mailbot.rsvp import grammar, names, phones, pieces, words
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.fold import fold
from mailbot.rsvp.labels import Labelled

_LONGEST_NAME = 5
"""Words of an answer from which on it may be a sentence rather than a name."""
_FOR = frozenset(["for", "from", "by", "pour", "de", "por", "par", "da", "do", "per", "für", "von", "p/"])


def note(record: Record, found: Labelled) -> None:
    """Note a labelled answer under its field; several numbers are told apart."""
    value, sure = found.value.strip(" ;,|"), 0.9 + 0.07 * (found.certainty >= 0.95)
    if not value or re.fullmatch(r"[-–_./\s]+|n/?a|none|n[ée]ant|aucune?|ninguno|nenhum|keine?", fold(value)):
        return
    if found.field in ("phone", "mobile", "office", "fax"):
        _numbers(record, found, value, sure)
    elif found.field == "mode":
        record.add("mode_text", value, value, "label-mode", sure)
        record.add("mode_label", found.label, found.label, "label-mode", sure)
    elif found.field == "email":
        for address in pieces.EMAIL.finditer(value):
            record.add("email", address.group(), address.group(), "label-email", sure)
    elif found.field == "organisation" and found.label.lower() in _FOR and _is_post(value):
        return  # "for: SECRETARY FOR LABOUR", in whose name somebody signs
    elif found.field in ("name", "given", "family") and _is_talk(value):
        return  # "I am directed by the Secretary to inform you …" begins with no label
    elif found.field != "other" and not _is_number(value):
        record.add(found.field, value, value, f"label-{found.field}", sure)


def _is_post(value: str) -> bool:
    """Say whether a value begins with a title and names no organisation."""
    hits = words.scan(fold(value))
    return any(h.start == 0 for h in words.of(hits, "titles.heads")) and not words.of(hits, "organisations.heads")


def _is_talk(value: str) -> bool:
    """Say whether what seems to be answered to "Name:" is the rest of a sentence."""
    small = names.small_words() | grammar.ends()
    said = [w for w in value.split() if w.islower() and fold(w).strip(",;.:") in small]
    return value[:1].islower() and len(said) > 1 and len(value.split()) > _LONGEST_NAME


def _is_number(value: str) -> bool:
    """Say whether an answer is digits for the most part: neither a name nor a title nor an organisation."""
    return sum(c.isdigit() for c in value) > sum(c.isalpha() for c in value)


def _numbers(record: Record, found: Labelled, value: str, sure: float) -> None:
    for number in phones.find(value) or phones.find(re.sub(r"(?<=\d)[oO](?=\d)", "0", value)):
        kind = number.kind or (found.field if found.field != "phone" else "")
        record.add("phone", f"{kind}|{number.text}|{number.whose}|{number.code}", number.text, "label-phone", sure)
        if re.search(r"prefer|pr[ée]f|este ultimo|last|dernier", fold(value[number.end :])):
            record.values["phone"].insert(0, record.values["phone"].pop())
    for address in pieces.EMAIL.finditer(value):
        record.add("email", address.group(), address.group(), "label-email", sure)


def by_look(value: str, have: set[str]) -> str:
    """Return the field that an answer looks like among those that no known label asks for, "" where all are given."""
    record = pieces.of_pieces([value], "body")
    for kind in ("phone", "email", "mode", "name", "organisation", "title"):
        if record.has(kind) and kind not in have and not (kind == "phone" and "mobile" in have):
            return kind
    open_ = [k for k in ("name", "title", "organisation") if k not in have and not (k == "name" and "given" in have)]
    said = sum(c.isalpha() for c in value) > 2 and not _is_number(value)
    return open_[0] if open_ and said and len(value.split()) < 9 else ""
