"""Answers of calendar programs to an invitation (iMIP: RFC 5546 3.2.3 and 3.2.7 in RFC 6047 parts).

Reads METHOD:REPLY and METHOD:COUNTER; an invitation that somebody forwards (REQUEST) is no answer. It never builds
calendar entries, and never looks at anything of the entry but who answers, what, to which meeting, and which other time
they propose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from babel.core import get_global

from mailbot import addresses, phrases
from mailbot.message import Address, Message, Part
from mailbot.rsvp.answer import Answer, Invitation, Reading, Value

MAX_TEXT = 200_000
"""Characters of a calendar part that are read: a reply has 2 KB, with a time zone's history 20 KB."""

COUNTER = "counter_proposal"
"""The review word of who proposes another time; behind a colon stands which."""

_TYPES = ("text/calendar", "application/ics", "text/x-vcalendar", "application/calendar")
_METHODS = ("REPLY", "COUNTER")
_STATES = ("ACCEPTED", "DECLINED", "TENTATIVE", "DELEGATED")
_SUBJECTS = {"accepted_subject": "ACCEPTED", "declined_subject": "DECLINED", "tentative_subject": "TENTATIVE"}
_LINE = re.compile(r'([A-Za-z0-9-]{1,60})((?:;[^":;]{1,80}=(?:"[^"]*"|[^":;]*)(?:,(?:"[^"]*"|[^":;,]*))*)*):(.*)', re.S)
_PARAM = re.compile(r';([A-Za-z0-9-]{1,60})=("[^"]*"|[^";]*)')
_MAILTO = re.compile(r"^mailto:", re.I)
_ESCAPED = re.compile(r"\\+([nN,;\\])")
_STARTS = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(?P<hour>\d\d)(\d\d)(?:\d\d)?(?P<utc>Z?))?")
_QUESTION = re.compile(r"[^.!?\n]{2,300}\?")


@dataclass(frozen=True, slots=True)
class _Attendee:
    email: str
    name: str
    state: str
    words: str
    delegate: str


@dataclass(frozen=True, slots=True)
class _Entry:
    """What of a calendar entry matters here."""

    method: str
    uid: str
    summary: str
    comment: str
    attendees: tuple[_Attendee, ...]
    starts: str = ""


def read(message: Message, invitation: Invitation) -> Reading | None:
    """Return what a calendar's answer says, None where the message is none."""
    for part in message.parts:
        if _is_calendar(part) and (entry := _entry(part)) is not None:
            return _reading(message, invitation, entry)
    return _in_words(message, invitation)


def answered_uid(message: Message) -> str:
    """Return the UID of the entry that a calendar answers, "" where the message is no such answer."""
    entries = (entry for part in message.parts if _is_calendar(part) and (entry := _entry(part)) is not None)
    return next((entry.uid for entry in entries), "")


def _is_calendar(part: Part) -> bool:
    return part.content_type in _TYPES or part.filename.casefold().endswith((".ics", ".ical", ".vcs"))


# ---------------------------------------------------------------- the calendar part


def _entry(part: Part) -> _Entry | None:
    """Read a part that answers; None where it is an invitation, a cancellation or no calendar at all."""
    text = (part.text or part.payload.decode("utf-8", "replace"))[:MAX_TEXT]
    rows = list(_rows(text))
    said = next((value for name, _, value in rows if name == "METHOD"), "") or part.params.get("method", "")
    method = said.strip().upper()
    if method not in _METHODS:
        return None
    inside = list(_event_rows(rows))
    values: dict[str, str] = {}
    for name, _, value in inside:
        values.setdefault(name, value)
    people = tuple(_attendee(p, v) for name, p, v in inside if name == "ATTENDEE")
    comment = "\n".join(_plain(v) for name, _, v in inside if name == "COMMENT").strip()
    starts = next((_moment(p, v) for name, p, v in inside if name == "DTSTART"), "")
    return _Entry(method, values.get("UID", "").strip(), _plain(values.get("SUMMARY", "")), comment, people, starts)


def _rows(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield (name, parameters, value) of each content line, unfolded (RFC 5545 3.1); odd lines are left out."""
    text = re.sub(r"\n[ \t]", "", text.replace("\r\n", "\n").replace("\r", "\n"))
    for line in text.split("\n"):
        if found := _LINE.match(line[:20_000]):
            params = {m[1].upper(): m[2].strip('"') for m in _PARAM.finditer(found[2])}
            yield found[1].upper(), params, found[3]


def _event_rows(
    rows: list[tuple[str, dict[str, str], str]],
) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield the lines of the first VEVENT or VTODO, without what is nested in it (alarms) or before it (time zones)."""
    within: list[str] = []
    for name, params, value in rows:
        if name == "BEGIN":
            within.append(value.strip().upper())
        elif name == "END":
            if within and within[-1] in ("VEVENT", "VTODO"):
                return
            del within[-1:]
        elif within and within[-1] in ("VEVENT", "VTODO"):
            yield name, params, value


def _plain(value: str) -> str:
    """Return a TEXT value without its escapes; some programs escape twice."""
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value).strip()


def _moment(params: dict[str, str], value: str) -> str:
    """Return a DTSTART (RFC 5545 3.3.5) in ISO 8601, in UTC where its zone is known, without any space; "" if odd.

    Outlook names zones as Windows does; of a zone that nobody knows the name stays beside the time.
    """
    found = _STARTS.fullmatch(value.strip())
    if found is None:
        return ""
    try:
        form = "%Y%m%d%H%M" if found["hour"] else "%Y%m%d"
        wall = datetime.strptime("".join(filter(None, found.groups()[:5])), form)  # noqa: DTZ007 -- a wall clock's
    except ValueError:
        return ""
    if not found["hour"]:
        return wall.date().isoformat()
    zone = _zone("UTC" if found["utc"] else params.get("TZID", ""))
    if zone is not None:
        try:
            there = wall.replace(tzinfo=zone).astimezone(UTC)
            return there.isoformat(timespec="minutes").replace("+00:00", "Z")
        except OverflowError:  # the first and the last day that there is
            return ""
    name = re.sub(r"[^!-~]+", "_", params.get("TZID", ""))[:60]
    return wall.isoformat(timespec="minutes") + (f"_{name}" if name else "")


def _zone(name: str) -> ZoneInfo | None:
    """Return a zone by its IANA or Windows name, None for any other."""
    name = name.strip().strip('"')
    known = get_global("windows_zone_mapping").get(name, name)
    # Libical and others put a path before the name: /freeassociation.sourceforge.net/Europe/Zurich.
    for candidate in (known, "/".join(known.split("/")[-2:])):
        try:
            return ZoneInfo(candidate) if candidate else None
        except (KeyError, ValueError, OSError):  # what is no zone, no name, or a folder
            continue
    return None


def _attendee(params: dict[str, str], value: str) -> _Attendee:
    email = _address(value)
    if "@" not in email and "@" in params.get("EMAIL", ""):
        email = params["EMAIL"].strip()
    name = _plain(params.get("CN", "")).strip("'\" ")
    # Notes writes the whole hierarchical name: CN=Anna Berg/OU=Oslo/O=Union.
    name = "" if "@" in name else re.sub(r"^CN=", "", name.split("/")[0]).strip()
    delegate = _address(params.get("DELEGATED-TO", ""))
    return _Attendee(email, name, params.get("PARTSTAT", "").strip().upper(), value.strip(), delegate)


def _address(value: str) -> str:
    """Return the address of a mailto: URI (RFC 6068: some programs write what isn't a letter as %XX)."""
    bare = _MAILTO.sub("", value.strip())
    if bare == value.strip():
        return bare.strip("<> ")
    whole = unquote(bare.partition("?")[0], errors="replace")
    return whole.strip("<> ") if addresses.is_address(whole) else bare.strip("<> ")


# ---------------------------------------------------------------- what it says


def _reading(message: Message, invitation: Invitation, entry: _Entry) -> Reading:
    who, reviews = _who(message, entry)
    state, rule = who.state, f"calendar_{entry.method.lower()}"
    if state not in _STATES:
        state = _state_of_subject(message) or ("TENTATIVE" if entry.method == "COUNTER" else "")
    own_text = entry.comment or message.text.strip()
    if not state:
        return Reading(kind="held", rule=rule, reason="no_partstat", own_text=own_text)
    if entry.method == "COUNTER":
        reviews += (f"{COUNTER}:{entry.starts}" if entry.starts else COUNTER,)
    if state == "DELEGATED":
        reviews += ("delegated",)
    if not _ours(message, invitation, entry):
        reviews += ("other_event",)
    asked = _QUESTION.search(entry.comment)
    answer = replace(_answer(message, who), partstat=state, review=reviews)
    question = asked[0].strip() if asked else ""
    return Reading("calendar_reply", answers=(answer,), rule=rule, question=question, own_text=own_text)


def _who(message: Message, entry: _Entry) -> tuple[_Attendee, tuple[str, ...]]:
    """Return who of the attendees answers: a reply names one (RFC 5546 3.2.3); some programs list all."""
    writers = [a for a in (*message.reply_to, message.from_, message.sender) if a]
    keys = {a.key for a in writers}
    people = [a for a in entry.attendees if "@" in a.email]
    for person in people:
        if addresses.key(person.email) in keys:
            return person, ()
    decided = [a for a in people if a.state in _STATES] or people
    if len(decided) == 1:
        # Invited at one address, answering from another: the address that was invited is the one that answers.
        return decided[0], ()
    state = decided[0].state if decided else ""
    unnamed = entry.attendees[0] if entry.attendees and not people else None
    name = unnamed.name if unnamed else ""
    return _Attendee("", name, unnamed.state if unnamed else state, "", ""), ("many_people",) if decided else ()


def _answer(message: Message, who: _Attendee) -> Answer:
    writer = next((a for a in (*message.reply_to, message.from_) if a and a.email), None)
    if who.email:
        email: Value | None = Value(who.email, who.words, "calendar", "calendar_attendee", 0.98)
    else:
        email = Value(writer.email, writer.email, "header", "sender_address", 0.9) if writer else None
    if who.name:
        name: Value | None = Value(who.name, who.name, "calendar", "calendar_name", 0.95)
    else:
        name = _from_name(message, who.email)
    is_sender = writer is None or not who.email or writer.key == addresses.key(who.email)
    return Answer(email=email, name=name, is_sender=is_sender)


def _from_name(message: Message, email: str) -> Value | None:
    """Return the name in From or Reply-To, where it is the attendee's own address or no address is known."""
    named: list[Address] = [a for a in (message.from_, *message.reply_to) if a and a.name and "@" not in a.name]
    same = [a for a in named if not email or a.key == addresses.key(email)] or named
    return Value(same[0].name, same[0].name, "header", "sender_name", 0.9) if same else None


def _state_of_subject(message: Message) -> str:
    subject = phrases.fold(message.subject)
    return next((state for topic, state in _SUBJECTS.items() if phrases.opens(topic, subject)), "")


def _ours(message: Message, invitation: Invitation, entry: _Entry) -> bool:
    """Say whether the answer is to our invitation: by UID, else by the thread, else by the title's words."""
    if entry.uid and entry.uid in invitation.uids:
        return True
    if invitation.message_ids & {*message.in_reply_to, *message.references}:
        return True
    if not invitation.subject_words:
        return True
    title = phrases.fold(f"{entry.summary}\n{message.subject}")
    return any(phrases.fold(word) in title for word in invitation.subject_words)


# ---------------------------------------------------------------- answers whose calendar part is lost


def _in_words(message: Message, invitation: Invitation) -> Reading | None:
    """Read an answer by the program's own sentence, where a gateway has taken the calendar part away."""
    state = _state_of_subject(message)
    if not state:
        return None
    text = phrases.plain(message)
    said = phrases.find("answered", phrases.fold(text))
    empty = not text.strip() and "calendar" in message.header("content-class") + message.header("x-mailer").casefold()
    entry = _Entry("REPLY", "", "", "", ())
    if not (said or empty) or not _ours(message, invitation, entry):
        return None
    answer = replace(_answer(message, _Attendee("", "", state, "", "")), partstat=state, review=("no_calendar_part",))
    return Reading("calendar_reply", answers=(answer,), rule="calendar_words", own_text=text)
