"""What pydantic found, in words that an organiser understands.

It knows the models' shape and the file's lines; it never looks at values that may be secret.
"""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mailbot.config import values as v
from mailbot.config.model import Config
from mailbot.config.places import Path

EXAMPLES = {
    "organisers": '[organisers] with addresses = ["registrar@organisation.example"]',
    "addresses": 'addresses = ["registrar@organisation.example"]',
    "mailbox": '[[mailbox]] with host = "…", user = "…" and password = { env = "…" }, or maildir = "…"',
    "smtp": '[smtp] with host = "…", user = "…", password = { env = "…" } and from = "…"',
    "from": 'from = "Name of the organisation <rsvp@organisation.example>"',
    "event": "[[event]] with slug, title, start, end and timezone",
    "slug": 'slug = "webinar-2", a short name in small letters, digits and hyphens',
    "title": 'title = "…", or title.fr = "…" and title.en = "…"',
    "start": "start = 2018-10-23T14:00:00, as the clock on the wall shows it there",
    "end": "end = 2018-10-23T17:15:00, as the clock on the wall shows it there",
    "timezone": 'timezone = "Europe/Zurich", or another name of the IANA list',
    "name": 'name = "…"',
    "before": 'before = "7 days"',
    "languages": 'languages = ["fr", "en"]',
    "country": 'country = "SN", the two letters of ISO 3166',
    "contact": 'contact = "office@organisation.example"',
    "provider": 'provider = "microsoft365", "google" or "other"',
    "client_id": 'client_id = "…", as the provider shows it for the application',
}
"""How to write each key that has no default (a test holds the list complete)."""


def explain(error: ValidationError) -> list[tuple[Path, str, str]]:
    """Return (path, what is wrong, what to write instead) for everything that pydantic found."""
    # A list whose elements are all wrong counts as too short as well, which would only confuse.
    details = [d for d in error.errors(include_url=False) if d["type"] != "too_short" or not d["input"]]
    return [_one(detail) for detail in details]


def _one(detail: ErrorDetails) -> tuple[Path, str, str]:
    path = tuple(detail["loc"])
    key = str(path[-1]) if path else ""
    match detail["type"]:
        case "wrong":
            return path, detail["ctx"]["what"], detail["ctx"]["instead"]
        case "missing":
            return path, f'"{key}" is missing', f"write {EXAMPLES[key]}"
        case "extra_forbidden":
            return path, f'there is no key "{key}" here', _nearest_key(path)
        case "too_short":
            return path, "there is none", f"write at least one: {EXAMPLES[key]}"
        case "tuple_type":
            field = keys(table_at(path[:-1]))[key]
            tables_wanted = table_in(field.annotation) is not None
            instead = f"write [[{key}]] with two brackets" if tables_wanted else 'write a list such as ["…"]'
            return path, f"{v.shown(detail['input'])} is not a list", instead
        case "model_type" | "model_attributes_type":
            return path, f"{v.shown(detail['input'])} is not a table", "write a table: " + _keys_of(path)
    return path, detail["msg"], "see the sample configuration for this key"


def _keys_of(path: Path) -> str:
    return ", ".join(keys(table_at(path)))


def _nearest_key(path: Path) -> str:
    """Say which key was meant: one alike in this table, else the table that this key belongs into."""
    key, here = str(path[-1]), list(keys(table_at(path[:-1])))
    if near := v.nearest(key, here, least=80):
        return f'did you mean "{near}"?'
    if key in keys(Config):
        return "it belongs to the top of the file, before the first [table]"
    if homes := [header for header, table in tables() if key in keys(table)]:
        return f"it belongs into {' or '.join(homes)}"
    if near := v.nearest(key, here):
        return f'did you mean "{near}"?'
    return f"known here: {', '.join(here)}"


def keys(table: type[BaseModel]) -> dict[str, Any]:
    """Return a table's fields by the key that the file has for them."""
    return {field.alias or name: field for name, field in table.model_fields.items()}


def table_in(annotation: Any) -> type[BaseModel] | None:
    """Return the table that an annotation is made of (itself, a list of it, or it or none)."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((table for part in get_args(annotation) if (table := table_in(part))), None)


def table_at(path: Path) -> type[BaseModel]:
    """Return the table that a path leads to, or the last one on the way."""
    table: type[BaseModel] = Config
    for step in path:
        field = keys(table).get(str(step))
        table = (table_in(field.annotation) if field else None) or table
    return table


def tables(table: type[BaseModel] = Config, header: str = "") -> list[tuple[str, type[BaseModel]]]:
    """Return every table with the header that the file has for it: `[smtp]`, `[[event.mailout]]`."""
    found = [(header, table)] if header else []
    for key, field in keys(table).items():
        if inner := table_in(field.annotation):
            name = f"{header.strip('[]')}.{key}".lstrip(".")
            found += tables(inner, f"[[{name}]]" if "tuple" in str(field.annotation) else f"[{name}]")
    return found
