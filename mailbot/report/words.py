"""The report's words: texts, dates, names of countries and languages, in one language.

The texts stand in `templates/report/<language>.toml`, one file a language, so that adding one needs no code. Nothing
here knows what a figure means, and nothing here produces HTML.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from copy import copy
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_timedelta, get_timezone_location
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from mailbot.compose import when
from mailbot.compose import words as mails
from mailbot.config import EventConfig, builtin_templates

FOLDER = "report"
"""The folder below the templates that holds the report's texts, style and script."""

FALLBACK = "en"
"""The language of last resort; its texts are always shipped."""


def find(templates: Path | None, name: str) -> Path:
    """Return the file of that name in the organiser's templates, else the shipped one; FileNotFoundError if neither."""
    for folder in (templates, builtin_templates()):
        if folder is not None and (folder / name).is_file():
            return folder / name
    raise FileNotFoundError(f"no {name} in {templates}, nor among the templates that came with mailbot")


def load(language: str, templates: Path | None = None) -> dict[str, Any]:
    """Read the texts of a language as nested tables; raises FileNotFoundError where nobody has any.

    The organiser's own texts lie over the shipped ones, and those over the English ones, so that a file that was edited
    for an older mailbot, or is half translated, still makes a whole report.
    """
    name = f"{FOLDER}/{language}.toml"
    own = find(templates, name)
    layers = [builtin_templates() / FOLDER / f"{FALLBACK}.toml", builtin_templates() / name, own]
    texts: dict[str, Any] = {}
    for layer in dict.fromkeys(layers):
        if layer.is_file():
            texts = _over(texts, tomllib.loads(layer.read_text("utf-8")))
    return texts


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay one table of texts over another."""
    both = {**below, **above}
    for key, value in above.items():
        if isinstance(value, Mapping) and isinstance(below.get(key), Mapping):
            both[key] = _over(below[key], value)
    return both


class Words:
    """Says things in one language and one time zone.

    `language` is an ISO 639-1 code with a text file; another falls back to English. `zone` is the event's. `clock_name`
    and `place` are what mails call that zone's clock and the event's address, "" where no event is meant.
    """

    def __init__(self, language: str, zone: tzinfo = UTC, templates: Path | None = None) -> None:
        try:
            self.texts: Mapping[str, Any] = load(language, templates)
            self.language = language
        except FileNotFoundError:
            self.texts = load(FALLBACK, templates)
            self.language = FALLBACK
        self.locale = Locale.parse(self.text("formats.locale"))
        self.zone = zone
        self.clock_name, self.place = "", ""

    def of(self, event: EventConfig, templates: Path | None) -> Words:
        """Return the same words for an event: in its zone, and with its place named as the mails name it."""
        other = copy(self)
        other.zone, other.clock_name, other.place = event.zone, "", event.place.address
        try:
            folder = find(templates, f"{mails.FOLDER}/{self.language}.toml").parents[1]
            words = mails.load(folder, self.language)
        except (FileNotFoundError, mails.WordsRefused):
            return other  # `check` tells what is wrong with them; a report is no less needed meanwhile
        other.clock_name, other.place = when.clock_of(event, words), when.address_of(event, words)
        return other

    def _find(self, key: str) -> Any:
        node: Any = self.texts
        for part in key.split("."):
            node = node.get(part) if isinstance(node, Mapping) else None
        return node

    def has(self, key: str) -> bool:
        """Return whether there is a text of that key, such as "field.name"."""
        return self._find(key) is not None

    def text(self, key: str, **values: object) -> str:
        """Return a text by its dotted key, with {values} filled in; KeyError where the language lacks it."""
        text = self._find(key)
        if not isinstance(text, str):
            raise KeyError(f"the report has no text {key!r} in {self.language!r}")
        return text.format_map({k: str(v) for k, v in values.items()}) if values else text

    def count(self, key: str, number: int, **values: object) -> str:
        """Return the text for a number of things, by the plural rules of the language; {n} is the number."""
        form = self.locale.plural_form(number)
        key = f"{key}.{form}" if self.has(f"{key}.{form}") else f"{key}.other"
        return self.text(key, n=self.number(number), **values)

    def named(self, group: str, word: str | None) -> str:
        """Return what a code word is called ("mode", "online"); the word itself where the texts don't know it."""
        if not word:
            return ""
        found = self._find(f"{group}.{word}")
        return found if isinstance(found, str) else word.replace("_", " ")

    def reason(self, word: str) -> str:
        """Return a reason as a plain sentence; a word that the texts don't know is shown in one that says so."""
        key, _, detail = word.partition(":")
        found = self._find(f"reasons.{key.strip()}")
        if isinstance(found, str):
            return f"{found} ({detail.strip()})" if detail.strip() else found
        return self.text("reasons.other", word=word.replace("_", " "))

    def yes_no(self, value: bool | None) -> str:
        """Return yes, no, or nothing where it isn't known."""
        return "" if value is None else self.text("yes_no.yes" if value else "yes_no.no")

    def number(self, value: float) -> str:
        """Return a number as the language writes it."""
        return str(format_decimal(value, locale=self.locale))

    def percent(self, share: float) -> str:
        """Return a share between 0 and 1 as whole per cent."""
        return str(format_percent(share, "#,##0\u00a0%" if self.language in {"fr", "es"} else "#,##0%", self.locale))

    def day(self, day: date) -> str:
        """Return a day briefly, "4 Oct"."""
        return str(format_date(day, self.text("formats.day"), locale=self.locale))

    def moment(self, moment: datetime | None) -> str:
        """Return a moment briefly, in the zone: "4 Oct, 10:32"; nothing for None."""
        return self._moment(moment, "moment")

    def full(self, moment: datetime | None) -> str:
        """Return a moment with weekday and year, in the zone; nothing for None."""
        return self._moment(moment, "full")

    def date(self, moment: datetime) -> str:
        """Return a moment's day with weekday and year, in the zone."""
        return self._moment(moment, "date")

    def distance(self, gap: timedelta) -> str:
        """Return how far off something is: "in 11 days", "in 40 minutes"."""
        return str(format_timedelta(gap, add_direction=True, threshold=1.6, locale=self.locale))

    def clock(self, moment: datetime) -> str:
        """Return the time of day, in the zone."""
        return self._moment(moment, "clock")

    def _moment(self, moment: datetime | None, form: str) -> str:
        if moment is None:
            return ""
        text = format_datetime(moment.astimezone(self.zone), self.text(f"formats.{form}"), locale=self.locale)
        return str(text)

    def local(self, moment: datetime) -> datetime:
        """Return the moment on the zone's wall clock."""
        return moment.astimezone(self.zone)

    def zone_name(self) -> str:
        """Return the zone as mails name it ("Geneva time"), else by its city ("Zurich time")."""
        if self.clock_name:
            return self.clock_name
        if getattr(self.zone, "key", "UTC") in {"UTC", "Etc/UTC"}:
            return "UTC"
        return self.text("formats.zone", city=get_timezone_location(self.zone, locale=self.locale, return_city=True))

    def country(self, code: str) -> str:
        """Return the name of a country by its ISO 3166 code; nothing where the code is empty."""
        return str(self.locale.territories.get(code, code))

    def language_name(self, code: str) -> str:
        """Return the name of a language by its ISO 639-1 code; nothing where the code is empty."""
        if code == "mixed":
            return self.text("language.mixed")
        try:
            return str(
                self.locale.languages.get(code) or (Locale.parse(code).get_display_name(self.locale) if code else "")
            )
        except (UnknownLocaleError, ValueError):
            return code

    def both(self, items: Iterable[str]) -> str:
        """Join items as a sentence does: "a, b and c"."""
        return str(format_list([i for i in items if i], locale=self.locale))
