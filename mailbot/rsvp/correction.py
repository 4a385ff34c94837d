"""What a correction puts in the place of what: "onde se lê “X”, leia-se “Y”", "not X but Y", "the correct one is Y".

Finds the new wording only; that nothing else changes is the registry's business.
"""

from __future__ import annotations

import re

from mailbot.rsvp import names, phones, roles, words
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.fold import fold

_QUOTED = r"[\"“”«»']\s?([^\"“”«»\n]{2,140}?)\s?[\"“”«»']"
_NEW = (
    re.compile(
        r"(?:leia-se|debe decir|debe leerse|deve dizer|lire|il faut lire|lisez|should read|should be|"
        r"read|leggasi|muss es heißen|richtig ist)\s*:?\s*" + _QUOTED,
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:leia-se|debe decir|debe leerse|lire plutôt|il faut lire|should read|leggasi|"
        r"deve-se ler)\s*:?\s*([^\"“«\n.;]{2,120})",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:amend(?:ed)? to|corrected? to|change(?:d)? to|changed? it to|corriger en|"
        r"remplacer par|corregir a|cambiar a|cambiar por|alterar para|mudar para|ändern in|"
        r"modificare in)\s*:?\s*([^.;\n]{2,120})",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:je suis|i am|soy|sou|sono|ich bin)\s+(?:désormais |now |ahora |agora )?([^.;:(\n]{3,80})", re.IGNORECASE
    ),
    re.compile(
        r"(?:exact(?:e)? (?:de l['’]organisation|name|nom)?|correct name(?: of [^.]{3,30})? |"
        r"intitulé exact[^.]{0,25}|nombre correcto[^.]{0,25}|nome correto[^.]{0,25}|"
        r"nome corretto[^.]{0,25}|richtige name[^.]{0,25})\s?(?:est|is|es|é|è|"
        r"ist)\s+([^.;\n]{3,140})",
        re.IGNORECASE,
    ),
)


def read(text: str, sender: str) -> Record:
    """Return the new values that a correction gives in so many words."""
    record = Record(where="body", text=text)
    for pattern in _NEW:
        for found in pattern.finditer(text):
            _note(record, found[1].strip(" ,;:\"“”«»'"), sender)
    return record


def _note(record: Record, new: str, sender: str) -> None:
    """Note a new wording under the field that it looks like; what looks like nothing is left to the other rules."""
    if phones.find(new):
        return
    parts = [p.strip() for p in new.split(",")]
    if (
        sender
        and names.same_person(names.bare_name(parts[0]), sender)
        and len(parts[0].split()) > 1
        and names.is_name(parts[0])
    ):
        if not record.has("name"):
            record.add("name", parts[0], parts[0], "correction-name", 0.88)
        new = ", ".join(parts[1:])
    if not new:
        return
    hits = words.scan(fold(new))
    orgs = [o for o in roles.organisations(new, hits) if o.strong and o.start < 6]
    titles = [t for t in roles.titles(new, orgs, hits) if t.start < 6]
    if titles and not (orgs and orgs[0].start < titles[0].start) and not record.has("title"):
        whole = titles[0].text if orgs else new
        record.add("title", whole, whole, "correction-title", 0.88)
    elif orgs and not record.has("organisation"):
        record.add("organisation", new, new, "correction-organisation", 0.88)
