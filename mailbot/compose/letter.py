"""What a mail is made from: `Letter`, the `Person` whom it is about, and each value as `Shown`.

Plain data, handed down by whoever wants a mail composed. Nothing here knows a template or a language's words.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mailbot.addresses import Address
from mailbot.config import EventConfig

FIELDS = ("name", "title", "phone", "organisation", "mode", "needs_access")
"""What a mail shows of a person, in this order; the address is shown only where it isn't the recipient's own."""

SURE = 0.8
"""A value below this confidence is shown as a question (the same line that reading draws; a test holds them equal)."""

CASES = ("registered", "changed", "declined", "tentative", "calendar", "question", "event_cancelled")
"""What an acknowledgement answers to. Several people, a colleague, what is missing and who waits for a computer are
seen from `people` and `missing`, and combine with the case."""

OFFICE_CASES = {"office_seat": ("found", "changed"), "office_waiting": ("waiting", "lost")}
"""What the mails about a computer in an office say: one was found, or place or time are others than they were; none is
free yet, or the one that was found can't be kept."""

CALENDAR = {
    "guide": "request", "moved": "request", "event_cancelled": "cancel", "event_restored": "request",
    "invitation": "request", "invitation_reminder": "request",
}  # fmt: skip
"""What the mails carry for the calendar, where the letter doesn't say."""

INVITATIONS = ("invitation", "invitation_reminder")
"""Mails to people who have not registered: their entry asks, and has no link yet."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One value with its evidence: the `words` it was read from ("" where unknown), and how sure that is (0 to 1)."""

    value: str | bool
    words: str = ""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Person:
    """A participant as a mail shows them. A field that nobody gave is None.

    `phone` is E.164, or bare digits where the country can't be told; `mode` is "online" or "in_person"; `utc_offset` is
    in minutes east of UTC, from the Date header of their latest message; `values` holds the evidence by field name.
    """

    name: str | None = None
    email: str | None = None
    title: str | None = None
    phone: str | None = None
    organisation: str | None = None
    mode: str | None = None
    needs_access: bool | None = None
    utc_offset: int | None = None
    status: str = "registered"
    values: dict[str, Shown] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seat:
    """A computer in an office, kept for the person whom the mail is about; texts are "" where they aren't known.

    `contact` is the address of who looks after the computers there; `starts` and `ends` are aware: when the person may
    sit there. `zone` is the office's (IANA); where it is "" the times are told as the event's are.
    """

    office: str
    contact: str
    starts: datetime
    ends: datetime
    address: str = ""
    phone: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to compose.

    `mail` is the template's folder, `case` one of CASES (for the acknowledgement; for the mails
    about an office's computer of OFFICE_CASES; `office_seat` needs `seat`). `person` is whom the mail is
    about, `people` everybody where it is about several. `missing` names the fields still to be given. `message_id` is
    ours, `in_reply_to` and `references` are those of what they wrote, in angle brackets. `sequence` counts the changes
    of their calendar entry so far; `moved_from` is the event's former start where it has moved since they registered,
    `guide_sent` when the guide for its present start reached everybody here who is to get one. `subject` is what they
    wrote. `changed` names the fields that their message changed, `question` their question.
    `headers` are added as they are, or take the place of ours of the same name. `uid` and `calendar` ("request",
    "cancel", "none", or "" for what the mail usually carries) are for the calendar entry.
    """

    mail: str
    language: str
    event: EventConfig
    recipient: Address
    message_id: str
    now: datetime
    case: str = ""
    person: Person | None = None
    people: tuple[Person, ...] = ()
    missing: tuple[str, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    sequence: int = 0
    subject: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    changed: tuple[str, ...] = ()
    question: str = ""
    moved_from: datetime | None = None
    uid: str = ""
    calendar: str = ""
    guide_sent: datetime | None = None
    seat: Seat | None = None

    @property
    def everybody(self) -> tuple[Person, ...]:
        """The people that the mail is about, whichever way they were given."""
        return self.people or ((self.person,) if self.person else ())

    @property
    def entry(self) -> str:
        """What it carries for the calendar: "request", "cancel", or "" (as about nobody, or after the event)."""
        method = self.calendar or CALENDAR.get(self.mail, "")
        carries = method in ("request", "cancel") and bool(self.everybody) and self.now < self.event.ends
        return method if carries else ""
