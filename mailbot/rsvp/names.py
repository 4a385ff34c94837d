"""Names of people: what looks like one, its parts in natural order and case, and whether two of them are one person.

Works on the shape of the words and on the lexicons' honorifics and particles; knows no list of first names and never
invents a part that is not written.
"""

from __future__ import annotations

import re
from functools import cache

from mailbot.rsvp import grammar, words
from mailbot.rsvp.fold import fold

_WORD = re.compile(r"[^\W\d_]+(?:['’.\-‐‑][^\W\d_]+)*[’'.]?")
_BRACKETS = re.compile(r"\s*[(\[{<][^)\]}>]*[)\]}>]?\s*")
_DEGREES = re.compile(
    r"(?:(?:[A-Z]{1,2}[a-z]{0,3}\.? ?[A-Z]\.?[a-z]{0,2}|[A-Z]\.? ?[A-Z]\.?[A-Z]?\.?|Esq|Jr|Sr|OP|SJ|OSB)\.?(?:,? |$))+"
)
"""What stands behind a name and a comma and is no given name: "PhD", "MSc", "LL.M.", "Esq."."""
_FELLOW = re.compile(r"[A-Z]{1,4}[a-z]{1,3}[A-Z]{1,3}")
"""A fellowship behind a name: small letters inside, a capital at the end, as no name is written ("FAcSS", "PhD")."""
_PREFIXED = re.compile(r"(?:d['’]|de['’]|(?:al|el|ul|ad|as|ar|an|at|bin|ben|ibn|ait|aït)[-‐‑])([^\W\d_])")
"""Names that begin with a small prefix: "d'Alva", "al-Ghamdi", "ben-Gurion"."""
_EXCLAMATION = re.compile(r"^[^!?]{1,40}[!?]+\s+(?=\S)")
"""What was called out before a name: "Présent ! Kabeya Mutombo Trésor", "Who? Ann Example"."""
_EDGE = " \t\n.,;:|/*_\"'«»“”‹›()[]-–—•·=>!?✓✔☑️"


@cache
def honorifics() -> frozenset[str]:
    """Return the honorifics of all languages, lower case, without dots; accents count: "irmã" is one, "Irma" a name."""
    return frozenset(_polite(p) for p in _list("people", "honorifics"))


@cache
def _dotted() -> frozenset[str]:
    """Return those of them that are honorifics with their full stop only: "Sen." is one, "Sen" a name."""
    written = {p.lower().strip() for p in _list("people", "honorifics")}
    return frozenset(_polite(p) for p in written if p.endswith(".")) - {p for p in written if p.isalpha()}


def is_honorific(word: str) -> bool:
    """Say whether a word is an honorific, also in one with others ("Univ.-Prof.", "Prof.Dr.") or with ª ("Mag.ª")."""
    low = _polite(word)
    if low in honorifics():
        return low not in _dotted() or "." in word
    joined = [p for p in re.split(r"[.\-‐‑]", word.lower()) if p]
    return len(joined) > 1 and all(len(p) > 1 and p in honorifics() for p in joined)


def begins_name(word: str) -> bool:
    """Say whether a word is written as one of a name's: with a capital, if need be behind "d'" or "al-"."""
    prefixed = _PREFIXED.match(word)
    return word[:1].isupper() or (prefixed is not None and prefixed[1].isupper())


@cache
def particles() -> frozenset[str]:
    """Return the folded small words that stand inside names ("de", "van", "bin")."""
    return frozenset(w for p in _list("people", "particles") for w in fold(p).split())


@cache
def small_words() -> frozenset[str]:
    """Return words that open sentences and letters, and so are capitalised without being a name."""
    stops = {fold(w) for tables in words.lexicon().tables.values() for w in tables["words"]["stop"]}
    polite = words.lexicon().single_words("letters.greetings") | words.lexicon().single_words("letters.closings")
    return frozenset(w for w in stops | polite if len(w) > 1) - particles()


def is_name(text: str, least: int = 2) -> bool:
    """Say whether a text has the shape of a person's name of at least `least` words, honorifics set aside."""
    bare = bare_name(text)
    parts = bare.split()
    if not least <= len(parts) <= 7 or len(bare) > 70 or any(c.isdigit() or c in "@:;/!?&=<>|+_#" for c in bare):
        return False
    named = 0
    for part in parts:
        low = fold(part).strip(".'")
        if low in particles() and not (part[0].isupper() and len(part) > 2):
            continue
        if not (begins_name(part) or not _has_case(part)) or low in small_words() | grammar.words_that(
            "products"
        ) | grammar.words_that("days_and_months"):
            return False
        named += 1
    return named >= least and not says_something_else(bare)


def bare_name(text: str) -> str:
    """Return a name without honorifics, brackets, and what else stands around it."""
    text = text.replace("\u00a0", " ")
    text = (_BRACKETS.sub(" ", text).strip(_EDGE) or text).strip(_EDGE)  # "(Nadia Haddadin)" as a whole is the name
    parts = _EXCLAMATION.sub("", text).split()
    while len(parts) > 1 and is_honorific(parts[0]) and not _initial(parts):
        parts.pop(0)
    while len(parts) > 1 and is_honorific(parts[-1]) and parts[-1].endswith("."):
        parts.pop()
    while len(parts) > 2 and _degree(parts[-1]) and not all(p.isupper() for p in parts):
        parts.pop()
    return " ".join(parts).strip(_EDGE.replace(".", "")).rstrip(",")


def honorific(text: str) -> str:
    """Return the honorific that a name begins with, as written, "" where there is none."""
    parts = text.strip(_EDGE).split()
    return parts[0] if len(parts) > 1 and is_honorific(parts[0]) else ""


def natural(text: str, like: tuple[str, ...] = ()) -> str:
    """Return a name as it would stand on a list: given name first where that can be told, natural case.

    `like` are other writings of names from the same message: their case is taken over ("MacPhail"), and the order of
    one that is the same person's where this one shows none.
    """
    bare = bare_name(text)
    if "," in bare:
        family, _, given = bare.partition(",")
        post = given.strip()[:1].islower() and not family.islower()  # "Kavita Salunkhe, coordinator"
        if post or _DEGREES.fullmatch(given.strip()) or _letters_behind(family, given):
            return natural(family, like)
        bare = f"{bare_name(given)} {bare_name(family)}" if given.strip() else family
    else:
        bare = _given_first(bare)
    cases = {fold(w): w for other in like for w in _WORD.findall(other) if not w.isupper() and not w.islower()}
    parts = bare.split()
    shouted, whispered = bare.isupper(), bare.islower()
    done = []
    for at, part in enumerate(parts):
        known = cases.get(fold(part))
        if known and (part.isupper() or part.islower()) and len(part) > 1:
            done.append(known)
        elif part.isupper() and len(part.strip(".")) > 1 and not _initials_only(part):
            done.append(_title_case(part, at, shouted))
        elif part.islower() and whispered:
            done.append(_title_case(part, at, True))
        else:
            done.append(part)
    return " ".join(done)


def same_person(one: str, other: str) -> bool:
    """Say whether two names may well be one person's: a shared family name or all of one's words in the other."""
    a, b = set(parts_of(one)), set(parts_of(other))
    if not a or not b:
        return False
    shared = a & b
    if shared in (a, b):
        return True
    initials = {w[0] for w in a - shared} & {w[0] for w in b - shared}
    return bool(shared) and (len(shared) >= 2 or bool(initials))


def parts_of(name: str) -> list[str]:
    """Return the folded words of a name that tell people apart: no honorifics, no particles, no initials."""
    found = [w for piece in bare_name(name).split() for w in re.split(r"[-.'’]", fold(piece)) if w]
    return [w for w in found if len(w) > 1 and w not in particles()]


def is_partial(name: str) -> bool:
    """Say whether a name is a first name, or initials and a family name, only."""
    parts = [p for p in bare_name(name).split() if fold(p).strip(".") not in particles() or p[0].isupper()]
    if len(parts) < 2:
        return True
    return any(_initials_only(p) for p in (parts[0], parts[-1]))


def fits_address(name: str, email: str) -> float:
    """Return how well the part of an address before the @ fits a name, 0 to 1."""
    local = re.sub(r"[^a-z]", " ", fold(email.partition("@")[0]))
    parts = parts_of(name)
    if not parts or not local.strip():
        return 0.0
    whole = local.replace(" ", "")
    found = [p for p in parts if len(p) > 2 and (p in whole or (len(p) > 5 and p[:5] in whole))]
    if found:
        return min(1.0, 0.6 + 0.2 * len(found))
    starts = [w for w in local.split() if len(w) > 2 and any(p.startswith(w) or w.startswith(p[:4]) for p in parts)]
    if starts:
        return 0.6
    initials = "".join(p[0] for p in parts)
    return 0.5 if len(whole) >= 2 and whole in (initials, initials[::-1]) else 0.0


def _degree(word: str) -> bool:
    known = sum(c.isupper() for c in word) > 1 and _polite(word) in grammar.words_that("degrees")
    return known or _FELLOW.fullmatch(word) is not None


def _letters_behind(name: str, behind: str) -> bool:
    """Say whether capitals behind a whole name are a degree or a fellowship: "Ngozi Okafor-Eze, FNSE"."""
    words_ = behind.replace(",", " ").split()
    whole = len(name.split()) > 1 and not name.isupper()
    return whole and all(p.replace(".", "").isupper() and len(p) < 6 for p in words_)


def _polite(word: str) -> str:
    return re.sub(r"[.ªº]", "", word.lower()).replace("’", "'").strip(",")


def _list(table: str, name: str) -> list[str]:
    return [p for tables in words.lexicon().tables.values() for p in tables.get(table, {}).get(name, ())]


def _has_case(text: str) -> bool:
    return text.lower() != text.upper()


def says_something_else(text: str) -> bool:
    """Say whether words of a title, an organisation or a mode stand in it."""
    folded = fold(text)
    hits = words.scan(folded)
    return bool(
        words.of(
            hits,
            "titles.heads",
            "organisations.heads",
            "mode.online",
            "mode.in_person",
            "mode.place",
            "letters.closings",
        )
    )


def _initial(parts: list[str]) -> bool:
    """Say whether what looks like an honorific is rather an initial: "M. K. Tchakondo", "D. Pinder"."""
    first = parts[0]
    if len(first.strip(".")) > 1:
        return False
    return (len(parts) == 2 and first[:1] in "DCFES") or (len(parts) > 2 and _initials_only(parts[1]))


def _initials_only(part: str) -> bool:
    """Say whether a word is initials: "J.-B.", "P.", "V-N"."""
    letters = [p for p in re.split(r"[.\-]", part) if p]
    return (bool(letters) and all(len(p) == 1 for p in letters)) or (part.endswith(".") and len(part) <= 3)


def _given_first(name: str) -> str:
    """Move a family name written in capitals behind the given names."""
    parts = name.split()
    caps = [p.isupper() and len(p.strip(".")) > 1 and not _initials_only(p) for p in parts]
    lettered = [c for c, p in zip(caps, parts, strict=True) if not _initials_only(p)]
    if not any(caps) or all(lettered) or not caps[0]:
        return name
    last = 0
    for at, cap in enumerate(caps):
        if cap or (fold(parts[at]) in particles() and at + 1 < len(caps) and caps[at + 1]):
            last = at
        else:
            break
    return " ".join([*parts[last + 1 :], *parts[: last + 1]])


def _title_case(word: str, at: int, lone: bool) -> str:
    """Return a word of a name in natural case; particles inside a name that is written in one case stay small."""
    if (
        at
        and lone
        and fold(word)
        in (
            "de",
            "del",
            "da",
            "do",
            "dos",
            "das",
            "du",
            "des",
            "di",
            "von",
            "van",
            "y",
            "e",
            "la",
            "el",
            "bin",
            "binti",
        )
    ):
        return word.lower()
    pieces = re.split(r"([-'’.])", word)
    return "".join(p[:1].upper() + p[1:].lower() for p in pieces)
