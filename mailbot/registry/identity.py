"""Who is meant: finds the participant that an answer speaks of, among those of the event.

An address says it best; people who share an address, and colleagues without one, are told apart by name. Two rows are
never merged on a likeness alone: when it can't be told who is meant, a person is asked (Held).
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Sequence

import sqlalchemy as sa
from rapidfuzz.distance import Levenshtein
from sqlalchemy.orm import Session

from mailbot.addresses import domain, key
from mailbot.errors import Held
from mailbot.misspelt import PROVIDERS
from mailbot.models import Fact, Participant
from mailbot.rsvp.answer import Answer

SLIPS = 1  # letters by which a word may be another and still the same one with a typing error …
SLIPS_FROM = 5  # … where it has at least so many: Ali and Aly may be brothers
MOST_ALIKE = 20  # people of one name that are looked at
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "ß": "ss"})


@functools.lru_cache(maxsize=16_384)
def folded(name: str) -> str:
    """Return a name for comparison: lower case, no accents, words sorted."""
    # Decomposed, folded and decomposed again: the compatibility caseless match of Unicode's section 3.13.
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold()).casefold()
    plain = unicodedata.normalize("NFKD", lower.translate(_LETTERS))
    words = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c)).split()
    return " ".join(sorted(words))


def alike(a: str | None, b: str | None) -> bool:
    """Return whether two names are one person's: the same words, one name the shorter form of the other, or a typo."""
    left, right = folded(a or ""), folded(b or "")
    if not left or not right:
        return False
    words = set(left.split()), set(right.split())
    return words[0] <= words[1] or words[1] <= words[0] or _mistyped(left.split(), right.split())


def _mistyped(left: list[str], right: list[str]) -> bool:
    """Return whether two names differ by slips only.

    Not at a word's end: Mario and Maria, or Jean and Jeanne, who share an address, are two people.
    """
    if len(left) != len(right):
        return False
    return all(
        a == b or (a[-1] == b[-1] and max(len(a), len(b)) >= SLIPS_FROM and Levenshtein.distance(a, b) <= SLIPS)
        for a, b in zip(left, right, strict=True)
    )


def identity_of(answer: Answer, sender: str, received_id: int, *, shared: bool) -> str:
    """Return the identity of a new participant; `shared` when another one already has the same address."""
    name = folded(str(answer.name.value)) if answer.name else ""
    if answer.email:
        own = key(str(answer.email.value))
        return f"mailto:{own}#{name or received_id}" if shared else f"mailto:{own}"
    return f"name:{name}|{sender}" if name else f"message:{received_id}|{sender}"


HIGHEST = "highest participant"
"""The fact that keeps the highest number of a participant who was forgotten."""


def fresh_number(session: Session) -> int | None:
    """Return a number that no participant ever had; None where the database knows by itself.

    SQLite gives the highest one again once its row is gone. It stands in our mails' tokens, and a forgotten person's
    mail must not prove somebody else.
    """
    gone = session.get(Fact, HIGHEST)
    if gone is None or session.get_bind().dialect.name != "sqlite":
        return None
    return max(session.scalar(sa.select(sa.func.max(Participant.id))) or 0, int(gone.value)) + 1


def by_address(session: Session, event: str, address: str) -> list[Participant]:
    """Return the participants with this address of their own, the one registered first at the top."""
    own = f"mailto:{key(address)}"
    same = sa.or_(Participant.identity == own, Participant.identity.startswith(own + "#", autoescape=True))
    query = sa.select(Participant).where(Participant.event == event, same)
    return list(session.scalars(query.order_by(Participant.id)))


def by_sender(session: Session, event: str, sender: str) -> list[Participant]:
    """Return the participants to whom mail goes by way of this address, themselves included."""
    query = sa.select(Participant).where(
        Participant.event == event, sa.func.lower(Participant.write_to) == sender.lower()
    )
    return list(session.scalars(query.order_by(Participant.id)))


def find(
    session: Session,
    event: str,
    answer: Answer,
    sender: str,
    *,
    correction: bool = False,
    proven: Sequence[Participant] = (),
) -> Participant | None:
    """Return the participant whom an answer of a registration speaks of; None for somebody new.

    Raises Held when it could be several who share an address. A correction may be one of the name itself. `proven` are
    those whose mail from us the message answers: they are known by that from any address.
    """
    found = _known(session, event, answer, sender, correction=correction)
    if found is not None or not proven:
        return found
    if answer.name:
        return next((p for p in proven if alike(p.name, str(answer.name.value))), None)
    # Without a name it may be somebody to whom our mail was passed on, unless it speaks of what is registered.
    return proven[0] if len(proven) == 1 and answer.is_sender and correction else None


def _known(session: Session, event: str, answer: Answer, sender: str, *, correction: bool) -> Participant | None:
    name = str(answer.name.value) if answer.name else ""
    near = by_sender(session, event, sender)
    if answer.email:
        same = by_address(session, event, str(answer.email.value))
        if found := _by_name(same, name):
            return found
        if len(same) == 1 and ((correction and answer.is_sender) or answer.partstat):
            return same[0]  # a calendar knows people by their address; the name that it shows is a program's
        # A colleague who was registered without an address of their own gets one now.
        return next((p for p in near if p.email is None and alike(p.name, name)), None)
    if name:
        return next((p for p in near if alike(p.name, name)), None)
    return next((p for p in near if p.email and key(p.email) == key(sender)), None) if answer.is_sender else None


def _by_name(same: list[Participant], name: str) -> Participant | None:
    """Choose among people with one address: by name, else the one whose name isn't known, else the only one."""
    if len(same) > 1 and not name:
        raise Held("whom_does_it_mean", ", ".join(p.name or p.identity for p in same[:5]))
    if not same or not name:
        return same[0] if same else None
    named = next((p for p in same if alike(p.name, name)), None)
    return named or next((p for p in same if not p.name), None)


def find_to_cancel(
    session: Session, event: str, answer: Answer, sender: str, proven: Sequence[Participant] = ()
) -> Participant | None:
    """Return the participant who cancels; None when nobody is registered whom it could mean.

    Raises Held when it could be several: an assistant who registered three people and writes "I must cancel".
    """
    found = _known_to_cancel(session, event, answer, sender)
    if found is not None or not proven:
        return found
    named = [p for p in proven if answer.name is None or alike(p.name, str(answer.name.value))]
    if len(named) > 1:
        raise Held("whom_does_it_mean", ", ".join(p.name or p.identity for p in named[:5]))
    return named[0] if named else None


def _known_to_cancel(session: Session, event: str, answer: Answer, sender: str) -> Participant | None:
    name = str(answer.name.value) if answer.name else ""
    address = str(answer.email.value) if answer.email else sender
    own = by_address(session, event, address)
    if len(own) == 1 and (answer.is_sender or not name or alike(own[0].name, name)):
        return own[0]
    near = own or by_sender(session, event, sender)
    if name and (named := [p for p in near if alike(p.name, name)]):
        near = named
    if len(near) > 1:
        raise Held("whom_does_it_mean", ", ".join(p.name or p.identity for p in near[:5]))
    if near and name and near[0].name and not alike(near[0].name, name):
        return None  # the writer only registered somebody else, and declines for themselves
    if near and answer.email and near[0].email and key(near[0].email) != key(address):
        return None  # somebody else's address: the writer comes all the same
    return near[0] if near else None


def of_that_name(session: Session, event: str, name: str) -> list[Participant]:
    """Return those who come and whose name is like this one, of at least two words: a first name alone is nobody's."""
    if len(folded(name).split()) < 2:
        return []
    query = sa.select(Participant.id, Participant.name).where(
        Participant.event == event, Participant.name.is_not(None), Participant.status != "declined"
    )
    named = [(id_, own) for id_, own in session.execute(query) if len(folded(own).split()) > 1 and alike(own, name)]
    found = sa.select(Participant).where(Participant.id.in_([id_ for id_, _ in named[:MOST_ALIKE]]))
    return list(session.scalars(found.order_by(Participant.id))) if named else []


def may_be_one(session: Session, event: str, answer: Answer) -> list[Participant]:
    """Return participants at other addresses who may be the person that an answer speaks of.

    The name is like theirs, and the phone, the organisation or the mail domain is the same, or no organisation is said
    that would tell them apart. That is a likeness: it says that somebody should look, and never that the two are one.
    """
    if answer.name is None:
        return []
    given = {n: str(v.value) for n, v in answer.values().items()}
    found = of_that_name(session, event, given["name"])
    return [p for p in found if _shares(p, given) and not (p.email and key(p.email) == key(given.get("email", "")))]


def _shares(person: Participant, given: dict[str, str]) -> bool:
    if person.phone and person.phone == given.get("phone"):
        return True
    theirs, said = folded(person.organisation or "").split(), folded(given.get("organisation", "")).split()
    if not said or (theirs and (set(theirs) <= set(said) or set(said) <= set(theirs))):
        return True
    host = domain(person.email or "")
    return bool(host) and host not in PROVIDERS and host == domain(given.get("email", ""))
