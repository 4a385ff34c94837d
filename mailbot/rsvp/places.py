"""Which country a message shows: by its words for countries and cities, and by the country codes of its mail domains.

Answers only with what is written; a generic domain or a language tells no country.
"""

from __future__ import annotations

import re
from functools import cache

from mailbot.rsvp import words
from mailbot.rsvp.fold import fold

_CAPITALS = re.compile(r"(?:\b[A-ZÀ-Þ][a-zà-ÿ].*){3}")
"""Three words with capitals, acronyms apart: whoever writes so would write a town with one too."""
_REGIONS = {
    "uk": "GB", "wales": "GB", "cymru": "GB", "scot": "GB", "london": "GB", "qc": "CA", "quebec": "CA", "ks": "XK",
    "cat": "ES", "eus": "ES", "gal": "ES", "bzh": "FR", "paris": "FR", "corsica": "FR", "alsace": "FR", "berlin": "DE",
    "hamburg": "DE", "koeln": "DE", "bayern": "DE", "nrw": "DE", "wien": "AT", "tirol": "AT", "swiss": "CH",
    "brussels": "BE", "vlaanderen": "BE", "gov": "US", "edu": "US", "mil": "US", "nyc": "US", "kiwi": "NZ",
}  # fmt: skip
"""Last labels of domains that stand for a part of a country (IANA's list of top-level domains), or for it by custom."""
_PROVIDERS = {
    "wanadoo": "FR", "laposte": "FR", "sfr": "FR", "sapo": "PT", "uol": "BR", "bol": "BR", "libero": "IT",
    "tiscali": "IT", "virgilio": "IT", "alice": "IT", "bluewin": "CH", "sympatico": "CA", "videotron": "CA",
    "btinternet": "GB", "bigpond": "AU", "xtra": "NZ", "rediffmail": "IN", "skynet": "BE", "telenet": "BE",
    "comcast": "US", "verizon": "US",
}  # fmt: skip
"""Providers of mailboxes whose customers live in one country."""


def of_domain(email: str) -> str:
    """Return the country (ISO 3166) of an address's domain, "" where it tells none."""
    labels = fold(email.rpartition("@")[2]).split(".")
    while labels and labels[-1] in ("example", "test", "invalid"):
        labels.pop()
    last = labels[-1] if labels else ""
    if len(labels) == 1:
        return _PROVIDERS.get(last, "")
    if last in _REGIONS:
        return _REGIONS[last]
    return last.upper() if len(last) == 2 and last != "eu" else ""


def in_text(text: str) -> list[str]:
    """Return the countries that a text names, in order of their first naming; the longest name at a place counts."""
    folded = fold(text)
    toks = words.tokens(folded)
    table = words.places()
    found: list[str] = []
    at = 0
    while at < len(toks):
        best, country = 0, ""
        for code, place in table.get(toks[at].text[:3], ()):
            end = words.matches(place, folded, toks, at)
            if end > best and (
                text[toks[at].start].isupper() or not text[toks[at].start].isalpha() or _lower_is_fine(place, text)
            ):
                best, country = end, code
        if country:
            found.append(country)
            while at < len(toks) and toks[at].start < best:
                at += 1
        else:
            at += 1
    return list(dict.fromkeys(found))


def at_start(text: str) -> int:
    """Return where the longest place ends that a text begins with, 0 where it begins with none."""
    folded = fold(text)
    toks = words.tokens(folded)
    if not toks:
        return 0
    ends = (words.matches(place, folded, toks, 0) for _, place in words.places().get(toks[0].text[:3], ()))
    return max(ends, default=0)


def is_place(text: str) -> bool:
    """Say whether a text as a whole names a place, apart from commas and the like."""
    if "," in text or " - " in text:
        parts = [p for p in re.split(r",| - ", text) if p.strip()]
        return 0 < len(parts) < 4 and all(is_place(p) for p in parts)
    folded = fold(text).strip(" .,;()")
    toks = words.tokens(folded)
    if not toks or len(toks) > 5:
        return False
    return any(words.matches(p, folded, toks, 0) >= toks[-1].end for _, p in words.places().get(toks[0].text[:3], ()))


@cache
def _is_country(place: tuple[str, ...]) -> bool:
    return len(" ".join(place)) > 4


def _lower_is_fine(place: tuple[str, ...], text: str) -> bool:
    """Say whether a place may be written small: people of a country are, and everything in a text without capitals."""
    return place[-1].endswith("*") or (_is_country(place) and not _CAPITALS.search(text))
