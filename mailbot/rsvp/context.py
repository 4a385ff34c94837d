"""What the rules may know of a message besides its words: who sent it, from which countries it may come, what we sent.

Gathered once a message, plain data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.message import Address, Message
from mailbot.rsvp import names, places, words
from mailbot.rsvp.answer import Invitation
from mailbot.rsvp.fold import fold
from mailbot.rsvp.own_words import OwnWords


@dataclass(frozen=True, slots=True)
class Context:
    """One message's surroundings. `sender` is the display name in natural order ("" where it is no person's name)."""

    address: str
    replies_to: str
    sender: str
    shown: str
    copies: tuple[Address, ...]
    language: str
    countries: tuple[tuple[str, str], ...]
    known: str
    foreign_digits: tuple[str, ...]

    @property
    def french(self) -> bool:
        """Whether the French numbering plan may be meant."""
        return self.language == "fr" or any(c in ("FR", "GP", "MQ", "RE", "GF", "YT") for c, _ in self.countries)


def gather(message: Message, invitation: Invitation, own: OwnWords, language: str) -> Context:
    """Look at headers and own words once."""
    from_ = message.from_ or Address("", "")
    replies = next((a for a in message.reply_to if a.email and a.key not in invitation.own_addresses), None)
    shown = from_.name or (replies.name if replies else "")
    sender = _person(from_.name, from_.email) or (_person(replies.name, replies.email) if replies else "")
    copies = tuple(
        a for a in (*message.cc, *message.to) if a.key not in invitation.own_addresses and a.key != from_.key
    )
    return Context(
        address=from_.email,
        replies_to=replies.email if replies else "",
        sender=sender,
        shown=shown,
        copies=copies,
        language=language,
        countries=_countries(from_.email, replies.email if replies else "", own.text, sender),
        known=_known(invitation.invitation_texts),
        foreign_digits=_digits(own.quoted, "".join(s.text for s in own.segments if s.where == "quote")),
    )


def _person(shown: str, email: str) -> str:
    """Return a display name in natural order where it may be a person's, "" for an office's or an organisation's."""
    if not shown or "@" in shown:
        return ""
    if words.of(words.scan(fold(shown)), "people.offices"):
        return ""
    bare = names.natural(shown)
    if any(p.isupper() and 2 < len(p) < 5 for p in shown.split()) and any(places.is_place(p) for p in shown.split()):
        return ""  # "UTT Saltillo": a branch, not a person
    if names.is_name(bare) or names.is_name(bare.title()) or _initialled(bare):
        return bare
    parts = bare.split()
    if len(parts) == 1 and bare.isalpha() and not bare.isupper():
        return bare
    spelled = 2 <= len(parts) <= 5 and all(p[:1].isalpha() for p in parts)
    return bare if spelled and names.fits_address(bare, email) >= 1.0 and not names.says_something_else(bare) else ""


def _initialled(bare: str) -> bool:
    return (
        names.is_partial(bare)
        and 1 < len(bare.split()) <= 4
        and bare[:1].isupper()
        and not any(c.isdigit() for c in bare)
    )


def _countries(address: str, replies_to: str, text: str, sender: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for email in (replies_to, address, *re.findall(r"[\w.+-]+@[\w.-]+\w", text)[:6]):
        country = places.of_domain(email)
        if country:
            found.append((country, "domain"))
    without_name = text.replace(sender, " ") if sender else text
    found.extend((country, "place") for country in places.in_text(without_name[:6000]))
    return tuple(dict.fromkeys(found))


@cache
def _known(texts: tuple[str, ...]) -> str:
    return fold("\n".join(" ".join(t.split()) for t in texts))


def _digits(quoted: str, answered: str) -> tuple[str, ...]:
    """Return the digits of the numbers in what is quoted: the organisers', never the writer's answer."""
    answers = re.sub(r"\D", "", answered)
    found = (re.sub(r"\D", "", n) for n in re.findall(r"\+?\d[\d .()/-]{7,}\d", quoted[:60_000]))
    return tuple(dict.fromkeys(n for n in found if len(n) >= 9 and n not in answers))[:40]
