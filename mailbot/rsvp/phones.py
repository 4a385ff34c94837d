"""Telephone numbers: where they stand, what kind they are, whose, and their international form.

`find` only looks at text; `resolve` completes a number by the countries that the message shows. A number whose country
can't be told stays as the digits that were written: no country is ever assumed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mailbot.rsvp import words
from mailbot.rsvp.fold import fold

MAX_TEXT = 10_000
"""Characters that are searched: a reply that gives its number later than that is not one."""

_NUMBER = re.compile(r"(?<![\w@/#+.,-])(?<!\d[ ])(?:\(?\+|00)?[ ]?\(?\d(?:[ .\-/·()\t–‑]{0,3}\d){5,17}(?![\w@])")
_DATE = re.compile(
    r"\(?[0-3]?\d[./-][01]?\d[./-](?:20|19)?\d\d(?:\s.{0,8})?|(?:19|20)\d\d[ ./-][01]?\d[ ./-][0-3]?\d.*"
)
_CODE = re.compile(r"(?:indicatif|prefix\w*|prefij\w*|code|codigo|vorwahl|prefisso|ddi)\W{0,3}\+?(\d{1,3})\b")
_CLAUSE = re.compile(r"[.!?;]\s|\n")
_WHOSE = {
    "not": ("phones.not_theirs",),
    "mine": ("phones.mine", "phones.right"),
    "own": ("phones.theirs",),
    "other": ("phones.theirs_other",),
}
_REACH = 40
"""Characters from "ma voisine" to the number that is hers."""
_CLOSE = 22
"""Characters from "mine" or "use" to the number that goes before all others."""
_NOT_THIS = re.compile(
    r"(?:\b(?:not|pas|non|nicht|nao|ni|et non|statt|anstatt|instead of|au lieu d[eu]|en vez del?|em vez d[eo]|"
    r"invece d[ei]l?)|"
    r"(?:[,;(]|\b(?:y|e|and))\s*no)\s(?:(?:the|my|on|at|to|le|la|au|mon|el|al|mi|o|a|ao|pelo|il|mio|die|der|unter|auf|"
    r"number|numero|num|nummer|tel|telephone|telefono|telefone|landline|fixe|fixo|fijo|old|de|da|do)\s)*\W*$"
)
_COUNTED = re.compile(r"([2-9])[.)]?[ ]{1,3}(?=\d)")
_FORWARD = re.compile(r"\b(?:not|pas|non|nicht|nao|ni|no|mais|but|pero|mas|ma|aber|sondern|so|alors|use)\b")
_OVERSEAS = {"690": "GP", "691": "GP", "692": "RE", "693": "RE", "694": "GF", "696": "MQ", "697": "MQ", "639": "YT"}
"""The one French numbering plan tells the overseas department by the first digits (ARCEP)."""

_SPEAKING = {
    "pt": ("BR", "PT", "AO", "MZ", "CV", "GW", "ST", "TL"),
    "de": ("DE", "AT", "CH", "LU"),
    "it": ("IT", "CH"),
}
"""Countries where a language is written, for the few whose numbering plans don't look alike: then one fits or none."""


@dataclass(frozen=True, slots=True)
class Phone:
    """One number in a text. `kind` is mobile, office, fax or ""; `whose` is own (own-before-all
    where it is set against another), other, not (nobody's answer) or ""."""

    start: int
    end: int
    text: str
    kind: str
    whose: str
    code: str = ""

    @property
    def digits(self) -> str:
        """The digits alone."""
        return re.sub(r"\D", "", self.text)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A number in its final form. `rule` says how the country was told; "" value never occurs."""

    value: str
    rule: str
    confidence: float


def find(text: str, exclude: Iterable[str] = ()) -> list[Phone]:
    """Return the numbers of a text that may be a person's telephone, without those whose digits are in `exclude`."""
    text = text[:MAX_TEXT]
    folded = fold(text)
    known = tuple(exclude)
    spans = [s for m in _NUMBER.finditer(text) for s in _split(m.start(), m.group())]
    spans = [(_behind_enumerator(text, a), b) for a, b in spans]
    spans = [(a, b) for a, b in spans if _plausible(text[a:b])]
    found = []
    for at, (start, end) in enumerate(spans):
        digits = re.sub(r"\D", "", text[start:end])
        if any(digits.lstrip("0") in k or k in digits for k in known):
            continue
        before = folded[spans[at - 1][1] if at else 0 : start]
        after = folded[end : spans[at + 1][0] if at + 1 < len(spans) else len(folded)]
        found.append(_phone(text, start, end, before[-90:], after[:60]))
    return found


def resolve(phone: Phone, countries: Sequence[tuple[str, str]], french: bool = False, language: str = "") -> Resolved:
    """Return a number in E.164, or its digits where no country fits. `countries` are (country, what showed it)."""
    import phonenumbers as pn

    written = _clean(phone.text)
    if written.startswith("+"):
        value = _parse(pn, written, None)
        return Resolved(value or "+" + phone.digits, "phone-international", 0.97 if value else 0.6)
    if phone.code:
        value = _parse(pn, f"+{phone.code}{phone.digits.lstrip('0')}", None)
        if value:
            return Resolved(value, "phone-code-named", 0.95)
    if french and len(phone.digits) == 10 and phone.digits[0] == "0" and phone.digits[1:4] in _OVERSEAS:
        value = _parse(pn, written, _OVERSEAS[phone.digits[1:4]])
        if value:
            return Resolved(value, "phone-overseas", 0.93)
    shown = _by_country(written, phone, countries)
    if shown:
        return shown
    only = {v for c in _SPEAKING.get(language, ()) if (v := _parse(pn, written, c))}
    if len(only) == 1 and len(phone.digits) >= 9:
        return Resolved(only.pop(), "phone-only-country-of-language", 0.82)
    value = _parse(pn, "+" + phone.digits.lstrip("0"), None) if len(phone.digits) >= 11 else ""
    if value:
        return Resolved(value, "phone-code-without-plus", 0.75)
    return Resolved(phone.digits, "phone-country-unknown", 0.6)


def _by_country(written: str, phone: Phone, countries: Sequence[tuple[str, str]]) -> Resolved | None:
    """Return a number as the countries that the message shows complete it, less sure where two of them could."""
    import phonenumbers as pn

    fitting = [
        (value, shown_by)
        for country, shown_by in countries
        if (value := _parse(pn, written, country) or _parse_with_code(pn, phone.digits, country))
    ]
    if not fitting:
        return None
    value, shown_by = fitting[0]
    alike = list(dict.fromkeys(v for v, by in fitting if by == shown_by))
    if len(alike) == 1:
        return Resolved(value, f"phone-country-by-{shown_by}", 0.95)
    grouped = [v for v in alike if _grouped_so(phone.text, v)]
    if len(grouped) == 1:
        return Resolved(grouped[0], "phone-country-by-grouping", 0.85)
    return Resolved(value, f"phone-country-by-{shown_by}", 0.78)


def region_of(number: str) -> str:
    """Return the country of a number in E.164, "" where it is none."""
    import phonenumbers as pn

    try:
        return pn.region_code_for_number(pn.parse(number, None)) or ""
    except pn.NumberParseException:
        return ""


def is_mobile(number: str) -> bool:
    """Say whether a number in E.164 is surely a mobile one."""
    import phonenumbers as pn

    try:
        return bool(pn.number_type(pn.parse(number, None)) == pn.PhoneNumberType.MOBILE)
    except pn.NumberParseException:
        return False


def best(found: Sequence[Phone]) -> Phone | None:
    """Return the one that a registrar would note: the writer's own words for it, then mobile, then the first."""
    usable = [p for p in found if p.kind != "fax" and p.whose not in ("not",)]
    if not usable:
        return None
    rank = {"mobile": 0, "": 1, "office": 2}
    return min(usable, key=lambda p: (p.whose == "other", rank.get(p.kind, 1), p.start))


def _phone(text: str, start: int, end: int, before: str, after: str) -> Phone:
    clause_before = _CLAUSE.split(before)[-1]
    clause_after = _CLAUSE.split(after)[0]
    code = _CODE.search(clause_after[:40]) or _CODE.search(clause_before[-25:])
    kind = _kind(clause_before, clause_after)
    return Phone(start, end, text[start:end], kind, _whose(clause_before, clause_after), code[1] if code else "")


def _kind(before: str, after: str) -> str:
    """Return what kind of line the nearest word says it is: right behind in brackets, or before."""
    bracket = re.match(r"\s*\(([^)]{1,24})\)", after)
    if bracket:
        hits = words.of(words.scan(bracket[1]), "phones.mobile", "phones.office", "phones.fax")
        if hits:
            return hits[0].key.partition(".")[2]
    before = before.rstrip(" :.(-=\t")
    hits = words.of(words.scan(before), "phones.mobile", "phones.office", "phones.fax")
    near = [h for h in hits if len(before) - h.end < 22 and (h.end - h.start > 1 or h.end >= len(before) - 1)]
    # "tel" says least: a more telling word before it decides ("Cell / Tel", "Tél. portable").
    telling = [h for h in near if before[h.start : h.end] not in ("tel", "t")]
    pick = max(telling or near, key=lambda h: (h.end, h.key == "phones.mobile"), default=None)
    return pick.key.partition(".")[2] if pick else ""


def _whose(before: str, after: str) -> str:
    """Return whose a number is: of the words before it those that stand nearest decide.

    Behind it only what looks back counts ("… is my old one", "… was the guard's"), and a "not" right before it, since
    behind it another number follows ("0926 … NOT 0925 …").
    """
    if _NOT_THIS.search(before):
        return "not"
    hits = words.scan(before)
    near = {key: max((h.end for h in words.of(hits, *keys)), default=-1) for key, keys in _WHOSE.items()}
    if (
        near["not"] >= 0
        and len(before) - near["not"] < _REACH
        and near["not"] >= max(near["mine"], near["own"], near["other"])
    ):
        return "not"
    behind = _FORWARD.split(after.split(",")[0][:30])[0]
    if not re.match(r"\W{0,2}\((?!.*\))", behind) and words.of(words.scan(behind), *_WHOSE["not"]):
        return "not"
    if near["mine"] >= 0 and len(before) - near["mine"] < _CLOSE:
        return "own-before-all"
    if near["own"] < 0 and near["mine"] < 0:
        return "other" if near["other"] >= 0 else ""
    return "own" if max(near["own"], near["mine"]) >= near["other"] else "other"


def _plausible(written: str) -> bool:
    digits = re.sub(r"\D", "", written)
    return 6 <= len(digits) <= 15 and not _DATE.fullmatch(written.strip()) and len(set(digits)) > 1


def _behind_enumerator(text: str, start: int) -> int:
    """Return where a number begins whose first digit counts the lines of a list ("3 641 826 357", "3. 923 …")."""
    line = text.rfind("\n", 0, start) + 1
    mark = _COUNTED.match(text, start)
    if mark is None or text[line:start].strip():
        return start
    before = text[:line].rstrip("\n").rpartition("\n")[2].split(" ")[0].strip(".)")
    return mark.end() if before == str(int(mark[1]) - 1) else start


def _split(start: int, written: str) -> list[tuple[int, int]]:
    """Split "675 41 82 63 / 691 82 63 57" into two, and leave "0471 / 30 18 47" whole."""
    for mark in re.finditer(r"\s*[/–-]\s+|\s+[/–-]\s*|/", written):
        left, right = written[: mark.start()], written[mark.end() :]
        if min(len(re.sub(r"\D", "", left)), len(re.sub(r"\D", "", right))) >= 7:
            return [(start, start + mark.start()), *_split(start + mark.end(), right)]
    return [(start, start + len(written))]


def _grouped_so(written: str, value: str) -> bool:
    """Say whether a number is written in the groups that its country writes it in."""
    import phonenumbers as pn

    national = pn.format_number(pn.parse(value, None), pn.PhoneNumberFormat.NATIONAL)
    return re.findall(r"\d+", national) == re.findall(r"\d+", written)


def _clean(written: str) -> str:
    written = re.sub(r"\(0\)", "", written) if "+" in written or written.lstrip("( ").startswith("00") else written
    digits = re.sub(r"[^\d+]", "", written)
    return "+" + digits[2:] if digits.startswith("00") else digits


def _parse(pn: object, written: str, country: str | None) -> str:
    import phonenumbers

    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _parse_with_code(pn: object, digits: str, country: str) -> str:
    """Read "(226) 70 24 18 66": the country's own code without a plus."""
    import phonenumbers

    code = str(phonenumbers.country_code_for_region(country))
    return _parse(pn, "+" + digits, None) if digits.startswith(code) and code != "0" else ""
