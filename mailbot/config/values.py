"""The small values of a configuration: what may be written for them, and what is said when something else is.

Each `read_…` takes what TOML gave and returns the value, or raises `wrong(what, instead)`. They know no key and no
file, except the base folder that relative paths start from, which pydantic's context carries.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo
from pydantic_core import PydanticCustomError
from rapidfuzz import fuzz, process

from mailbot.addresses import Address
from mailbot.config.secret import SOURCES, WRITE, Secret


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before the start: `days` by the calendar (the wall clock stays), then `exact` by the stopwatch."""

    days: int = 0
    exact: timedelta = timedelta(0)

    def __str__(self) -> str:
        """Say it as it is written in the configuration: `7 days`, `30 minutes`."""
        minutes = int(self.exact.total_seconds()) // 60
        number, unit = (self.days, "day") if self.days else (minutes, "minute")
        return f"{number} {unit}{'' if number == 1 else 's'}"


def wrong(what: str, instead: str) -> PydanticCustomError:
    """Make the error that says what is wrong with a value and what to write instead."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "instead": instead})


def shown(value: object) -> str:
    """Show a value as a person sees it in the file: text in quotes, short; tables and lists by their kind only."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(f"{value[:59]}…" if len(value) > 60 else value, ensure_ascii=False)
        case dict():
            return "a table { … }"
        case list() | tuple():
            return "a list [ … ]"
        case datetime() | date() | time():
            return value.isoformat()
    return str(value)


def nearest(word: str, known: Iterable[str], least: float = 65) -> str:
    """Return the known word most like this one, "" where none is alike; case, hyphens and underscores don't count."""
    found = process.extractOne(
        word,
        list(known),
        scorer=fuzz.ratio,
        processor=lambda w: re.sub(r"[-_ /]", "", w.casefold()),
        score_cutoff=least,
    )
    return found[0] if found else ""


def meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """Say `did you mean …?` where a known word is alike, else what there is."""
    near = nearest(word, known)
    return f'did you mean "{near}"?' if near else otherwise


MOST_TEXT = 2000
"""Characters of any one text: a title or an address is far shorter, a whole letter is a template's matter."""


def read_lines(value: object) -> str:
    """Take text that says something, on one line or several."""
    if not isinstance(value, str):
        raise wrong(f"{shown(value)} is not text", 'write text in quotes, such as "…"')
    if not value.strip():
        raise wrong("there is nothing between the quotes", "write the text")
    if len(value) > MOST_TEXT:
        raise wrong(f"{shown(value)} is too long", f"write at most {MOST_TEXT} characters")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in value):
        raise wrong(f"{shown(value)} has a character that can't be seen", "leave it out")
    return value.strip()


def read_text(value: object) -> str:
    """Take text that says something, on one line: it may end up in a header or a path."""
    text = read_lines(value)
    if "\n" in text:
        raise wrong(f"{shown(value)} has a line break", "write it on one line")
    return text


def read_any_text(value: object) -> str:
    """Take text on one line that may be empty."""
    return "" if isinstance(value, str) and not value.strip() else read_text(value)


def read_any_lines(value: object) -> str:
    """Take text that may be empty, or have several lines."""
    return "" if isinstance(value, str) and not value.strip() else read_lines(value)


def choice(*allowed: str) -> BeforeValidator:
    """Take one of the given words."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in allowed:
            return value
        listed = ", ".join(f'"{word}"' for word in allowed[:-1]) + f' or "{allowed[-1]}"'
        near = nearest(value, list(allowed)) if isinstance(value, str) else ""
        raise wrong(f"{shown(value)} is not known here", f'write "{near}"' if near else f"write {listed}")

    return BeforeValidator(read)


def read_flag(value: object) -> bool:
    """Take true or false, as TOML writes them."""
    if not isinstance(value, bool):
        raise wrong(f"{shown(value)} is neither true nor false", "write true or false, without quotes")
    return value


def number(unit: str, low: int, high: int, example: int) -> BeforeValidator:
    """Take a whole number of something, between two bounds that are both allowed."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(
                f"{shown(value)} is not a whole number",
                f"write a whole number without quotes, such as {example} ({unit})",
            )
        if not low <= value <= high:
            raise wrong(f"{value} is out of range", f"write a whole number from {low} to {high} ({unit})")
        return value

    return BeforeValidator(read)


def read_mbps(value: object) -> float:
    """Take a connection's least speed in megabits a second; 0 asks for none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10_000:
        raise wrong(f"{shown(value)} is no speed", "write megabits a second, such as 0.5, or 0 for none")
    return float(value)


UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
DAYS = {"day": 1, "week": 7}
MOST_DAYS = 366
"""A mail-out more than a year ahead is a slip of the pen."""
BEFORE = 'write a number and a unit, such as "7 days", "2 weeks", "30 minutes" or "2 hours"'


def read_lead(value: object) -> Lead:
    """Take a time before the start: a number and minutes, hours, days or weeks, singular or plural."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise wrong(f"{value} has no unit", BEFORE)
    if not isinstance(value, str):
        raise wrong(f"{shown(value)} is not a time before the start", BEFORE)
    found = re.fullmatch(r"\s*([+-]?\d{1,9})\s*([A-Za-z]{1,20}?)s?\s*", value)
    unit = found[2].lower() if found else ""
    if found is None or unit not in UNITS | DAYS:
        raise wrong(f"{shown(value)} is not a time before the start", BEFORE)
    count = int(found[1])
    if count < 0:
        raise wrong(f"{shown(value)} is negative, and mail-outs come before the start", BEFORE)
    lead = Lead(days=count * DAYS[unit]) if unit in DAYS else Lead(exact=count * UNITS[unit])
    if timedelta(days=lead.days) + lead.exact > timedelta(days=MOST_DAYS):
        raise wrong(f"{shown(value)} is more than a year before the start", BEFORE)
    return lead


SIZES = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}


def read_size(value: object) -> int:
    """Take a size: a number of bytes, or text such as "25 MB" (a million bytes each; MiB are 1024 times 1024)."""
    instead = 'write a size such as "25 MB" (from "10 KB" to "1 GB")'
    found = re.fullmatch(r"\s*(\d{1,12})\s*([A-Za-z]{0,3})\s*", str(value))
    if isinstance(value, bool) or not isinstance(value, int | str) or not found or found[2].upper() not in SIZES:
        raise wrong(f"{shown(value)} is no size", instead)
    size = int(found[1]) * SIZES[found[2].upper()]
    if not 10_000 <= size <= 1000**3:
        raise wrong(f"{shown(value)} is out of range", instead)
    return size


def read_path(value: object, info: ValidationInfo) -> Path:
    """Take a path; a relative one starts at the configuration's folder."""
    return under(base(info), read_text(value))


def under(folder: Path, path: str) -> Path:
    """Return a path as a shell in that folder would understand it: relative to it, `~` being the home."""
    home = os.path.expanduser(path)  # noqa: PTH111 -- pathlib's raises where a "~name" is nobody's
    return (folder / home).absolute()


def base(info: ValidationInfo) -> Path:
    """Return the folder that relative paths start from."""
    return Path((info.context or {}).get("base", "."))


def read_file(value: object, info: ValidationInfo) -> Path:
    """Take the path of a file that is there."""
    path = read_path(value, info)
    if not os.path.isfile(path):  # noqa: PTH113 -- pathlib's raises where a name is too long to be one
        raise wrong(f"there is no file {path}", "write the path of a file, relative to the configuration's folder")
    return path


def read_folder(value: object, info: ValidationInfo) -> Path:
    """Take the path of a folder that is there."""
    path = read_path(value, info)
    if not os.path.isdir(path):  # noqa: PTH112 -- as above
        raise wrong(f"there is no folder {path}", "write the path of a folder, relative to the configuration's")
    return path


ADDRESS = re.compile(
    r"[^\s@<>(),;:\"\\\[\]]{1,64}@(?=.{1,253}$)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)*"
)
"""One plain mail address (the dot-atom of RFC 5321 4.1.2, with letters of any script as RFC 6531 allows)."""


def read_address(value: object) -> str:
    """Take one plain mail address."""
    text = read_text(value)
    if not ADDRESS.fullmatch(text) or text.startswith(".") or ".." in text or ".@" in text:
        raise wrong(f"{shown(value)} is not a mail address", 'write one such as "registrar@organisation.example"')
    return text


def read_own_address(value: object) -> str:
    """Take one plain mail address, or "" for none."""
    return "" if value == "" else read_address(value)


def read_host(value: object) -> str:
    """Take a server's name or IP address, "" for none."""
    text = read_any_text(value)
    if found := re.fullmatch(r"(?:[a-z]+://)?([\w.-]+)(?::\d+)?/?", text):
        if found[1] == text:
            return text
        raise wrong(
            f"{shown(value)} is more than a server's name", f'write host = "{found[1]}", and the port by itself'
        )
    if text and not re.fullmatch(r"\[?[0-9a-fA-F:.]+\]?", text):  # an IPv6 address
        raise wrong(f"{shown(value)} is no server's name", 'write one such as "mail.organisation.example"')
    return text.strip("[]")


def read_from(value: object) -> Address:
    """Take a sender: an address, with a display name before it where there is one."""
    text = read_text(value)
    found = re.fullmatch(r"(?P<name>[^<>\r\n]*?)\s*<(?P<email>[^<>]*)>", text)
    if found is None:
        return Address(name="", email=read_address(text))
    return Address(name=found["name"].strip().strip('"').strip(), email=read_address(found["email"]))


def read_message_id(value: object) -> str:
    """Take a Message-ID, as the mail's header shows it (RFC 5322 3.6.4)."""
    text = read_text(value)
    if not re.fullmatch(r"<[^<>\s]+@[^<>\s]+>", text):
        raise wrong(f"{shown(text)} is no Message-ID", 'copy it from the mail\'s header, such as "<word@domain>"')
    return text


def read_leave(value: object) -> str:
    """Take what happens to a message after it is recorded: `untouched`, `flag`, or `move:` and a folder."""
    if isinstance(value, str) and (value in ("untouched", "flag") or re.fullmatch(r"move:\s*\S.*", value)):
        return "move:" + value[5:].strip() if value.startswith("move:") else value
    raise wrong(f"{shown(value)} is not known here", 'write "untouched", "flag" or "move:Folder"')


def read_digest(value: object) -> time | None:
    """Take the digest's time of day, None for no digest."""
    if value == "":
        return None
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value) if isinstance(value, str) else None
    if found is None:
        raise wrong(f"{shown(value)} is no time of day", 'write hours and minutes such as "08:00", or "" for no digest')
    return time(int(found[1]), int(found[2]))


def read_language(value: object) -> str:
    """Take a language code (ISO 639)."""
    text = read_text(value)
    if not re.fullmatch(r"[a-z]{2,3}", text):
        raise wrong(f"{shown(value)} is no language code", 'write two or three small letters, such as "fr"')
    return text


def read_url(value: object) -> str:
    """Take a web address, "" for none."""
    text = read_any_text(value)
    try:
        parts = urlsplit(text)
        good = not text or (parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text))
    except ValueError:
        good = False
    if not good:
        raise wrong(f"{shown(value)} is no web address", 'write one that starts with "https://"')
    return text


def read_secret(value: object, info: ValidationInfo) -> Secret:
    """Take where a secret comes from; the secret itself in the file is refused, since the file is passed around."""
    if isinstance(value, str):
        raise wrong("a secret must not stand in this file, which is passed around and backed up", f"write {WRITE}")
    known = ", ".join(SOURCES)
    if not isinstance(value, dict) or len(value) != 1:
        raise wrong("this does not say where the secret comes from", f"write {WRITE}")
    ((source, told),) = value.items()
    if source not in SOURCES:
        begun = next((one for one in SOURCES if source.startswith(one)), source)
        raise wrong("a secret can't come from there", meant(begun, SOURCES, f"write one of {known}"))
    if source == "command":
        if not isinstance(told, list) or not told or not all(isinstance(one, str) and one for one in told):
            raise wrong("the command is not a list of texts", 'write { command = ["pass", "show", "rsvp"] }')
        return Secret(source, tuple(told), base=base(info))
    if not isinstance(told, str) or not told.strip() or (source == "env" and re.search(r"[=\0\s]", told)):
        raise wrong(f"{source} does not name anything that a secret could come from", f"write {WRITE}")
    if source == "file":
        return Secret(source, str(read_path(told, info)))
    return Secret(source, told.strip())


def read_shared_secret(value: object, info: ValidationInfo) -> Secret:
    """Take a secret that participants are told anyway (a meeting's password), so it may stand in the file."""
    return Secret("plain", read_text(value)) if isinstance(value, str) else read_secret(value, info)


FIRST_YEAR, LAST_YEAR = 2000, 2199
"""Years in which webinars take place: others are slips of the pen, and near 1 and 9999 no time can be reckoned."""


def read_wall_clock(value: object) -> datetime:
    """Take a date and time without a zone (the event's own zone is beside it)."""
    instead = "write date and time without quotes, such as 2018-10-23T14:00:00"
    if isinstance(value, datetime):
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            raise wrong(f"{shown(value)} is in another age", instead)
        if value.tzinfo is not None:
            raise wrong(
                f"{shown(value)} carries a zone of its own", f"{instead}, as the clock on the wall shows it there"
            )
        return value
    if isinstance(value, date):
        raise wrong(f"{shown(value)} has no time of day", instead)
    raise wrong(f"{shown(value)} is not a date and time", instead)


def _as(read: Callable[..., Any]) -> BeforeValidator:
    return BeforeValidator(read)


HIDDEN = PlainSerializer(lambda _: "***", return_type=str)

Text = Annotated[str, _as(read_text)]
AnyText = Annotated[str, _as(read_any_text)]
AnyLines = Annotated[str, _as(read_any_lines)]
Texts = tuple[Text, ...]
MessageId = Annotated[str, _as(read_message_id)]
Language = Annotated[str, _as(read_language)]
EmailText = Annotated[str, _as(read_address)]
From = Annotated[Address, _as(read_from)]
Before = Annotated[Lead, _as(read_lead)]
Size = Annotated[int, _as(read_size)]
Url = Annotated[str, _as(read_url)]
FileThere = Annotated[Path, _as(read_file)]
AnyPath = Annotated[Path, _as(read_path)]
HiddenSecret = Annotated[Secret, _as(read_secret), HIDDEN]
SharedSecret = Annotated[Secret, _as(read_shared_secret), HIDDEN]
WallClock = Annotated[datetime, _as(read_wall_clock)]


def without_password(url: str) -> str:
    """Return a URL with its password, if there is one, replaced by ***."""
    return re.sub(r"(?<=://)([^/@:]*):[^/]*@", r"\1:***@", url)
