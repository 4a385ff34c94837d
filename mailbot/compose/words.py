"""The words that all mails of a language share: labels, ways of taking part, places and how times are told.

They stand in `templates/words/<language>.toml`, so that adding a language needs no code. Nothing here knows a
participant, and nothing here formats a time; a missing or misspelt word is reported with its file.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError

from mailbot.errors import MailbotError, Problem

FOLDER = "words"
"""The folder below the templates that holds the shared words."""


class WordsRefused(MailbotError):
    """The words of a language can't be used; all problems are listed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Words:
    """The shared words of one language.

    `locale` is Babel's, for dates and numbers; `direction` is ltr or rtl; `date`, `day` and `clock` are CLDR patterns.
    `here`, `there`, `utc` and `offset` tell a time at the event's place, at the participant's, in UTC and at an offset.
    `elision` replaces "de " before a vowel. `span` tells from when to when on one day, `days` over several, `dated` a
    time with its date. `labels` and `ask` name the fields where they are shown and asked for; `places`, `at` and
    `devices` are names by what the configuration or CLDR calls them, `clocks` whole sentences instead of `here`;
    `people` and `minutes` are counted by CLDR's plural forms; `decline` is the sentence that cancels a registration.
    `mails` are the mails that there are in this language, () where there are all.
    """

    language: str
    locale: str
    direction: str
    date: str
    day: str
    clock: str
    here: str
    there: str
    utc: str
    offset: str
    decline: str
    labels: dict[str, str]
    ask: dict[str, str]
    mode: dict[str, str]
    answer: dict[str, str]
    elision: str = ""
    span: str = "{start}–{end}"
    days: str = "{start} – {end}"
    dated: str = "{date}, {time}"
    places: dict[str, str] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    minutes: dict[str, str] = field(default_factory=dict)
    mails: tuple[str, ...] = ()

    def counted(self, forms: dict[str, str], number: int) -> str:
        """Return a number with its noun in the plural form that it takes, the bare number where no form is given."""
        return forms.get(_plural(self.locale, number), "{count}").format(count=number)


NEEDED = {
    "labels": ("name", "email", "title", "phone", "organisation", "mode", "needs_access"),
    "ask": ("name", "email", "title", "phone", "organisation", "mode", "needs_access"),
    "mode": ("online", "in_person"),
    "answer": ("yes", "no"),
}
"""The entries that each table of words must have."""


OPTIONAL = frozenset(
    {"elision", "span", "days", "dated", "places", "at", "devices", "clocks", "people", "minutes", "mails"}
)
"""What a language may leave out."""

PLACEHOLDERS = {
    "here": ("time", "place"), "there": ("time", "at"), "utc": ("time",), "offset": ("time", "offset"),
    "span": ("start", "end"), "days": ("start", "end"), "dated": ("date", "time"),
    "at": ("place",), "clocks": ("time", "place"), "people": ("count",), "minutes": ("count",),
}  # fmt: skip
"""What the sentences that tell times, and those of tables, may name in braces."""

COUNTED = ("people", "minutes")
"""The tables that are by plural form."""

MOST_COUNTED = 200
"""The largest number whose plural form a language must give: further ones repeat (CLDR), or are millions."""


def load(templates: Path, language: str) -> Words:
    """Read the shared words of a language; raises WordsRefused with every problem of the file."""
    path = templates / FOLDER / f"{language}.toml"
    where = f"{path.parent.parent.name}/{FOLDER}/{path.name}"
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise WordsRefused([Problem(where, "there is no such file", "copy one of another language")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WordsRefused([Problem(where, f"it can't be read: {error}", "correct the line")]) from None
    problems = [Problem(where, what) for what in _faults(told)]
    if problems:
        raise WordsRefused(problems)
    return Words(language=language, **told | {"mails": tuple(told.get("mails", ()))})


def _plural(locale: str, number: int) -> str:
    return str(Locale.parse(locale).plural_form(number))


def _faults(told: dict[str, Any]) -> list[str]:
    """Say what is wrong with the words as they were read."""
    shapes = {"str": "text", "tuple[str, ...]": "list"}
    kinds = {f.name: shapes.get(str(f.type), "table") for f in fields(Words) if f.name != "language"}
    faults = [f'"{name}" is missing' for name in kinds if name not in told and name not in OPTIONAL]
    for name, value in told.items():
        if name not in kinds:
            faults.append(f'"{name}" is not a word that mails use')
        elif kinds[name] == "text" and not isinstance(value, str):
            faults.append(f'"{name}" is not text')
        elif kinds[name] == "table" and not (
            isinstance(value, dict) and all(isinstance(one, str) for one in value.values())
        ):
            faults.append(f'"{name}" is not a table of texts')
        elif kinds[name] == "list" and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
            faults.append(f'"{name}" is not a list of texts')
    for table, entries in NEEDED.items():
        given = told.get(table)
        if isinstance(given, dict):
            faults += [f'"{table}.{entry}" is missing' for entry in entries if entry not in given]
    for name, known in PLACEHOLDERS.items():
        given = told.get(name, "")
        texts = given.values() if isinstance(given, dict) else [given]
        unknown = set(re.findall(r"\{([^}]*)\}", " ".join(map(str, texts)))) - set(known)
        faults += [f'"{name}" names {{{one}}}, and there are {", ".join(known)}' for one in sorted(unknown)]
    faults += _uncounted(told)
    if told.get("direction", "ltr") not in ("ltr", "rtl"):
        faults.append('"direction" is neither "ltr" nor "rtl"')
    return faults


def _uncounted(told: dict[str, Any]) -> list[str]:
    """Say which plural forms of the language are missing in the tables that count."""
    try:
        needed = {_plural(str(told.get("locale")), number): number for number in range(MOST_COUNTED, 0, -1)}
    except (ValueError, UnknownLocaleError):
        return [f'"locale" is no locale that Babel knows: {told["locale"]}'] if "locale" in told else []
    tables = {name: told[name] for name in COUNTED if isinstance(told.get(name), dict)}
    return [
        f'"{name}.{form}" is missing, such as for {number}'
        for name, table in tables.items()
        for form, number in sorted(needed.items(), key=lambda pair: pair[1])
        if form not in table
    ]
