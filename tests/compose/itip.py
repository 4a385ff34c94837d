"""A small checker of calendar entries, for tests: RFC 5545 (form), 5546 (what a method asks for), 6047 (as mail).

It is written from the RFCs' tables for what mailbot sends, and returns what is wrong in words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage

Line = tuple[str, dict[str, str], str]

_LINE = re.compile(
    r'([A-Z-]+)((?:;[A-Z-]+=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,\x00-\x1f\x7f]*))*):([^\x00-\x08\x0a-\x1f\x7f]*)'
)
_PARAM = re.compile(r';([A-Z-]+)=("[^"]*"|[^";:]*)')
_TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")
_UTC = re.compile(r"\d{8}T\d{6}Z")
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")

VALUES = {
    "DTSTART": _UTC, "DTEND": _UTC, "DTSTAMP": _UTC, "SEQUENCE": re.compile(r"\d{1,9}"), "SUMMARY": _TEXT,
    "DESCRIPTION": _TEXT, "LOCATION": _TEXT, "UID": re.compile(r"[!-~]{1,255}"),
    "TRANSP": re.compile("OPAQUE|TRANSPARENT"),
    "CLASS": re.compile("PUBLIC|PRIVATE|CONFIDENTIAL"), "STATUS": re.compile("TENTATIVE|CONFIRMED|CANCELLED"),
    "ORGANIZER": re.compile(r"mailto:[!-~]+@[A-Za-z0-9.-]+"), "ATTENDEE": re.compile(r"mailto:[!-~]+@[A-Za-z0-9.-]+"),
    "URL": re.compile(r"https?://[!-~]+"), "TRIGGER": re.compile(r"-PT\d+M"), "ACTION": re.compile("DISPLAY"),
    "VERSION": re.compile(r"2\.0"), "PRODID": re.compile(r".+"), "CALSCALE": re.compile("GREGORIAN"),
    "METHOD": re.compile("REQUEST|CANCEL"),
}  # fmt: skip
"""Properties that we send, and what their values may be; all times in UTC, so that no VTIMEZONE is needed."""

EXACTLY_ONE = ("UID", "DTSTAMP", "DTSTART", "SUMMARY", "ORGANIZER", "ATTENDEE", "SEQUENCE", "STATUS")
"""RFC 5546 3.2.2 and 3.2.5; of attendees, the one whom the mail goes to, since nobody is told who else comes."""


def faults(mail: EmailMessage) -> list[str]:
    """Return what is wrong with the calendar parts of a mail; [] too where it has none."""
    parts = [part for part in mail.walk() if part.get_content_type() in ("text/calendar", "application/ics")]
    if not parts:
        return []
    kinds = [part.get_content_type() for part in parts]
    bodies = {bytes(part.get_payload(decode=True)) for part in parts}
    wrong = [f"the parts are {kinds}"] if kinds != ["text/calendar", "application/ics"] else []
    wrong += ["the two entries differ"] if len(bodies) != 1 else []
    data = bodies.pop()
    method = next((value for name, _, value in _lines(data.decode("utf-8")) if name == "METHOD"), "")
    if parts[0].get_param("method") != method or str(parts[0].get_param("charset")).lower() != "utf-8":
        wrong.append("Content-Type does not repeat method and charset (RFC 6047 2.4)")
    return [*wrong, *_form(data), *_entry(_lines(data.decode("utf-8")), method)]


def _form(data: bytes) -> Iterator[str]:
    if not data.endswith(b"\r\n") or re.search(rb"(?<!\r)\n|\r(?!\n)", data):
        yield "a line does not end in CRLF"
    if any(len(line) > 75 for line in data.split(b"\r\n")):
        yield "a line of more than 75 octets"
    for line in data.split(b"\r\n"):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            yield f"a character is torn by folding: {line!r}"
    for line in re.sub(r"\r\n[ \t]", "", data.decode("utf-8")).split("\r\n"):
        if line and not _LINE.fullmatch(line):
            yield f"not a content line: {line!r}"
        if _TURNING.search(line):
            yield f"a mark that turns the direction: {line!r}"


def _lines(text: str) -> list[Line]:
    found = (_LINE.fullmatch(line) for line in re.sub(r"\r\n[ \t]", "", text).split("\r\n"))
    return [(m[1], {p[1]: p[2].strip('"') for p in _PARAM.finditer(m[2])}, m[3]) for m in found if m]


def _entry(lines: list[Line], method: str) -> Iterator[str]:
    blocks = [f"{name}:{value}" for name, _, value in lines if name in ("BEGIN", "END")]
    alarm = ["BEGIN:VALARM", "END:VALARM"] if method == "REQUEST" else []  # RFC 5546 3.2.5: none in a CANCEL
    if blocks != ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *alarm, "END:VEVENT", "END:VCALENDAR"]:
        yield f"the components are {blocks}"
    for name, _, value in lines:
        if name not in ("BEGIN", "END") and (name not in VALUES or not VALUES[name].fullmatch(value)):
            yield f"{name} may not be {value!r}"
    event = list(_of_event(lines))
    count = Counter(name for name, _, _ in event)
    yield from (f"{name} is there {count[name]} times" for name in EXACTLY_ONE if count[name] != 1)
    yield from (f"{name} is there {n} times" for name, n in count.items() if name not in EXACTLY_ONE and n > 1)
    if not all(count[name] for name in (*EXACTLY_ONE, "DTEND")):
        return
    yield from _sense({name: (params, value) for name, params, value in event}, method)


def _of_event(lines: list[Line]) -> Iterator[Line]:
    depth: list[str] = []
    for line in lines:
        if line[0] == "BEGIN":
            depth.append(line[2])
        elif line[0] == "END":
            del depth[-1:]
        elif depth[-1:] == ["VEVENT"]:
            yield line


def _sense(event: dict[str, tuple[dict[str, str], str]], method: str) -> Iterator[str]:
    """Check what belongs together."""
    if any("TZID" in event[name][0] for name in ("DTSTART", "DTEND")):
        yield "a moment in UTC has no TZID (RFC 5545 3.2.19)"
    start, end = (datetime.strptime(event[name][1], "%Y%m%dT%H%M%S%z") for name in ("DTSTART", "DTEND"))
    if end <= start:
        yield "it ends before it begins (RFC 5545 3.8.2.2)"
    if (event["STATUS"][1] == "CANCELLED") != (method == "CANCEL"):
        yield f"a {method} with status {event['STATUS'][1]}"
    if method == "CANCEL" and event["SEQUENCE"][1] == "0":
        yield "a CANCEL that counts as no change (RFC 5546 2.1.4)"
    who = event["ATTENDEE"][0]
    if who.get("PARTSTAT") not in ("NEEDS-ACTION", "ACCEPTED", "TENTATIVE", "DECLINED"):
        yield f"PARTSTAT is {who.get('PARTSTAT')}"
    if who.get("ROLE") != "REQ-PARTICIPANT" or who.get("RSVP") not in ("TRUE", "FALSE"):
        yield "the attendee has no role, or is not told whether to answer"
    if event["ORGANIZER"][1] == event["ATTENDEE"][1]:
        yield "the organiser invites themselves"
