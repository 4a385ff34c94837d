"""The calendar entry of an event for one participant: iTIP REQUEST or CANCEL as text (RFC 5545, 5546, 6047).

Times are in UTC, so that no calendar needs a zone's rules from us. It never reads what calendars answer.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import quote

from mailbot.addresses import Address, ascii_form
from mailbot.compose.headers import TURNING

ALARM = timedelta(minutes=30)
"""The alarm's lead where the event names none: what the invitation asks for."""

FOLD = 75
"""Octets of a content line without its line end (RFC 5545 3.1)."""

_LOCAL = "!$'*+-._~"
"""What a mailto: URI holds of a local part as it is, beside letters and digits."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a calendar shows. `sequence` counts moves, `stamp` is when this was written; moments are aware."""

    uid: str
    method: Literal["REQUEST", "CANCEL"]
    sequence: int
    stamp: datetime
    starts: datetime
    ends: datetime
    summary: str
    description: str
    location: str
    url: str
    organizer: Address
    attendee: Address
    language: str
    alarm: timedelta = ALARM
    partstat: str = "ACCEPTED"


def uid_of(slug: str, email: str, name: str, domain: str) -> str:
    """Return the UID of a participant's entry for an event: the same for every mail, and it tells nobody who they are.

    Somebody without an address of their own counts by name, under the address that the mail goes to.
    """
    digest = hashlib.sha256(f"{slug}\n{email.casefold()}\n{name.casefold()}".encode()).hexdigest()
    return f"{digest[:32]}@{domain}"


def method_of(text: str) -> str:
    """Return the method of an entry's text, which its content type must repeat (RFC 6047 2.4)."""
    return "CANCEL" if "\r\nMETHOD:CANCEL\r\n" in text else "REQUEST"


def entry_text(entry: Entry) -> str:
    """Return the entry as an iCalendar object with CRLF line ends."""
    cancel = entry.method == "CANCEL"
    lines = [
        "BEGIN:VCALENDAR",
        "PRODID:-//mailbot//registration//EN",
        "VERSION:2.0",
        "CALSCALE:GREGORIAN",
        f"METHOD:{entry.method}",
        "BEGIN:VEVENT",
        f"UID:{entry.uid}",
        f"SEQUENCE:{entry.sequence}",
        f"DTSTAMP:{_utc(entry.stamp)}",
        f"DTSTART:{_utc(entry.starts)}",
        f"DTEND:{_utc(entry.ends)}",
        f"SUMMARY;LANGUAGE={entry.language}:{_text(entry.summary)}",
        f"DESCRIPTION;LANGUAGE={entry.language}:{_text(entry.description)}",
        f"LOCATION:{_text(entry.location)}",
        f"ORGANIZER{_name(entry.organizer)}:{_uri(entry.organizer)}",
        # RSVP=TRUE lets Outlook send a decline back to us; whoever has registered has accepted already.
        f"ATTENDEE{_name(entry.attendee)};CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={entry.partstat};RSVP=TRUE"
        f":{_uri(entry.attendee)}",
        f"STATUS:{'CANCELLED' if cancel else 'CONFIRMED'}",
        "TRANSP:OPAQUE",
        "CLASS:PUBLIC",
    ]
    if entry.url:
        lines.append(f"URL:{entry.url}")
    if not cancel:
        minutes = int(entry.alarm.total_seconds() // 60)
        lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{minutes}M"]
        lines += [f"DESCRIPTION:{_text(entry.summary)}", "END:VALARM"]
    lines += ["END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join(map(_folded, lines))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """Escape a TEXT value (RFC 5545 3.3.11)."""
    value = "\n".join(map(_plain, value.replace("\r\n", "\n").split("\n")))
    return value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _name(address: Address) -> str:
    """Return the CN parameter: quoted, and without what a quoted parameter can't hold (RFC 5545 3.2)."""
    name = _plain(address.name).replace('"', "'").strip()
    return f';CN="{name}"' if name else ""


def _plain(text: str) -> str:
    """Return a line without control characters (RFC 5545 3.1) and marks that turn the direction of what follows."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text if c not in TURNING)


def _uri(address: Address) -> str:
    """Return a calendar user's address: an ASCII URI, whatever the local part is made of (RFC 6068 2)."""
    local, at, domain = ascii_form(address.email).rpartition("@")
    return f"mailto:{quote(local, safe=_LOCAL, errors='replace')}{at}{quote(domain, safe='', errors='replace')}"


def _folded(line: str) -> str:
    """Fold a content line after at most FOLD octets, never inside a character."""
    pieces, piece, size = [], "", 0
    for char in line:
        octets = len(char.encode("utf-8"))
        if size + octets > FOLD:
            pieces.append(piece)
            piece, size = " ", 1
        piece, size = piece + char, size + octets
    return "\r\n".join([*pieces, piece])
