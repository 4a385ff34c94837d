"""Signatures: the block below the last words, and what it says of the writer.

Finds where it begins when nothing marks it, and tells name, title, organisation and numbers from addresses, slogans and
links. What it reads counts less than what the writer says in the text.
"""

from __future__ import annotations

import re

from mailbot.rsvp import domains, houses, labels, names, phones, phrases, pieces, places, roles, words
from mailbot.rsvp import language as languages
from mailbot.rsvp.candidates import Record
from mailbot.rsvp.fold import fold

_MAX_LINES = 16
_LINE_SPLIT = re.compile(
    r"\s*[|•·‖●]\s*|\t+|\s{3,}|\s+[–—]\s+(?=(?:\+|\d|T[ée]l|Fax|Mob|M[óo]vil|GSM))|\s+-\s+(?=\d)|"
    r",\s+(?=[+(\d][\d .()/-]{5,}$)"
)
_STREET = re.compile(
    r"\b(?:rue|avenue|av|bd|boulevard|place|quai|cours|lot|bp|b\.p|po box|p\.o|apartado|cp|"
    r"street|st|road|rd|floor|suite|"
    r"calle|c/|carrera|cra|avenida|piso|of|rua|praça|andar|dto|via|viale|piazza|strasse|straße|weg|"
    r"platz|bte|bus|bat|bâtiment|"
    r"box|p\.?o\.?b|immeuble|siège|cedex|house)\b|strasse|straße|"
    r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|\b\d{4,5}\s+[A-ZÀ-Þ]",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:com|org|net|example)\b(?!.*@)|(?:^|\s)@\w|facebook|twitter|skype|linkedin|instagram",
    re.IGNORECASE,
)
_DEGREES = re.compile(
    r"(?:[\s,]*(?:Ph\.?\s?D|D\.?Phil|[BM]\.?\s?(?:A|Sc|Com|Ed|Eng|Phil|BA|PA|PH|SW)|LL\.?\s?[BMD]|MSc|MBA|MPA|MPH|MD|JD|"
    r"[A-Z]?(?:CA|CPA|CCA|CMA|CIPD|NIM|HRM)|FCA|ACCA|CFA|PMP|SPHR|Esq|Jr|Sr|RN|CFE|[A-Z]{1,2}[a-z]{1,3}|\((?:Mrs?|Ms|Dr|"
    r"she|he|they|elle|il|ella|sie|er)[^()]*\))\.?)+\s*"
)
"""What stands behind a name and a comma, and is neither title nor organisation."""
_BILINGUAL = re.compile(r"\s+[/|]\s+|\s+[–—-]\s+")


_REFERENCE = re.compile(r"[A-Z]{2,5}\s?/\s?\w{2,5}\b|[cC][cC]\b[.:]?|[PE]\.?\s?[SJ]\.?:?\s")
"""Whose initials a letter bears, and who gets a copy of it."""


def find(lines: list[str], sender: str = "") -> int:
    """Return the number of the line at which a signature begins, len(lines) where there is none."""
    last = len(lines)
    for at in range(len(lines) - 1, max(-1, len(lines) - _MAX_LINES - 4), -1):
        if is_closing(lines[at]) and (any(x.strip() for x in lines[:at]) or len(lines) - at < 7):
            below = [x for x in lines[at + 1 :] if x.strip()]
            if below and all(len(x) < 200 for x in below):
                return at + 1
            return last
    return min(_trailing_block(lines), _below_own_name(lines, sender))


def _below_own_name(lines: list[str], sender: str) -> int:
    """Find the sender's name alone on a line with only short lines below it, whatever these end with ("A.C.")."""
    for at in range(max(1, len(lines) - _MAX_LINES), len(lines)):
        head = re.split(r"\s*[|,;(]\s*", lines[at].strip())[0]
        if not head or not names.is_name(head) or not sender or not names.same_person(head, sender):
            continue
        below = [x for x in lines[at + 1 :] if x.strip()]
        spoken = [x for x in below if _is_talk(x)]
        if len(below) >= 2 and not spoken and len(names.parts_of(head)) > 1:
            return at
    return len(lines)


def _is_talk(line: str) -> bool:
    """Say whether a line is part of a letter rather than of a signature: it speaks of taking part, or is long."""
    hits = words.scan(fold(line))
    said = words.of(hits, "attendance.sure", "attendance.no", "attendance.cancel", "letters.greetings")
    return (
        len(line) > 110
        or bool(said)
        or bool(words.of(hits, "mode.online", "mode.in_person"))
        or line.rstrip().endswith(("?", ":"))
    )


def is_closing(line: str) -> bool:
    """Say whether a line is a complimentary close ("Cordialement,") and no more."""
    folded = fold(line).strip()
    if not folded or len(folded) > 70:
        return False
    toks = words.tokens(folded)
    hits = [h for h in words.of(words.scan(folded), "letters.closings") if h.start <= 1]
    return (
        bool(hits)
        and (len(toks) <= 5 or max(h.end for h in hits) > len(folded) * 0.6)
        and not any(c.isdigit() for c in folded)
    )


def read(lines: list[str], sender: str, language: str, address: str = "") -> Record:
    """Return what a signature says of its writer."""
    record = Record(where="signature", text="\n".join(lines))
    record.about_sender = True
    kept: list[str] = []
    for line in lines:
        kept.extend(_pieces(line))
    mine = [i for i, p in enumerate(kept) if _is_the_name(p, sender)]
    named = max(mine, key=lambda i: (len(names.parts_of(kept[i])), -i), default=None)
    if named is None:
        named = next((i for i, p in enumerate(kept[:4]) if names.is_name(p)), None)
    if named is not None:
        record.add(
            "name",
            kept[named],
            kept[named],
            "signature-name",
            0.95 if sender and names.same_person(kept[named], sender) else 0.85,
        )
    _roles(record, kept, named, language, address)
    return record


def in_language(text: str, language: str) -> str:
    """Return of a phrase in several languages ("Policy Lead / Responsable des politiques") the part in this one."""
    parts = [p for p in _BILINGUAL.split(text) if p.strip()]
    if len(parts) < 2:
        return text
    spoken = [_spoken(p) for p in parts]
    if (all(spoken) and len(set.intersection(*spoken)) == 0) or len(parts) > 2:
        for part, tongues in zip(parts, spoken, strict=True):
            if language in tongues:
                return part.strip()
        return parts[0].strip() if len({frozenset(s) for s in spoken}) > 1 and all(spoken) else text
    return text


def _spoken(part: str) -> set[str]:
    hits = words.of(words.scan(fold(part)), "titles.heads", "organisations.heads", "organisations.units")
    found = {h.language for h in hits if h.language}
    told = languages.tell(part)
    return {told} & found or found if told else found


def _is_the_name(piece: str, sender: str) -> bool:
    bare = names.bare_name(piece)
    return (
        bool(sender)
        and len(bare.split()) <= 7
        and len(bare) < 60
        and names.same_person(bare, sender)
        and not any(c.isdigit() for c in bare)
        and "@" not in bare
        and (
            names.is_name(piece)
            or (
                set(names.parts_of(bare)) <= set(names.parts_of(sender)) | set(fold(bare).split())
                and bare[:1].isupper()
                and not _role_words(bare)
            )
        )
    )


def _role_words(text: str) -> bool:
    return bool(words.of(words.scan(fold(text)), "titles.heads", "organisations.heads"))


def _pieces(line: str) -> list[str]:
    found = []
    if "," in line and names.is_name(line.split(",")[0]) and _DEGREES.fullmatch(line.partition(",")[2]):
        line = line.partition(",")[0]
    listed = names.is_name(line.split(",")[0]) and line.count(",") >= 1 and "|" not in line
    for piece in pieces.split(line) if listed else _LINE_SPLIT.split(line):
        piece = piece.strip(" ,;*_=")
        if piece and any(c.isalnum() for c in piece):
            found.append(piece)
    return found


def _roles(record: Record, kept: list[str], named: int | None, language: str, address: str) -> None:
    titles: list[tuple[str, float]] = []
    orgs: list[tuple[str, float]] = []
    both: list[tuple[str, str, str]] = []
    unknown: list[str] = []
    near = named is not None
    kept = houses.joined(kept, named)
    for at, piece in enumerate(kept):
        if at == named or not piece:
            continue
        if _numbers_and_addresses(record, piece) or _boilerplate(piece):
            near = near and not (named is not None and at > named)
            continue
        if named is not None and at == named + 1 < len(kept) - 1 and len(piece) < 5 and phrases.is_acronym(piece):
            orgs.append((piece, 0.6))  # behind a name: more often an honour than an employer
            continue
        if not _told(piece, titles, orgs, both) and near and named is not None and at > named and _may_be_role(piece):
            unknown.append(piece)
    _weigh_both(both, titles, orgs, unknown)
    _by_place(unknown, titles, orgs, address)
    _note(record, "title", titles, language)
    _note(record, "organisation", orgs, language)


def _weigh_both(
    both: list[tuple[str, str, str]], titles: list[tuple[str, float]], orgs: list[tuple[str, float]], unknown: list[str]
) -> None:
    """Decide what "Head, Benefits Administration" holds: a title alone, where another line names the house."""
    elsewhere = any(o[1] > 0.65 for o in orgs) or any(u[:1].isupper() for u in unknown)
    for whole, title, organisation in both:
        if elsewhere:
            titles.append((whole, 0.88))
        else:
            titles.append((title, 0.9))
            orgs.append((organisation, 0.8))


def _told(
    piece: str, titles: list[tuple[str, float]], orgs: list[tuple[str, float]], both: list[tuple[str, str, str]]
) -> bool:
    """Note a line whose words tell what it is; False where none does."""
    hits = words.scan(fold(piece))
    office, _, rest = piece.partition(" ")
    if (
        rest
        and words.of(words.scan(fold(office)), "organisations.units", "people.offices")
        and phrases.is_acronym(rest.split()[0])
    ):
        orgs.append((rest, 0.88))  # "Segreteria FILP - Federazione …"
        return True
    strong = [o for o in roles.organisations(piece, hits) if o.strong or o.end - o.start == len(piece)]
    title = next((t for t in roles.titles(piece, strong, hits) if t.start < 3), None)
    if title and strong and strong[0].start >= title.end and _may_be_title_alone(piece, title, strong[0]):
        both.append((piece, title.text, _whole(piece, strong[0].start)))
    elif title and strong and strong[0].start >= title.end:
        titles.append((title.text, 0.9))
        orgs.append((_whole(piece, strong[0].start), 0.9))
    elif title and not (strong and strong[0].start <= title.start):
        titles.append(_title_line(piece, orgs))
    elif strong and strong[0].start < 30:
        sure = 0.9 if strong[0].strong else 0.69  # a part of a house, where nothing names the house
        orgs.append((phrases.after_connector(piece) if strong[0].start else piece, sure))
    elif phrases.is_legal_body(piece):
        orgs.append((piece, 0.9))
    elif phrases.is_acronym(piece) and "/" not in piece:
        orgs.append((piece, 0.8))
    else:
        return False
    return True


def _may_be_title_alone(piece: str, title: phrases.Phrase, organisation: phrases.Phrase) -> bool:
    """Say whether what looks like an organisation behind a title may be its field: small-written, or behind a comma."""
    small = organisation.text == organisation.text.lower() and piece != piece.lower()
    return small or (title.language == "en" and piece[title.end : organisation.start] == ", ")


def _may_be_role(piece: str) -> bool:
    talk = words.of(words.scan(fold(piece)), "attendance.yes", "attendance.no", "mode.online", "letters.greetings")
    return (
        len(piece.split()) <= 10
        and not any(c.isdigit() for c in piece)
        and not places.is_place(piece)
        and not talk
        and not piece.endswith(("!", "?", "."))
        and "(" not in piece[:1]
        and not _REFERENCE.match(piece)
    )


def _by_place(unknown: list[str], titles: list[tuple[str, float]], orgs: list[tuple[str, float]], address: str) -> None:
    """Take the lines right below the name for title and organisation where no word tells them."""
    left = list(unknown)
    shown = next((p for p in left if domains.fits(p, address)), None)
    if shown:
        orgs.insert(0, (shown, 0.86))
        left.remove(shown)
    if left and not titles:
        titles.append((left.pop(0), 0.72))
    if left and not [o for o in orgs if o[1] > 0.65] and left[0][:1].isupper():
        orgs.append((left.pop(0), 0.72))


def _whole(piece: str, start: int) -> str:
    return piece[start:].strip(" ,.;")


def _title_line(piece: str, orgs: list[tuple[str, float]]) -> tuple[str, float]:
    """Split "Secretaria General CTUC" and "General Manager, Seafarers of the Westfjords"."""
    spoken = piece.split()
    own_capitals = spoken[-1].isupper() and not piece.isupper()
    if len(spoken) > 1 and phrases.is_acronym(spoken[-1]) and own_capitals and len(spoken[-1]) > 2:
        orgs.append((spoken[-1], 0.7))
        return " ".join(spoken[:-1]).rstrip(" ,-–"), 0.88
    head, comma, tail = piece.rpartition(", ")
    if (
        comma
        and tail[:1].isupper()
        and len(tail.split()) >= 2
        and not _unit(tail)
        and not roles.titles(tail)
        and not places.is_place(tail)
    ):
        orgs.append((tail, 0.6))
    del head
    return piece, 0.9


def _unit(text: str) -> bool:
    return bool(words.of(words.scan(fold(text)), "organisations.units"))


def _numbers_and_addresses(record: Record, piece: str) -> bool:
    told = False
    for found in pieces.EMAIL.finditer(piece):
        record.add("email", found.group(), found.group(), "signature-email", 0.8)
        told = True
    numbers = phones.find(pieces.EMAIL.sub(" ", piece))
    for number in numbers:
        record.add(
            "phone", f"{number.kind}|{number.text}|{number.whose}|{number.code}", number.text, "signature-phone", 0.93
        )
        told = True
    return told and (not numbers or len(re.sub(r"[\d\W]", "", piece)) < 40)


def _boilerplate(piece: str) -> bool:
    if _LINK.search(piece) or piece[:1] in '«"“':
        return True
    folded = fold(piece)
    hits = words.scan(folded)
    if words.of(hits, "letters.disclaimers", "letters.sent_from", "letters.closings"):
        return True
    street = any(c.isdigit() for c in piece) and _STREET.search(piece) is not None
    return (
        street
        or places.is_place(piece)
        or (labels.split(piece)[:1] != [] and labels.split(piece)[0].field in ("other", "fax"))
    )


def _note(record: Record, field: str, found: list[tuple[str, float]], language: str) -> None:
    """Note the phrases of a field, the one in the letter's language first."""
    shown = [(in_language(text, language), sure, text) for text, sure in found]
    tongue = [row for row in shown if language in _spoken(row[0])]
    ordered = (
        tongue[:1] + [row for row in shown if row not in tongue[:1]]
        if len({frozenset(_spoken(r[0])) for r in shown}) > 1 and len(shown) > 1 and tongue and field == "title"
        else shown
    )
    for text, sure, _ in sorted(ordered, key=lambda row: row[1] < 0.7):
        rule = f"signature-{field}" if sure > 0.75 else f"signature-{field}-by-place"
        record.add(field, text.replace("\n", ", "), text, rule, sure)


def _trailing_block(lines: list[str]) -> int:
    """Find short lines at the end that nothing announces: a name, with what belongs to it below."""
    at = len(lines)
    while at > 0 and (
        not lines[at - 1].strip()
        or (
            (len(lines[at - 1]) < 110 or " | " in lines[at - 1])
            and not lines[at - 1].rstrip().endswith((".", "!", "?", ":"))
        )
    ):
        at -= 1
    for start in range(max(at, len(lines) - _MAX_LINES), len(lines)):
        line = lines[start].strip()
        head = re.split(r"\s*[|,;]\s*", line)[0]
        if line and names.is_name(head) and (start == 0 or not lines[start - 1].strip() or start == at):
            return start
    return len(lines)
