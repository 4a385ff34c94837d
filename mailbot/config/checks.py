"""Values of a configuration that are looked up somewhere: zones, countries, fields, kinds of database.

Like `values`, these know no key and no file.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationInfo

from mailbot.config import values as v

FIELDS = ("name", "title", "phone", "organisation", "mode", "needs_access", "email")
"""What a registration can be required to give (the fields of an answer)."""

RESERVED = (
    "acknowledgement",
    "moved",
    "cancelled",
    "event_cancelled",
    "event_restored",
    "office",
    "question",
    "alert",
    "digest",
    "report",
    "words",
)
"""Names that other kinds of mail, or folders beside the mails' templates, have."""


def read_slug(value: object) -> str:
    """Take an event's short name: it stands in database keys and file names, so only a-z, 0-9 and hyphens."""
    text = v.read_text(value)
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", text):
        raise v.wrong(
            f"{v.shown(value)} is no short name", 'write small letters, digits and hyphens, such as "webinar-2"'
        )
    return text


def read_mailout_name(value: object) -> str:
    """Take a mail-out's name, which is also its templates' folder."""
    text = v.read_text(value)
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9_-]{0,30}[a-z0-9])?", text):
        raise v.wrong(f"{v.shown(value)} is no short name", 'write small letters, digits and hyphens, such as "guide"')
    if text in RESERVED:
        raise v.wrong(
            f"{v.shown(value)} is a name that mailbot needs for something else", 'write another, such as "guide"'
        )
    return text


def read_title(value: object) -> dict[str, str]:
    """Take a title: one text, or one for each language; one text is kept under ""."""
    instead = 'write title = "…", or title.fr = "…" and title.en = "…"'
    if isinstance(value, str):
        return {"": v.read_text(value)}
    if not isinstance(value, dict) or not value:
        raise v.wrong(f"{v.shown(value)} is not a title", instead)
    for language, title in value.items():
        if not re.fullmatch(r"(?:[a-z]{2,3})?", language):
            raise v.wrong(f"{v.shown(language)} is no language code", instead)
        if not isinstance(title, str) or not title.strip():
            raise v.wrong(f"the title in {v.shown(language)} is not a text", instead)
    return {language: v.read_text(title) for language, title in value.items()}


def read_why(value: object) -> dict[str, str]:
    """Take a reason for people to read: one text, or one for each language; one text is kept under ""."""
    instead = 'write cancelled_because = "…", or cancelled_because.fr = "…" and cancelled_because.en = "…"'
    if isinstance(value, str):
        return {"": v.read_text(value)} if value.strip() else {}
    if not isinstance(value, dict):
        raise v.wrong(f"{v.shown(value)} is not a reason", instead)
    for language, why in value.items():
        if not re.fullmatch(r"(?:[a-z]{2,3})?", language):
            raise v.wrong(f"{v.shown(language)} is no language code", instead)
        if not isinstance(why, str) or not why.strip():
            raise v.wrong(f"the reason in {v.shown(language)} is not a text", instead)
    return {language: v.read_text(why) for language, why in value.items()}


ZONES_OF = {
    "Africa/Johannesburg": "pretoria cape_town le_cap durban",
    "Africa/Lagos": "abuja",
    "Africa/Abidjan": "yamoussoukro",
    "Africa/Casablanca": "rabat",
    "Africa/Douala": "yaounde",
    "America/Guayaquil": "quito",
    "America/New_York": "washington boston miami",
    "America/Los_Angeles": "san_francisco",
    "America/Sao_Paulo": "brasilia rio rio_de_janeiro",
    "America/Toronto": "ottawa",
    "Asia/Ho_Chi_Minh": "hanoi",
    "Asia/Kolkata": "mumbai bombay delhi new_delhi chennai bangalore",
    "Asia/Shanghai": "beijing pekin peking",
    "Asia/Karachi": "islamabad",
    "Australia/Sydney": "canberra",
    "Europe/Zurich": "geneva geneve genf ginebra genebra ginevra bern berne berna lausanne basel basle",
    "Europe/Berlin": "munich frankfurt hamburg cologne bonn",
    "Europe/Madrid": "barcelona",
    "Europe/Rome": "milan milano turin torino",
    "Europe/Paris": "lyon marseille strasbourg",
    "Europe/Amsterdam": "the_hague la_haye",
}
"""Cities without a zone of their own, by the zone that serves them; lower case, no accents, _ for spaces."""

LIKE = 85  # per cent: a slip of the pen; below, other cities come up that have only some letters in common


@cache
def known_zones() -> frozenset[str]:
    """Return the names of the zones that this machine knows, by its own data or by tzdata's."""
    return frozenset(available_timezones())


def read_zone(value: object) -> str:
    """Take the name of a time zone (IANA), as the system and tzdata know them."""
    text = v.read_text(value)
    if text not in known_zones():
        near = _nearest_zone(text)
        instead = f'did you mean "{near}"?' if near else 'write its IANA name, such as "Europe/Zurich"'
        raise v.wrong(f"there is no time zone {v.shown(value)}", instead)
    ZoneInfo(text)  # a name without its data would only fail in the middle of a mail-out
    return text


def _nearest_zone(text: str) -> str:
    """Return the zone most like this one; a city's name alone is enough."""
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    city = text.rpartition("/")[2].strip().casefold().replace(" ", "_")
    if served := next((zone for zone, cities in ZONES_OF.items() if city in cities.split()), ""):
        return served
    odd = ("Etc/", "posix/", "right/", "SystemV/")
    zones = sorted(zone for zone in known_zones() if "/" in zone and not zone.startswith(odd))
    if "/" in text:
        return v.nearest(text, zones, least=LIKE)
    cities = {zone.rpartition("/")[2]: zone for zone in zones}
    return cities.get(v.nearest(text, cities, least=LIKE), "")


def read_field(value: object) -> str:
    """Take the name of a field that a registration can give."""
    text = v.read_text(value)
    if text not in FIELDS:
        instead = v.meant(text, FIELDS, f"write one of {', '.join(FIELDS)}")
        raise v.wrong(f"there is no field {v.shown(value)}", instead)
    return text


@cache
def _countries() -> dict[str, str]:
    """Return the English names of countries by their ISO 3166-1 alpha-2 code (Unicode CLDR, by way of Babel)."""
    from babel import Locale

    special = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "XK", "AC", "CP", "DG", "EA", "IC", "TA", "CQ"}
    territories = Locale.parse("en").territories.items()
    return {code: name for code, name in territories if re.fullmatch("[A-Z]{2}", code) and code not in special}


ELSEWHERE = {"UK": "GB", "EL": "GR"}
"""Codes that institutions of the European Union write in place of ISO's."""


def read_country(value: object) -> str:
    """Take a country's two-letter code (ISO 3166-1 alpha-2)."""
    text = v.read_text(value)
    countries = _countries()
    if text in countries:
        return text
    if text.upper() in countries:
        raise v.wrong(f"{v.shown(value)} is in small letters", f'write "{text.upper()}"')
    if text.upper() in ELSEWHERE:
        raise v.wrong(f"{v.shown(value)} is not what ISO 3166 says", f'write "{ELSEWHERE[text.upper()]}"')
    name = v.nearest(text, sorted(countries.values()), least=80) if len(text) > 3 else ""
    code = next((code for code, known in countries.items() if known == name), "")
    instead = f'write "{code}" for {name}' if code else 'write two letters, such as "SN" for Senegal'
    raise v.wrong(f"{v.shown(value)} is no country code", instead)


def read_office_language(value: object) -> str:
    """Take a language code, "" for the country's own."""
    return v.read_language(value) if value != "" else ""


def read_database(value: object, info: ValidationInfo) -> str:
    """Take an SQLAlchemy URL of SQLite or PostgreSQL; a relative SQLite path starts at the configuration's folder."""
    instead = 'write "sqlite:///registry.db" or "postgresql+psycopg://user@host/name"'
    text = v.read_text(value)
    scheme, colon, rest = text.partition("://")
    if not colon or scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise v.wrong(f"{v.shown(v.without_password(text))} is no database that mailbot can use", instead)
    if scheme != "sqlite":
        return f"postgresql+psycopg://{rest}"
    if rest in ("", "/", "/:memory:"):
        raise v.wrong(f"{v.shown(text)} would forget everything at the end", instead)
    if not rest.startswith("/"):
        raise v.wrong(f"{v.shown(text)} needs three slashes before the file's name", f'write "sqlite:///{rest}"')
    path = v.under(v.base(info), rest[1:])
    if "?" in str(path):  # SQLAlchemy would take what follows for options
        raise v.wrong(f"{v.shown(str(path))} has a question mark", "write a path without one")
    return f"sqlite:///{path}"
