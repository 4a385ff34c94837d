"""From candidates to values: what was found becomes a value with its evidence, in the form that the registry keeps.

Chooses among several numbers, names and writings of an organisation; completes numbers; never decides who registers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from mailbot.rsvp import attendance, names, phones, phrases, places, signature
from mailbot.rsvp.answer import Value, Where
from mailbot.rsvp.candidates import Candidate, Record
from mailbot.rsvp.context import Context
from mailbot.rsvp.fold import fold

_OF_THE_HOUSE = re.compile(
    r"\s+(?:(?:de\s|of\s|at\s)(?:l['’]|the\s|this\s|la\s|our\s|notre\s|nuestr[oa]\s|noss[oa]\s|cette\s)|"
    r"du\s|del\s|da\s|do\s|dell['’]|della\s|der\s|des\s|unsere[rs]\s|(?:del|della|dell['’]|do|da)\s?nostr[oa]\s)"
    r"(?:same\s|même\s)?(?:institution|association|ass?ocia[cç][aã]o|asociación|associazione|organi[sz]ation|organización|"
    r"organização|organizzazione|organisation|groupement|agrupación|agrupamento|raggruppamento|cercle|círculo|circolo|"
    r"circle|syndicat|sindica[lt]o|sindacato|union|unión|união|gewerkschaft|coopérative|cooperativa|co-?operative|"
    r"genossenschaft|fédération|federación|federação|federazione|federation|confédération|confederación|confederation|"
    r"réseau|red|rede|rete|network|netzwerks?|mutuelle|mutual|mutualidade?|fondation|fundación|fundação|fondazione|"
    r"foundation|stiftung|ong|ngo|vereins?|verbands?|entreprise|empresa|company|firm|firma|société|sociedade?|society|"
    r"collectif|colectivo|coletivo|collettivo|collective|kollektivs?|plate-?forme|plataforma|piattaforma|platform)$",
    re.IGNORECASE,
)
"""A house that a title is said to be of without its name: "présidente du groupement", "treasurer of our union"."""
_EDGE = " \t\n.,;:|/*_\"'«»“”=>-–—•·"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A telephone candidate taken apart again."""

    phone: phones.Phone
    candidate: Candidate


def of_candidate(found: Candidate, value: str | None = None, confidence: float | None = None) -> Value:
    """Return a candidate as a value."""
    return Value(
        found.value if value is None else value,
        found.words,
        found.where,
        found.rule,
        found.confidence if confidence is None else confidence,
    )


def phone(found: Sequence[Candidate], context: Context) -> tuple[Value | None, tuple[str, ...]]:
    """Return the one number that a registrar would note, and why a person should look at it."""
    numbers = [n for n in map(_numbered, found) if not _is_ours(n.phone, context)]
    usable = [n for n in numbers if n.phone.kind != "fax" and n.phone.whose != "not"]
    if not usable:
        return None, ()
    solved = [(n, phones.resolve(n.phone, context.countries, context.french, context.language)) for n in usable]
    rank = {"mobile": 0, "": 1, "office": 2}
    kinds = {
        id(n): n.phone.kind
        or ("mobile" if r.value.startswith("+") and len(usable) > 1 and phones.is_mobile(r.value) else "")
        for n, r in solved
    }
    best, result = min(
        solved,
        key=lambda row: (
            row[0].phone.whose != "own-before-all",
            rank.get(kinds[id(row[0])], 1),
            usable.index(row[0]),
        ),
    )
    others = {r.value for n, r in solved if n is not best} - {result.value}
    review = ("two_phones",) if others and len({kinds[id(n)] for n, _ in solved}) == 1 else ()
    if result.rule == "phone-country-unknown":
        review = (*review, "country_unknown")
    confidence = min(best.candidate.confidence, result.confidence, 0.85 if review == ("two_phones",) else 1.0)
    return Value(
        result.value, best.candidate.words, best.candidate.where, f"{best.candidate.rule}/{result.rule}", confidence
    ), review


def _numbered(found: Candidate) -> Numbered:
    kind, text, whose, code = ([*found.value.split("|"), "", "", ""])[:4]
    return Numbered(phones.Phone(0, len(text), text, kind, whose, code), found)


def _is_ours(number: phones.Phone, context: Context) -> bool:
    digits = number.digits.lstrip("0")
    return any(digits in known or known in digits for known in context.foreign_digits if len(known) >= 9)


def name(found: Candidate, context: Context, others: Iterable[str] = ()) -> Value:
    """Return a name in natural case and order."""
    like = (context.shown, *others, *(a.name for a in context.copies))
    return of_candidate(found, names.natural(found.value, tuple(x for x in like if x)))


def of_record_name(record: Record, context: Context) -> Candidate | None:
    """Return the name that a record gives, put together where family and given name stand apart."""
    given, family, whole = record.first("given"), record.first("family"), record.first("name")
    if given and (family or whole):
        # In the Congo a post-name stands beside the name: given name, name, post-name is the order of a list there.
        lasts = [c for c in (whole, family) if c]
        if len(lasts) == 2 and names.same_person(lasts[0].value, lasts[1].value):
            lasts = [family or lasts[0]]
        text = " ".join(names.natural(names.bare_name(c.value)) for c in (given, *lasts))
        said = "\n".join(c.words for c in (*lasts, given))
        return Candidate("name", text, said, record.where, "label-two-names", 0.95)
    if family and whole and family is not whole:
        return Candidate(
            "name",
            f"{whole.value} {family.value}",
            f"{whole.words}\n{family.words}",
            record.where,
            "label-two-names",
            0.9,
        )
    return whole or given or family


def title(found: Candidate, language: str) -> Value:
    """Return a title as written, of several languages the letter's."""
    text = plain_title(_shortened(found.value))
    if found.where == "signature":
        text = signature.in_language(text, language)
    return of_candidate(found, text)


def plain_title(text: str) -> str:
    """Return a title without the talk around it: "je suis désormais X (et non plus Y)", "X by trade"."""
    text = re.sub(
        r"\s*[,(]?\s*\b(?:et non|y no|and not|not|e non|und nicht|e não|plutôt que|instead of|au lieu de)\b.*$",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(r"\s*(?:[:;=8]['’-]?[)(DPp](?!\w)|\^\^|<3)+\s*$", "", text)
    text = re.sub(
        r"^.*?\b(?:je suis|i am|i['’]m|soy|sou|sono|ich bin)\s+"
        r"(?:une?|an?|una?|uma?|um|eine?|uno|la|le|the|el|o|der|die)\s+(?=\w)",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"^(?:je suis|i am|i'm|soy|sou|sono|ich bin|actuellement|désormais|currently|now|ahora|agora|"
        r"actualmente|jetzt|ora)\s+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"^(?:désormais|currently|now|ahora|agora|actualmente|jetzt|ora|toujours|maintenant)\s+",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"^.{3,60}?\s(?:de métier|de profession|by trade|by profession|de profesión|de profissão|von beruf|"
        r"di professione),?\s"
        r"(?:et|and|y|e|und|mais|but|pero|mas|aber|ma)\s(?:(?:aussi|also|también|também|auch|anche)\s)?",
        "",
        text,
        flags=re.IGNORECASE,
    )
    text = re.sub(
        r"\s+(?:de métier|de profession|by trade|by profession|de profesión|de profissão|von beruf|di professione)$",
        "",
        text,
        flags=re.IGNORECASE,
    )
    return _OF_THE_HOUSE.sub("", text) or text


def organisation(found: Candidate) -> Value:
    """Return an organisation as written, without the article or connector before it and the place behind a comma.

    "Homecarers Guild, Cardiff" is the Guild; a place in brackets or inside the name is part of it.
    """
    return of_candidate(found, _without_place(_shortened(found.value)))


def _without_place(text: str) -> str:
    head, comma, tail = text.rpartition(", ")
    return head if comma and not set(tail) & set("()") and places.is_place(tail) else text


def fuller(one: Value, other: Value) -> Value:
    """Return the fuller of two writings of one organisation; the first where they are two."""
    a, b = str(one.value), str(other.value)
    fa, fb = fold(a), fold(b)
    if fa in fb or _is_acronym_of(a, b):
        return other
    return one


def _is_acronym_of(short: str, long: str) -> bool:
    """Say whether one is the acronym that the other spells out or carries in brackets."""
    bare = re.sub(r"[^A-Za-zÀ-ÿ]", "", short)
    if not phrases.is_acronym(short) or len(long) <= len(short) + 3:
        return False
    if re.search(rf"(?<!\w){re.escape(fold(short))}(?!\w)", fold(long)):
        return True
    initials = "".join(w[0] for w in re.findall(r"\w+", fold(long)) if len(w) > 2)
    return (
        len(bare) >= 3
        and initials.startswith(fold(bare)[:2])
        and len(set(fold(bare)) & set(initials)) >= len(set(fold(bare))) - 1
    )


def mode_of(record: Record, context: Context) -> Value | None:
    """Return the way of taking part that a record gives: by its words, by yes or no to its label, or by a tick."""
    plain = record.first("mode")
    if plain:
        return of_candidate(plain)
    given = record.first("mode_text")
    if not given:
        return None
    ticked = attendance.checked_mode(given.value)
    if ticked:
        return of_candidate(given, ticked)
    found = attendance.modes(given.value, hints=True)
    if found:
        return of_candidate(given, found[0].value, given.confidence if len({m.value for m in found}) == 1 else 0.6)
    return _yes_to_label(record, given)


def _yes_to_label(record: Record, given: Candidate) -> Value | None:
    label = record.first("mode_label")
    asked = attendance.modes(label.value) if label else []
    if len({m.value for m in asked}) != 1:
        return None
    said = fold(given.value).strip(" .!")
    if said.split()[:1] in (["oui"], ["yes"], ["si"], ["sim"], ["ja"], ["x"], ["ok"]):
        return of_candidate(given, asked[0].value, 0.85)
    if said.split()[:1] in (["non"], ["no"], ["nao"], ["nein"]):
        return of_candidate(given, "online" if asked[0].value == "in_person" else "in_person", 0.7)
    return None


def _shortened(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = (
        text.strip(_EDGE)
        if not text.endswith((".", '"', "”", "»"))
        else text.lstrip(_EDGE.replace('"', "")).rstrip(" ,;:|")
    )
    if text.endswith(".") and not re.search(r"\b(?:\w\.){2,}$|\b\w{1,5}\.$", text):
        text = text.rstrip(".")
    return text


@cache
def _measured() -> dict[str, float]:
    with (Path(__file__).parent / "confidence.toml").open("rb") as file:
        return tomllib.load(file)


def calibrated(value: Value) -> Value:
    """Return a value that is no surer of itself than its rule was found to be."""
    limit = _measured().get(value.rule.partition("/")[0], 1.0)
    return value if value.confidence <= limit else replace(value, confidence=limit)


def evidence(value: Value, own_text: str) -> Value:
    """Return a value whose words are exactly the message's, with their place in the own text where they stand there."""
    start = own_text.find(value.words)
    if start >= 0:
        return Value(value.value, value.words, value.where, value.rule, value.confidence, start)
    spaced = r"\s+".join(re.escape(w) for w in value.words.split())
    found = re.search(spaced, own_text) if spaced and len(spaced) < 2000 else None
    if found:
        return Value(value.value, found.group(), value.where, value.rule, value.confidence, found.start())
    return value


def header(value: str, words: str, rule: str, confidence: float, where: Where = "header") -> Value:
    """Return a value that a header gives."""
    return Value(value, words, where, rule, confidence)
