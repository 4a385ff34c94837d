"""In which country somebody is: by their telephone, else by their own mail domain, else by their organisation's name.

Offers one country or none, as ISO 3166 writes it. Mail providers and domains that are sold all over the world say
nothing. It never looks anything up, and what it says is a likeness: nobody is kept from anything by it.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable

import phonenumbers
from babel import Locale
from babel.languages import get_official_languages

from mailbot.addresses import key
from mailbot.misspelt import PROVIDERS

ANYBODYS = frozenset([
    "ac", "ag", "ai", "am", "bz", "cc", "co", "fm", "gg", "io", "la", "ly", "me", "mn", "nu", "pw", "sc", "sh", "st",
    "to", "tv", "vc", "ws",
])  # fmt: skip
"""Domains of countries that are sold to everybody; below `org.co` and the like they are the country's own."""
ELSEWHERE = {"UK": "GB", "EL": "GR"}
"""What domains and institutions write in place of ISO's codes."""


def country(phone: str | None, address: str | None, organisation: str | None, languages: Iterable[str]) -> str:
    """Return the country that what is known of somebody shows, the surest first; "" where nothing shows one."""
    return of_phone(phone or "") or of_address(address or "") or of_organisation(organisation or "", tuple(languages))


@functools.lru_cache(maxsize=4096)
def of_phone(phone: str) -> str:
    """Return the country of a number in E.164, by its country code; "" where it says none."""
    if not phone.startswith("+"):
        return ""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone, None))
    except phonenumbers.NumberParseException:
        return ""
    return region if region and region.isalpha() else ""  # "001" is no country: satellites, toll-free numbers


def of_address(address: str) -> str:
    """Return the country whose domain an address is of; "" for providers, and where the domain is anybody's."""
    host = key(address).rpartition("@")[2]
    labels = host.split(".")
    if len(labels) < 2 or host in PROVIDERS or (labels[-1] in ANYBODYS and len(labels) < 3):
        return ""
    code = ELSEWHERE.get(labels[-1].upper(), labels[-1].upper())
    return code if code in _codes() else ""


@functools.lru_cache(maxsize=4096)
def of_organisation(organisation: str, languages: tuple[str, ...]) -> str:
    """Return the only country that an organisation's name names, in one of these languages; "" for none or several."""
    text = _folded(organisation)
    found = set()
    for name, code in _names(languages):  # the longest first: Guinea stands in Equatorial Guinea as well
        if name in text and (whole := re.compile(rf"\b{re.escape(name)}\b")).search(text):
            found.add(code)
            text = whole.sub(" ", text)
    return found.pop() if len(found) == 1 else ""


def language_of(code: str, languages: Iterable[str]) -> str:
    """Return the first of these languages that is an official one of a country; "" where none is."""
    official = set(get_official_languages(code, regional=True, de_facto=True))
    return next((language for language in languages if language in official), "")


@functools.cache
def _codes() -> frozenset[str]:
    codes = map(str, Locale.parse("en").territories)
    return frozenset(code for code in codes if re.fullmatch("[A-Z]{2}", code)) - {"EU", "UN"}


@functools.cache
def _names(languages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    names = {
        (_folded(str(name)), str(code))
        for language in {*languages, "en"}
        for code, name in Locale.parse(language).territories.items()
        if str(code) in _codes()
    }
    return tuple(sorted(names, key=lambda pair: (-len(pair[0]), pair)))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
