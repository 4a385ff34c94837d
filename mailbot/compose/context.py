"""The variables that templates may use, made from a letter: texts masked, times told, labels in the language.

The classes here are what `templates/README.md` explains to organisers; their field names are the names in templates.
Nothing here renders, and nothing here decides what is recorded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from babel.numbers import format_decimal

from mailbot import schedule
from mailbot.addresses import Address, key
from mailbot.compose.letter import CASES, FIELDS, OFFICE_CASES, SURE, Letter, Person
from mailbot.compose.render import MOST, isolate, link, mask, tidy
from mailbot.compose.when import Clocks, When, address_of, date_in
from mailbot.compose.words import Words
from mailbot.config import Config, EventConfig, Secret

QUOTED = 120
"""Characters of a participant's own words that are shown beside a value."""

SENTENCE = 3
"""Words from which on a stretch says by itself how somebody takes part: "casque" alone reads oddly in a mail."""

GUIDE = "guide"
"""The mail-out that an acknowledgement announces."""

MOST_REASON = 1000
"""Characters of the reason why an event was cancelled: a paragraph, where the configuration's own bound is a page."""

OFFICE = timedelta(days=1)
"""How long before the start a computer can still be found in an office: one has to ask there, and people to travel."""


@dataclass(frozen=True, slots=True)
class Line:
    """One recorded value; `words` are those that it was read from, "" where they say the same or too little."""

    field: str
    label: str
    value: str
    words: str
    unsure: bool
    new: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person: `lines` are what is recorded, `missing` the labels to fill in; `own`: they are the recipient."""

    name: str
    email: str
    lines: tuple[Line, ...]
    missing: tuple[str, ...]
    mode: str
    status: str
    own: bool
    waiting: bool
    unsure: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """The event: `when` is its span, `place` an address or "".

    `connect` is the moment to begin connecting, `connect_now` whether it has come when the mail is written. `cancelled`
    says that it will not take place, `reason` why, "" where that is not said. `connect_lead` is "30 minutes", in the
    plural form of the language.
    """

    title: str
    place: str
    when: When
    starts: When
    connect: When
    connect_minutes: int
    connect_lead: str
    connect_now: bool
    decline: str
    cancelled: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MeetingView:
    """How to connect; texts are "" and lists empty where the configuration gives nothing."""

    url: str
    number: str
    phones: tuple[str, ...]
    mbps: str
    devices: tuple[str, ...]
    _secret: Secret | None

    @property
    def password(self) -> str:
        """The password, looked up only by a mail that says it (the sandbox keeps templates from `_secret`)."""
        return _put(self._secret.reveal()) if self._secret else ""


@dataclass(frozen=True, slots=True)
class GuideView:
    """The guide to come: `date` when it will be sent; `now` where that moment has passed and it follows at once.

    `sent` is the date when it was sent, "" where it is still to come.
    """

    date: str
    now: bool
    sent: str


@dataclass(frozen=True, slots=True)
class SeatView:
    """A computer in an office: `when` it is kept for the person, at the office's clock first; texts may be ""."""

    office: str
    address: str
    contact: str
    phone: str
    when: When


TOP = (
    "case", "event", "meeting", "people", "person", "name", "others", "several", "missing", "waiting", "unsure",
    "connects", "online", "in_person", "guide", "office", "seat", "counted", "entry", "moved", "moved_from",
    "question", "subject", "sender", "address", "language", "direction",
)  # fmt: skip
"""The names that every template may use."""

FIELDS_OF = {
    "event": EventView, "meeting": MeetingView, "person": PersonView, "one": PersonView, "line": Line,
    "guide": GuideView, "moved_from": When, "seat": SeatView,
}  # fmt: skip
"""The views behind those names, and behind the usual names of loops."""


def known_fields(name: str) -> tuple[str, ...]:
    """Return the fields of a view by the name that it has in templates, () where it has none."""
    view = FIELDS_OF.get(name)
    names = (
        [f.name for f in fields(view)] + [n for n, v in vars(view).items() if isinstance(v, property)] if view else []
    )
    return tuple(name for name in names if not name.startswith("_"))


def variables(letter: Letter, words: Words, config: Config) -> dict[str, Any]:
    """Return the variables for a letter, under the names of TOP."""
    everybody = letter.everybody
    own = [is_own(person, letter.recipient) for person in everybody]
    lead = next((p for p, mine in zip(everybody, own, strict=True) if mine), everybody[0] if everybody else None)
    clocks = Clocks(letter.event, words, lead.phone if lead else None, lead.utc_offset if lead else None, letter.now)
    people = tuple(_person(p, mine, letter, words) for p, mine in zip(everybody, own, strict=True))
    coming = [person for person in people if person.status != "declined"]
    modes = {person.mode for person in coming}
    return {
        "case": _case(letter),
        "event": _event(letter, words, clocks),
        "meeting": _meeting(letter.event, words),
        "connects": bool(letter.event.webex.url) and modes != {"in_person"},
        "people": people,
        "person": people[own.index(True) if True in own else 0] if people else None,
        "name": _put(_greeted(letter.recipient, lead if True in own else None)),
        "others": bool(people) and True not in own,
        "several": len(people) > 1,
        "missing": _asked(letter, people, words),
        "waiting": any(person.waiting for person in coming),
        "unsure": any(person.unsure for person in people),
        "online": "online" in modes,
        "in_person": "in_person" in modes,
        "guide": _guide(letter, words, coming),
        "office": letter.now < letter.event.starts - OFFICE,
        "seat": _seat(letter, clocks),
        "counted": words.counted(words.people, len(people)),
        "entry": letter.entry,
        "moved": letter.moved_from is not None,
        "moved_from": clocks.at(letter.moved_from) if letter.moved_from else None,
        "question": _put(letter.question),
        "subject": _put(letter.subject),
        "sender": _put(config.smtp.from_.name or letter.event.title_in(letter.language)),
        "address": _put(config.smtp.from_.email),
        "language": words.language,
        "direction": words.direction,
    }


def is_own(person: Person, recipient: Address) -> bool:
    """Say whether a person is the recipient: by address, else (a Reply-To that differs) by the same name."""
    if person.email and key(person.email) == recipient.key:
        return True
    names = set(_folded(person.name or "").split()), set(_folded(recipient.name).split())
    return bool(person.email) and len(names[1]) > 1 and (names[0] <= names[1] or names[1] <= names[0])


def _put(text: str, most: int = MOST) -> str:
    """Return a text from outside as it may stand in a template: masked, and in one piece whatever its direction."""
    return isolate(mask(text, most))


def _case(letter: Letter) -> str:
    """Return the case: the letter's, else what the people say; whoever registers for a cancelled event is told so."""
    if letter.mail in OFFICE_CASES:
        known = OFFICE_CASES[letter.mail]
        return letter.case if letter.case in known else known[0]
    case = letter.case if letter.case in CASES else _case_of(letter.everybody)
    return "event_cancelled" if letter.event.cancelled and case not in ("declined", "question") else case


def _case_of(people: tuple[Person, ...]) -> str:
    statuses = {person.status for person in people}
    if not people:
        return "question"
    return statuses.pop() if len(statuses) == 1 and statuses <= {"declined", "tentative"} else "registered"


def _greeted(recipient: Address, own: Person | None) -> str:
    """Return the name to greet by: as they gave it, if sure; else the mailbox's, if it looks like a person's."""
    if own is not None and own.name:
        shown = own.values.get("name")
        return own.name if shown is None or shown.confidence >= SURE else ""
    likely = " " in recipient.name and re.fullmatch(r"[^\W\d_][^\d@,;:/()<>|\"]{1,60}", recipient.name)
    return recipient.name if likely else ""


def _person(person: Person, own: bool, letter: Letter, words: Words) -> PersonView:
    single = len(letter.everybody) == 1
    missing = [f for f in (letter.missing if single else _missing(person, letter.event)) if f in words.ask]
    shown = () if own else ("email",)
    lines = tuple(line for field in (*FIELDS[:1], *shown, *FIELDS[1:]) if (line := _line(person, field, letter, words)))
    return PersonView(
        name=_put(person.name or ""),
        email=_put(person.email or ""),
        lines=lines,
        missing=tuple(words.ask[f] for f in missing),
        mode=person.mode or "",
        status=person.status,
        own=own,
        waiting=bool(person.needs_access),
        unsure=any(line.unsure for line in lines),
    )


def _asked(letter: Letter, people: tuple[PersonView, ...], words: Words) -> tuple[str, ...]:
    """Return the labels to fill in: of the one person, or of a registration where somebody hasn't registered yet."""
    if len(people) == 1:
        return people[0].missing
    return () if people else tuple(words.ask[field] for field in letter.event.required if field in words.ask)


def _missing(person: Person, event: EventConfig) -> list[str]:
    """Return the required fields that a person hasn't given; nothing is asked of somebody who isn't coming."""
    return [] if person.status == "declined" else [f for f in event.required if getattr(person, f, None) is None]


def _line(person: Person, field: str, letter: Letter, words: Words) -> Line | None:
    """Return the line that shows a field, None where nothing is recorded (or nobody needs a computer)."""
    value = getattr(person, field)
    if value is None or value == "" or (field == "needs_access" and value is False and field not in letter.changed):
        return None
    evidence = person.values.get(field)
    told = evidence.words if evidence else ""
    shown = _shown(field, value, words)
    if not tidy(shown):
        return None
    return Line(
        field=field,
        label=words.labels[field],
        value=_put(shown),
        words=_put(told, QUOTED) if differs(field, shown, told) and not _fragment(field, told) else "",
        unsure=evidence is not None and evidence.confidence < SURE,
        new=field in letter.changed,
    )


def _shown(field: str, value: str | bool, words: Words) -> str:
    if field == "needs_access":
        return words.answer["yes" if value else "no"]
    if field == "mode":
        return words.mode.get(str(value), str(value))
    return phone_text(str(value)) if field == "phone" else str(value)


def phone_text(phone: str) -> str:
    """Return a number as people write it internationally; what has no country stays as it is."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(phone), phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return phone


def differs(field: str, value: str, told: str) -> bool:
    """Say whether the words that a value was read from say something else than the value does."""
    if not told.strip():
        return False
    if field == "phone":
        digits = re.sub(r"\(0\)|\D", "", told).removeprefix("00")
        return re.sub(r"\D", "", value) not in digits
    return _folded(value) not in _folded(told)


def _fragment(field: str, told: str) -> bool:
    """Say whether words are but a piece of a sentence that nobody would know again; the registry keeps them all."""
    return field in ("mode", "needs_access") and len(told.split()) < SENTENCE


def _folded(text: str) -> str:
    """Return a text for comparison: no accents, no punctuation, one kind of space, lower case."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def _event(letter: Letter, words: Words, clocks: Clocks) -> EventView:
    event = letter.event
    before = event.webex.connect_before
    connect = event.starts - timedelta(days=before.days) - before.exact
    minutes = round((event.starts - connect).total_seconds() / 60)
    return EventView(
        title=_put(event.title_in(words.language)),
        place=_put(address_of(event, words)),
        when=clocks.span(event.starts, event.ends),
        starts=clocks.at(event.starts),
        connect=clocks.at(connect),
        connect_minutes=minutes,
        connect_lead=words.counted(words.minutes, minutes),
        connect_now=letter.now >= connect,
        decline=words.decline,
        cancelled=event.cancelled,
        reason=_put(event.because_in(words.language), MOST_REASON),
    )


def _meeting(event: EventConfig, words: Words) -> MeetingView:
    webex, needs = event.webex, event.webex.requirements
    return MeetingView(
        url=link(webex.url),
        number=_put(webex.meeting_number),
        phones=_masked(webex.phone),
        mbps=format_decimal(needs.mbps, locale=words.locale) if needs.mbps else "",
        devices=_masked(words.devices.get(device, device) for device in needs.devices),
        _secret=webex.password,
    )


def _masked(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(_put(text) for text in texts)


def _seat(letter: Letter, clocks: Clocks) -> SeatView | None:
    """Return the seat that was found, told at the office's clock where that is known."""
    seat = letter.seat
    if seat is None:
        return None
    span = (seat.starts, seat.ends)
    return SeatView(
        office=_put(seat.office),
        address=_put(seat.address),
        contact=_put(seat.contact),
        phone=_put(phone_text(seat.phone)),
        when=clocks.span_in(ZoneInfo(seat.zone), *span) if seat.zone else clocks.span(*span),
    )


def _guide(letter: Letter, words: Words, coming: list[PersonView]) -> GuideView | None:
    """Say when the guide will come, None where nobody here is to get one."""
    mailout = letter.event.mailout(GUIDE)
    modes = {person.mode for person in coming}
    if (
        mailout is None
        or not coming
        or letter.event.cancelled
        or (mailout.to != "everyone" and mailout.to not in modes)
    ):
        return None
    due = schedule.due_at(letter.event, mailout)
    date = date_in(due.astimezone(letter.event.zone), words)
    if letter.guide_sent:
        return GuideView(date, now=False, sent=date_in(letter.guide_sent.astimezone(letter.event.zone), words))
    if letter.now >= letter.event.ends or (due <= letter.now and mailout.late == "never"):
        return None
    return GuideView(date, now=due <= letter.now, sent="")
