"""Answers without labels: lists like "X, treasurer, Union of Y, 0777 12 34, online", in one line or one piece a line.

Each piece is told by what it looks like; what nothing tells is told by its place among the others, in the order in
which the invitation asks: name, title, telephone, organisation, way of taking part.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import attendance, labels, names, phones, phrases, places, roles, words
from mailbot.rsvp.answer import Where
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.fold import fold

EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.UNICODE)
_BRACKETED = re.compile(r"\s*\(([^()]{2,120})\)")
_SPLITS = (
    re.compile(r"\s*//\s*"),
    re.compile(r"\s*[|¦•·●‖]\s*|\t+|\s{3,}"),
    re.compile(r"\s*;\s*"),
    re.compile(r"\s+[-–—]\s+"),
    re.compile(r"\s+/\s+"),
    re.compile(r"\s*[,،]\s+|\s*،\s*|(?<!\bSt)(?<!\bSte)(?<!\bSta)(?<=[\w)\ue000-\uf8ff])\.\s+(?=\w)"),
)
_FILLER = re.compile(
    r"^\W*(?:here|ici|aqui|aqu[ií]|hier|qui|w/|email|e-mail|mail|correo|tel|tél|cel|phone|and|et|y|e|und)?\W*$",
    re.IGNORECASE,
)
_REPEATS = frozenset(
    [
        "idem",
        "ditto",
        "same",
        "dito",
        "igual",
        "lo",
        "mismo",
        "o",
        "mesmo",
        "la",
        "meme",
        "chose",
        "le",
        "meme",
        "dasselbe",
        "ebenso",
        "stessa",
        "cosa",
        "stesso",
    ]
)
_MAX_HINT = 5
"""Words of a piece that may tell the way of taking part without naming it ("connexion depuis Zinder")."""
_MAX_NAMED = 8
"""Words of a piece that may be a title or an organisation by its place alone."""


def split(text: str) -> list[str]:
    """Split a list at the strongest mark that it uses, brackets taken out as pieces of their own behind their piece."""
    for mark in _SPLITS:
        parts = [p.strip() for p in mark.split(_protected(text)) if p.strip()]
        named = len(parts) == 2 and mark is _SPLITS[-1] and names.is_name(parts[0])
        if len(parts) >= 3 or named or (len(parts) == 2 and mark in _SPLITS[:3] and any(len(p) < 60 for p in parts)):
            if mark is _SPLITS[-1]:
                parts = _family_first(parts)
            return [piece for part in parts for piece in _open(_restored(part))]
    return _open(text)


def record_of(text: str, where: Where = "body", sender: str = "", *, listed: bool = False) -> Record | None:
    """Return what a list says of one person, None where it is no such list: it needs a name and one thing more."""
    parts = split(labels.without_enumerator(text))
    record = of_pieces(parts, where, sender, text)
    if not record.has("name"):
        return None
    others = record.size - 1
    return record if others >= (1 if listed else 2) else None


def of_pieces(parts: Sequence[str], where: Where, sender: str = "", text: str = "") -> Record:
    """Tell what each piece is; the ones left over take the place of what is missing, in the invitation's order."""
    record = Record(where=where, text=text)
    unknown: list[tuple[int, str]] = []
    for at, part in enumerate(parts):
        if not _told(record, part, sender, first=at == 0):
            unknown.append((at, part))
    _rejoin_title(record, [part for _, part in unknown])
    for at, part in unknown:
        _by_place(record, part, at)
    _join_titles(record, parts)
    return record


def _rejoin_title(record: Record, unknown: Sequence[str]) -> None:
    """Take "vice-présidente du comité de groupe" as a title alone where another piece may be the organisation."""
    found = record.values.get("organisation", [])
    split_ = next((c for c in found if c.rule == "list-organisation-of"), None)
    title = next((c for c in record.values.get("title", []) if c.rule == "list-title-of"), None)
    if split_ is None or title is None:
        return
    others = len(found) > 1 or any(p[:1].isupper() and len(p) > 3 for p in unknown)
    field = split_.value == split_.value.lower() or title.words.endswith(f", {split_.value}")
    if others and field:
        record.values["organisation"] = [c for c in found if c is not split_]
        record.values["title"] = []
        record.add("title", title.words, title.words, "list-title", 0.85)


def _told(record: Record, part: str, sender: str, *, first: bool) -> bool:
    """Note what a piece is by its look; False where nothing tells."""
    part = part.strip(" \t,;")
    shown = labels.behind(part)
    if shown and shown.field in ("title", "organisation", "name"):
        record.add(shown.field, shown.value, shown.value, "list-label", 0.9)
        return True
    if shown and shown.field in ("phone", "mobile", "mode", "email"):
        part = f"{shown.label}: {shown.value}"
    labelled = labels.split(part)
    if (
        len(labelled) == 1
        and labelled[0].value
        and labelled[0].certainty >= 0.9
        and labelled[0].field not in ("other", "name", "mode")
    ):
        found = labelled[0]
        if found.field in ("title", "organisation"):
            record.add(found.field, found.value, found.value, "list-label", 0.9)
            return True
        part = f"{found.label}: {found.value}"
    if _sure(record, part):
        return True
    if _FILLER.match(part) or fold(part) in _REPEATS:
        if fold(part) in _REPEATS:
            record.add("same", part, part, "list-same", 0.8)
        return True
    if places.is_place(part):
        return True
    if not record.has("name") and _looks_like_name(part, sender, first):
        record.add("name", part, part, "list-name", 0.93)
        return True
    return _role(record, part)


def _sure(record: Record, part: str) -> bool:
    """Note addresses, numbers and ways of taking part: their look leaves no doubt."""
    told = False
    for found in EMAIL.finditer(part):
        record.add("email", found.group(), found.group(), "list-email", 0.95)
        told = True
    rest = EMAIL.sub(" ", part)
    numbers = phones.find(rest)
    for number in numbers:
        record.add(
            "phone", f"{number.kind}|{number.text}|{number.whose}|{number.code}", number.text, "list-phone", 0.95
        )
        rest = rest.replace(number.text, " ")
        told = True
    spoken = len(rest.split())
    ways = attendance.modes(rest, hints=spoken <= _MAX_HINT)
    if ways and (spoken <= 9 or told) and not _names_a_role(rest):
        record.add(
            "mode", ways[-1].value, rest.strip(" ,;.()"), "list-mode", 0.7 if ways[-1].weak and spoken > 4 else 0.94
        )
        return True
    return told and (spoken <= 5 or not _names_a_role(rest))


def _names_a_role(text: str) -> bool:
    folded = fold(text)
    hits = words.scan(folded)
    strong = roles.organisations(text, hits)
    return bool(words.of(hits, "titles.heads")) or any(o.strong and o.end - o.start > 12 for o in strong)


def _looks_like_name(part: str, sender: str, first: bool) -> bool:
    if names.is_name(part):
        return True
    bare = names.bare_name(part)
    if sender and names.same_person(bare, sender) and len(bare.split()) <= 6 and not any(c.isdigit() for c in bare):
        return True
    return (
        first
        and bool(names.honorific(part))
        and len(bare.split()) <= 5
        and bare[:1].isupper()
        and not _names_a_role(bare)
    )


def _role(record: Record, part: str) -> bool:
    """Note a title, an organisation or both: "Secretary of the Union of Y"."""
    folded = fold(part)
    hits = words.scan(folded)
    orgs = [o for o in roles.organisations(part, hits) if o.strong]
    found = roles.titles(part, orgs, hits)
    begins = next((t for t in found if t.start <= 12 or _only_small(folded[: t.start])), None)
    if phrases.is_legal_body(part) and not begins:
        record.add("organisation", part.strip(" ,;"), part.strip(" ,;"), "list-organisation", 0.9)
        return True
    if begins and orgs and orgs[0].start > begins.start:
        record.add("title", begins.text, part.strip(" .,;"), "list-title-of", 0.9)
        record.add("organisation", orgs[0].text, orgs[0].text, "list-organisation-of", 0.9)
        return True
    if begins and not (orgs and orgs[0].start <= begins.start):
        rest = part[begins.start :].strip(" .,;")
        record.add("title", _before_weak_organisation(record, rest), rest, "list-title", 0.9)
        return True
    if orgs and len(part) < 140:
        whole = phrases.after_connector(part).strip(" .,;") if orgs[0].start < 25 else orgs[0].text
        value = whole if len(whole) <= len(orgs[0].text) + 30 else orgs[0].text
        record.add("organisation", value, value, "list-organisation", 0.9)
        return True
    if phrases.is_acronym(part) and record.has("name"):
        record.add(
            "organisation" if record.has("title") or len(part) > 4 else "title", part, part, "list-acronym", 0.85
        )
        return True
    return False


def _before_weak_organisation(record: Record, title: str) -> str:
    """Split "Secretary General CTUC": an acronym behind a title is the organisation."""
    spoken = title.split()
    shouted = title.isupper()  # then no word of it is an acronym
    if (
        len(spoken) > 1
        and not shouted
        and phrases.is_acronym(spoken[-1])
        and spoken[-1].isupper()
        and len(spoken[-1]) > 2
    ):
        record.add("organisation", spoken[-1], spoken[-1], "list-acronym-of", 0.8)
        kept = spoken[:-1]
        while len(kept) > 1 and phrases.is_connector(fold(kept[-1]).split("'")[0]):
            kept.pop()
        return " ".join(kept)
    return title


def _only_small(folded: str) -> bool:
    return all(phrases.is_connector(t.text) or len(t.text) < 4 for t in words.tokens(folded))


def _by_place(record: Record, part: str, at: int) -> None:
    """Note what nothing tells by what is missing: behind the name a title, then the organisation."""
    spoken = part.split()
    hits = words.scan(fold(part))
    talk = words.of(
        hits,
        "attendance.yes",
        "attendance.no",
        "letters.closings",
        "letters.greetings",
        "negation.words",
        "people.introductions",
    )
    if talk or len(spoken) > _MAX_NAMED or not any(c.isalpha() for c in part) or len(part) < 3 or part.endswith("?"):
        return
    capital = sum(w[0].isupper() for w in spoken) >= max(2, len(spoken) // 2)
    capital = capital or (record.has("title") and part[0].isupper() and len(spoken) > 1)
    if record.has("name") and not record.has("title") and not (capital and at >= 2 and not record.has("organisation")):
        record.add("title", part.strip(" .,;"), part.strip(" .,;"), "list-title-by-place", 0.72)
    elif record.has("name") and not record.has("organisation") and (capital or phrases.is_acronym(part)):
        record.add("organisation", part.strip(" .,;"), part.strip(" .,;"), "list-organisation-by-place", 0.72)


def _join_titles(record: Record, parts: Sequence[str]) -> None:
    """Join two titles side by side: "theatre technician, shop steward"."""
    found = record.values.get("title", [])
    if len(found) < 2:
        return
    places_ = [next((i for i, p in enumerate(parts) if c.value in p), -9) for c in found]
    if places_[1] - places_[0] == 1 and found[0].value != found[1].value:
        joined = f"{found[0].value}, {found[1].value}"
        record.values["title"] = []
        record.add("title", joined, joined, "list-two-titles", 0.85)


def _protected(text: str) -> str:
    """Keep what stands in brackets together while a text is split."""
    return re.sub(
        r"\([^()]{2,120}\)",
        lambda m: re.sub(r"[^\n]", lambda c: chr(0xE000 + ord(c[0])) if ord(c[0]) < 0x1900 else c[0], m[0]),
        text,
    )


def _restored(text: str) -> str:
    return "".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xF900 else c for c in text)


def _open(part: str) -> list[str]:
    """Put what stands in brackets behind its piece, unless it belongs to an organisation's or a title's name."""
    found = _BRACKETED.search(part)
    if not found:
        return [part]
    inside, before, after = found[1], part[: found.start()].strip(), part[found.end() :].strip(" ,;")
    if inside.isdigit():
        return [part]  # an area code
    belongs = (
        phrases.is_acronym(inside)
        or places.is_place(inside)
        or (roles.organisations(part[: found.start()]) and not names.is_name(before))
    )
    if belongs and not phones.find(inside) and not attendance.modes(inside):
        return [part]
    if not before:
        return [p for p in (inside, after) if p]
    opened = split(inside) if "," in inside or ";" in inside else [inside]
    if (
        roles.titles(before)[:1]
        and not roles.titles(inside)[:0]
        and not phones.find(inside)
        and not attendance.modes(inside)
        and not names.is_name(before)
    ):
        return [part]
    return [before, *opened, *([after] if after else [])]


def _family_first(parts: list[str]) -> list[str]:
    """Join "Tjarks, Henrike": two single capitalised words at the head of a list are one name."""
    if len(parts) < 3:
        return parts
    one, two = parts[0], re.split(r"\s*\(", _restored(parts[1]))[0]
    single = all(len(p.split()) == 1 and p[:1].isupper() and p.isalpha() for p in (names.bare_name(one), two))
    if single and not _names_a_role(one) and not _names_a_role(two) and not places.is_place(two):
        return [f"{parts[0]}, {parts[1]}", *parts[2:]]
    return parts
