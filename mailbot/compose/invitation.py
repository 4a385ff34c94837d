"""What the calendar entry that a mail carries says to its participant.

The form of the entry is `ics`'; nothing here sends it or reads what comes back.
"""

from __future__ import annotations

from datetime import timedelta

from mailbot.addresses import Address
from mailbot.compose.context import phone_text
from mailbot.compose.ics import Entry, entry_text, uid_of
from mailbot.compose.letter import INVITATIONS, Letter, Person
from mailbot.compose.words import Words
from mailbot.config import EventConfig, SmtpConfig


def entry_for(letter: Letter, words: Words, smtp: SmtpConfig) -> str:
    """Return the calendar entry that a mail carries, "" where it carries none (such as after the event)."""
    method, event = letter.entry, letter.event
    if not method:
        return ""
    person = letter.everybody[0]
    asks = letter.mail in INVITATIONS
    url = event.webex.url if person.mode != "in_person" and not asks else ""
    before = event.webex.connect_before
    entry = Entry(
        uid=letter.uid or _uid(letter, person, smtp),
        method="CANCEL" if method == "cancel" else "REQUEST",
        # A cancellation counts as one change more than what it cancels (RFC 5546 2.1.4).
        sequence=letter.sequence + (method == "cancel"),
        stamp=letter.now,
        starts=event.starts,
        ends=event.ends,
        summary=event.title_in(words.language),
        description=_details(event, words, url),
        location=url or event.place.address,
        url=url,
        organizer=Address(smtp.from_.name, smtp.from_.email),
        attendee=Address(person.name or "", letter.recipient.email),
        language=words.language,
        partstat="NEEDS-ACTION" if asks else "ACCEPTED",
        alarm=timedelta(days=before.days) + before.exact,
    )
    return entry_text(entry)


def _uid(letter: Letter, person: Person, smtp: SmtpConfig) -> str:
    """Return the UID where the letter brings none: by the person's own address, else by name under the recipient's."""
    if person.email:
        return uid_of(letter.event.slug, person.email, "", smtp.domain)
    return uid_of(letter.event.slug, letter.recipient.email, person.name or "", smtp.domain)


def _details(event: EventConfig, words: Words, url: str) -> str:
    """Return what stands in the entry's notes: title, link, meeting number and phones; never the password."""
    lines = [event.title_in(words.language)]
    if url:
        lines += [url, event.webex.meeting_number, *map(phone_text, event.webex.phone)]
    return "\n".join(filter(None, lines))
