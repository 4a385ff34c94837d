"""What no single value shows: values that contradict each other.

These checks read the file's plain values, not the models, so that they also speak where other values are wrong: what
they need and don't find as it should be, they pass over, since the models have said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from zoneinfo import ZoneInfo

from mailbot import tokens
from mailbot.config.checks import known_zones
from mailbot.config.places import Path
from mailbot.config.wallclock import comes, gap

MAX_LOCAL = 64
"""Characters that an address may have before the @ (RFC 5321 section 4.5.3.1.1)."""

Found = tuple[Path, str, str]
"""Where, what, and what to write instead."""


def contradictions(data: dict[str, Any]) -> Iterator[Found]:
    """Yield every contradiction in the file's values."""
    mailboxes, events = tables(data, "mailbox"), tables(data, "event")
    for number, mailbox in mailboxes:
        yield from _server(mailbox, ("mailbox", number))
        yield from _mailbox(mailbox, ("mailbox", number))
    names = [(("mailbox", n), mailbox_name(m)) for n, m in mailboxes]
    yield from twice(names, "a mailbox", 'leave one of them out, or give it a name = "…" of its own')
    if isinstance(smtp := data.get("smtp"), dict):
        yield from _server(smtp, ("smtp",))
        yield from _way_out(smtp, mailboxes)
    for number, event in events:
        yield from _event(event, ("event", number))
    slugs = [(("event", n, "slug"), e.get("slug")) for n, e in events]
    yield from twice(slugs, "an event", "give each event a slug of its own")
    yield from _twice_in_list(data.get("languages"), ("languages",))
    yield from _retention(table(data, "retention"))


def table(data: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a table of the file, empty where it is none."""
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def tables(data: dict[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    """Return the tables of a list in the file, each with its position; what is no table is left out."""
    found = data.get(key)
    return [(n, one) for n, one in enumerate(found) if isinstance(one, dict)] if isinstance(found, list) else []


def twice(named: Sequence[tuple[Path, Any]], what: str, instead: str) -> Iterator[Found]:
    """Yield every value that an earlier one has already."""
    seen = set()
    for path, value in named:
        if isinstance(value, str) and value:
            if value.casefold() in seen:
                yield path, f'there is {what} "{value}" already', instead
            seen.add(value.casefold())


def _twice_in_list(values: object, path: Path) -> Iterator[Found]:
    if isinstance(values, list):
        yield from twice([((*path, n), value) for n, value in enumerate(values)], "the entry", "leave it out here")


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine itself."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() in ("localhost", "localhost.localdomain", "ip6-localhost")


def _server(server: dict[str, Any], path: Path) -> Iterator[Found]:
    host, maildir, user = server.get("host") or "", server.get("maildir") or "", server.get("user") or ""
    if host and maildir:
        yield (
            (*path, "maildir"),
            "both host and maildir are given",
            "keep one: a server, or a folder of messages",
        )
    elif not host and not maildir:
        yield (
            path,
            "neither host nor maildir is given",
            'write host = "mail.organisation.example", or maildir = "folder"',
        )
    if server.get("security") == "none" and isinstance(host, str) and host and not is_loopback(host):
        why = f"without encryption everybody between here and {host} could read passwords and mail"
        yield (
            (*path, "security"),
            why,
            'write "tls" or "starttls" ("none" is for this machine itself, such as 127.0.0.1)',
        )
    if "password" in server and "oauth2" in server:
        yield (*path, "oauth2"), "both password and oauth2 are given", "keep one of them"
    elif host and isinstance(user, str) and user and "password" not in server and "oauth2" not in server:
        how = 'write password = { env = "NAME" }, or user = "" where the server wants no sign-in'
        yield (*path, "user"), "nothing says how to sign in", how
    if "oauth2" in server:
        if not user:
            yield (*path, "oauth2"), "user is missing", "write the address of the mailbox, which OAuth 2.0 signs in to"
        yield from _oauth2(table(server, "oauth2"), (*path, "oauth2"))


def _oauth2(oauth2: dict[str, Any], path: Path) -> Iterator[Found]:
    provider = oauth2.get("provider")
    alone = "refresh_token" not in oauth2  # the application signs itself in, which "common" as tenant does not allow
    if provider == "microsoft365" and alone and not oauth2.get("tenant"):
        yield path, '"tenant" is missing', 'write tenant = "…", the directory\'s id or domain'
    if provider == "google" and alone:
        yield path, '"refresh_token" is missing', 'write refresh_token = { file = "…" }'
    if provider == "other" and not oauth2.get("token_url"):
        yield path, '"token_url" is missing', 'write token_url = "https://…", where tokens are asked for'
    if provider != "google" and alone and "client_secret" not in oauth2:
        yield path, "neither client_secret nor refresh_token is given", 'write client_secret = { env = "NAME" }'


def mailbox_name(mailbox: dict[str, Any]) -> str:
    """Return a mailbox's name: the one given, else `user@host/folder` or the Maildir's folder name; "" if unclear."""
    told = [mailbox.get(key) or "" for key in ("name", "maildir", "user", "host")]
    name, maildir, user, host = (one.strip() if isinstance(one, str) else "" for one in told)
    if name or maildir:
        return name or maildir.rstrip("/").rpartition("/")[2]
    account = user if "@" in user else f"{user}@{host}" if user else host
    return f"{account}/{mailbox.get('folder', 'INBOX')}" if host else ""


def _mailbox(mailbox: dict[str, Any], path: Path) -> Iterator[Found]:
    leave, folder = mailbox.get("leave"), mailbox.get("folder", "INBOX")
    if isinstance(leave, str) and leave.startswith("move:") and leave[5:].strip() == folder:
        yield (*path, "leave"), f'messages would move to "{folder}", where they are', "name another folder"


def _way_out(smtp: dict[str, Any], mailboxes: list[tuple[int, dict[str, Any]]]) -> Iterator[Found]:
    on_server = any(mailbox.get("host") for _, mailbox in mailboxes)
    if smtp.get("evidence") == "sent" and not on_server and not smtp.get("maildir"):
        why = "there is no mailbox on a server, and so no Sent folder to look at"
        yield ("smtp", "evidence"), why, 'write "copy" or "none"'
    yield from _room_for_plus(smtp)
    for number, mailbox in mailboxes:
        if mailbox.get("maildir") and mailbox["maildir"] == smtp.get("maildir"):
            where: Path = ("mailbox", number, "maildir")
            yield where, "mailbot would read the mail that it writes itself", "name another folder"


def _room_for_plus(smtp: dict[str, Any]) -> Iterator[Found]:
    """Say where a token behind a plus would make the sender's address too long for servers."""
    sender = smtp.get("from")
    local = sender.rpartition("@")[0].rpartition("<")[2].strip() if isinstance(sender, str) else ""
    room = MAX_LOCAL - len(tokens.plus_address("@", tokens.REPLY, "x" * tokens.LENGTH)) + len("@")
    for name in ("envelope_sender", "reply_to"):
        if smtp.get(name) == "plus" and len(local) > room:
            why = f'"{local}" is too long for a token behind a plus: servers take {MAX_LOCAL} characters before the @'
            yield ("smtp", name), why, f'write "plain", or send from an address with at most {room} before the @'


def _event(event: dict[str, Any], path: Path) -> Iterator[Found]:
    zone = event.get("timezone")
    start, end = (w if isinstance(w := event.get(key), datetime) and not w.tzinfo else None for key in ("start", "end"))
    if start and end and end <= start:
        yield (*path, "end"), f"the end, {end.isoformat()}, is not after the start", "write a later time"
    if isinstance(zone, str) and zone in known_zones():
        for key, wall in (("start", start), ("end", end)):
            if wall:
                yield from _clock_change(wall, ZoneInfo(zone), (*path, key))
    yield from _twice_in_list(event.get("required"), (*path, "required"))
    if event.get("cancelled_because") and event.get("cancelled", False) is False:
        why = "a reason is given, but the event is not cancelled"
        yield (*path, "cancelled_because"), why, "write cancelled = true as well, or leave the reason out"
    mailouts = tables(event, "mailout")
    names = [((*path, "mailout", n, "name"), m.get("name")) for n, m in mailouts]
    yield from twice(names, "a mail-out", "give each mail-out of an event a name of its own")


def _clock_change(wall: datetime, zone: ZoneInfo, path: Path) -> Iterator[Found]:
    """Say why a wall-clock time at a clock change is no moment, or two."""
    match comes(wall, zone):
        case "never":
            last, first = gap(wall, zone)
            shape = "%H:%M" if last.date() == first.date() else "%Y-%m-%d %H:%M"
            change = f"after {last:{shape}} the clock is set forward to {first:{shape}}"
            why = f"{wall.isoformat()} never comes in {zone}: {change}"
            yield path, why, f"write {first.isoformat()} or later"
        case "twice":
            why = f"{wall.isoformat()} comes twice in {zone}, since the clock is set back"
            yield path, why, "write a time before or after that hour"


def _retention(retention: dict[str, Any]) -> Iterator[Found]:
    raw, registry = retention.get("raw_days", 90), retention.get("registry_days", 365)
    if isinstance(raw, int) and isinstance(registry, int) and raw > registry:
        why = f"messages would stay for {raw} days, longer than the registry that was read from them ({registry} days)"
        yield ("retention", "raw_days"), why, f"write at most {registry}"
