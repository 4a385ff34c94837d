"""Tells a moment so that nobody can misread it: in the event's zone, and beside it in the participant's.

The participant's zone comes from their phone's country, narrowed by the offset of their Date header; where neither says
enough, UTC stands beside the event's time. It reads no clock and knows no template.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel.core import get_global
from babel.dates import format_date, format_time, get_timezone_location
from phonenumbers import timezone as phone_zones

from mailbot.compose.render import isolate
from mailbot.compose.words import Words
from mailbot.config import EventConfig

MOST_ZONES = 3
"""A country with more different clocks than this gets UTC, not a list that nobody can read on a phone."""

NEARBY = timedelta(days=35)
"""An offset seen in a Date header may be from the other side of a clock change this long before the event."""

LONGEST_PLACE = 30
"""Characters of an address that still read as the name of a place."""

SMALL_ZONES = frozenset(
    {
        "Atlantic/Azores", "Atlantic/Canary", "Atlantic/Madeira", "Australia/Broken_Hill", "Australia/Eucla",
        "Australia/Lord_Howe", "Indian/Mayotte", "Pacific/Bougainville", "Pacific/Easter", "Pacific/Galapagos",
    }
)  # fmt: skip
"""Zones of few people: named after the larger ones, and not at all where a larger one shows the same clock."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment or a span, told in words.

    `date` and `day` (without the year) are in the event's zone, as is `time`, which names the place; `bare` doesn't.
    `elsewhere` are the times in the participant's zones, `times` all of them, `full` with the date.
    """

    date: str
    day: str
    bare: str
    time: str
    elsewhere: tuple[str, ...]

    @property
    def times(self) -> str:
        """All times, the event's first."""
        return " · ".join((self.time, *self.elsewhere))

    @property
    def full(self) -> str:
        """Date and all times."""
        return f"{self.date}, {self.times}"

    def __str__(self) -> str:
        """Say it whole."""
        return self.full


class Clocks:
    """Tells moments of one event to one participant, in one language."""

    def __init__(
        self, event: EventConfig, words: Words, phone: str | None, utc_offset: int | None, now: datetime
    ) -> None:
        self._words, self._zone, self._place = words, event.zone, place_of(event, words)
        self._own = own_zones(phone, utc_offset, (event.starts, event.ends), now)
        self._offset = None if self._own or not utc_offset else timezone(timedelta(minutes=utc_offset))

    def span(self, start: datetime, end: datetime) -> When:
        """Tell from when to when."""
        return self._when(start, end)

    def at(self, moment: datetime) -> When:
        """Tell one moment."""
        return self._when(moment, moment)

    def span_in(self, zone: ZoneInfo, start: datetime, end: datetime) -> When:
        """Tell from when to when in a third zone first, such as an office's, and beside it at the event's place."""
        local = start.astimezone(zone)
        bare = self._bare(start, end, zone, local)
        same = _same_clock(zone, self._zone, start, end)
        return When(
            date=date_in(local, self._words),
            day=day_in(local, self._words),
            bare=bare,
            time=self._there(bare, zone.key),
            elsewhere=() if same else (self._here(self._bare(start, end, self._zone, local)),),
        )

    def _when(self, start: datetime, end: datetime) -> When:
        local = start.astimezone(self._zone)
        bare = self._bare(start, end, self._zone, local)
        return When(
            date=date_in(local, self._words),
            day=day_in(local, self._words),
            bare=bare,
            time=self._here(bare),
            elsewhere=tuple(self._elsewhere(start, end, local)),
        )

    def _here(self, bare: str) -> str:
        """Tell a time at the event's place."""
        if self._place == "UTC":
            return self._words.utc.format(time=bare)
        told = self._words.clocks.get(self._place, self._words.here)
        return _elide(told.format(time=bare, place=_whole(self._place, self._words)), self._place, self._words.elision)

    def _there(self, bare: str, zone: str) -> str:
        """Tell a time in a zone, by the name of its city."""
        return self._words.there.format(time=bare, at=at_place(city(zone, self._words), self._words))

    def _bare(self, start: datetime, end: datetime, zone: tzinfo, shown: datetime) -> str:
        """Tell the time of day in a zone, with the date wherever it isn't the one shown already."""
        first, last = start.astimezone(zone), end.astimezone(zone)
        told = self._clock(first)
        if first.date() != shown.date():
            told = self._dated(first)
        if start == end:
            return told
        if last.date() != first.date():
            return self._words.days.format(start=told, end=self._dated(last))
        return self._words.span.format(start=told, end=self._clock(last))

    def _dated(self, moment: datetime) -> str:
        return self._words.dated.format(date=day_in(moment, self._words), time=self._clock(moment))

    def _elsewhere(self, start: datetime, end: datetime, local: datetime) -> Iterable[str]:
        words = self._words
        mine = [zone for zone in self._own if not _same_clock(ZoneInfo(zone), self._zone, start, end)]
        for zone in mine:
            yield self._there(self._bare(start, end, ZoneInfo(zone), local), zone)
        if self._own or self._place == "UTC":
            return
        yield words.utc.format(time=self._bare(start, end, UTC, local))
        if self._offset is not None and not _same_clock(self._offset, self._zone, start, end):
            name = re.sub(r"([+−])0?(\d+)(?::00)?", r"\1\2", self._offset.tzname(None).replace("-", "−"))
            told = self._bare(start, end, self._offset, local)
            yield words.offset.format(time=told, offset=_whole(name, words))

    def _clock(self, moment: datetime) -> str:
        return format_time(moment, self._words.clock, tzinfo=moment.tzinfo, locale=self._words.locale)


def date_in(moment: datetime, words: Words) -> str:
    """Return the date with weekday and year, as the language writes it out (the month always as a word)."""
    return _first_of_month(format_date(moment.date(), words.date, locale=words.locale), words)


def day_in(moment: datetime, words: Words) -> str:
    """Return the date with its weekday, without the year."""
    return _first_of_month(format_date(moment.date(), words.day, locale=words.locale), words)


def _first_of_month(text: str, words: Words) -> str:
    """Write the first of a month as French does (CLDR leaves it to the reader)."""
    return re.sub(r"\b1 (?=[a-zéû]+)", "1er ", text, count=1) if words.locale.startswith("fr") else text


def own_zones(
    phone: str | None, utc_offset: int | None, span: tuple[datetime, datetime], now: datetime
) -> tuple[str, ...]:
    """Return the zones that a participant may live in, one for each different clock during the span.

    `phone` is E.164; without a country, or with more clocks than MOST_ZONES, the answer is empty: UTC is better then.
    """
    groups: dict[tuple[object, ...], list[str]] = {}
    for name in _phone_zones(phone or ""):
        clock = tuple(moment.astimezone(ZoneInfo(name)).utcoffset() for moment in span)
        groups.setdefault(clock, []).append(name)
    if len(groups) > 1 and utc_offset is not None:
        seen = timedelta(minutes=utc_offset)
        moments = (now, span[0] - NEARBY, span[0])
        fits = {
            clock: fitting
            for clock, names in groups.items()
            if (fitting := [n for n in names if any(m.astimezone(ZoneInfo(n)).utcoffset() == seen for m in moments)])
        }
        groups = fits or groups
    if len(groups) > MOST_ZONES:
        return ()
    largest = [
        min(names, key=lambda name: (name in SMALL_ZONES, name not in _main_zones())) for names in groups.values()
    ]
    return tuple(sorted(largest, key=lambda name: name in SMALL_ZONES))


def zone_of(country: str, moment: datetime) -> str:
    """Return the zone that a country's offices go by, "" where the country has several clocks at that moment."""
    territories = get_global("zone_territories")
    names = sorted(name for name, territory in territories.items() if territory == country and _known(name))
    names = [name for name in names if name not in SMALL_ZONES] or names
    clocks = {moment.astimezone(ZoneInfo(name)).utcoffset() for name in names}
    return min(names, key=lambda name: name not in _main_zones()) if len(clocks) == 1 else ""


def _phone_zones(phone: str) -> list[str]:
    """Return the zones where a number may be, its own country's only; [] where the number does not tell."""
    if not phone.startswith("+"):
        return []
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return []
    region = phonenumbers.region_code_for_number(number)
    if not region:
        return []
    territories = get_global("zone_territories")
    names = [n for n in phone_zones.time_zones_for_number(number) if territories.get(n) == region]
    return names or sorted(n for n, territory in territories.items() if territory == region and _known(n))


@cache
def _known(zone: str) -> bool:
    """Say whether this machine's zone data has the zone."""
    try:
        ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        return False
    return True


@cache
def _main_zones() -> frozenset[str]:
    """Return the zones that stand for their clock in CLDR: those of the larger cities."""
    return frozenset(get_global("windows_zone_mapping").values())


def _same_clock(one: tzinfo, other: tzinfo, start: datetime, end: datetime) -> bool:
    return all(m.astimezone(one).utcoffset() == m.astimezone(other).utcoffset() for m in (start, end)) and (
        str(one) == str(other) or isinstance(one, timezone)
    )


@cache
def _city_in(zone: str, locale: str) -> str:
    return get_timezone_location(zone, locale=locale, return_city=True)


def city(zone: str, words: Words) -> str:
    """Return the name of a zone's city (or island) in the language."""
    return _city_in(zone, words.locale)


def at_place(name: str, words: Words) -> str:
    """Return the name of a place with the preposition that it takes."""
    return words.at.get(name) or words.at.get("", "{place}").format(place=_whole(name, words))


def _whole(text: str, words: Words) -> str:
    """Keep a name that may be of another script in one piece, where sentences go the other way."""
    return isolate(text) if words.direction == "rtl" else text


@cache
def _zone_of_city() -> dict[str, str]:
    """Return CLDR's zones by the English names of their cities."""
    return {_city_in(zone, "en"): zone for zone in get_global("zone_territories") if _known(zone)}


def place_of(event: EventConfig, words: Words) -> str:
    """Return the place whose clock the event goes by: its own if that reads as a place, else the zone's city."""
    for part in [event.place.address, *reversed(event.place.address.split(","))]:
        name = part.strip()
        known = localised(name, event.zone, words)
        if known:
            return known
    address = event.place.address.strip()
    if address and len(address) <= LONGEST_PLACE and not re.search(r"[\d,;\n]", address):
        return address
    return "UTC" if event.zone.key in ("UTC", "Etc/UTC") else city(event.zone.key, words)


def clock_of(event: EventConfig, words: Words) -> str:
    """Return what the clock at the event's place is called, "heure de Genève"; what isn't a mail says it so too."""
    place = place_of(event, words)
    if place == "UTC":
        return place
    told = words.clocks.get(place, words.here)
    return _elide(told.format(time="", place=place), place, words.elision).strip(" ,،")


def address_of(event: EventConfig, words: Words) -> str:
    """Return the event's address, in the language where it is a well-known city's name."""
    return localised(event.place.address, event.zone, words) or event.place.address


def localised(name: str, zone: ZoneInfo, words: Words) -> str:
    """Return the language's name of a well-known city, "" where it isn't one."""
    if name in words.places:
        return words.places[name]
    known = _zone_of_city().get(name)
    moment = datetime(2018, 7, 1, tzinfo=UTC)  # any one will do: it only tells two cities of the same name apart
    if known and moment.astimezone(ZoneInfo(known)).utcoffset() == moment.astimezone(zone).utcoffset():
        return city(known, words)
    return ""


def _elide(text: str, place: str, elision: str) -> str:
    """Replace "de " before a vowel, and "de Le" by "du", in languages that do so."""
    if not elision:
        return text
    text = text.replace(f"de Le {place[3:]}", f"du {place[3:]}") if place.startswith("Le ") else text
    return text.replace(f"de {place}", f"{elision}{place}") if re.match(r"[AEÉÈIÎOÔUYH]", place) else text
