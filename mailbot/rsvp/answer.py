"""The values that reading a message yields: `Value`, `Answer`, `Reading`, and what the reader may know beforehand.

Plain data. Nothing here reads text, and nothing here changes once made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["registration", "decline", "question", "calendar_reply", "auto_reply", "bounce", "unrelated", "held"]
"""What one message is, as reading alone can tell (`duplicate` is known only to the registry)."""

Where = Literal["body", "signature", "header", "table", "quote", "forwarded", "attachment", "calendar"]
"""Where the words stand: the writer's own text, their signature, a message header, a table in the text, filled in
between quoted lines, a message forwarded below, a vCard or the like, a calendar part."""

FIELDS = ("email", "name", "title", "phone", "organisation", "mode", "needs_access")
"""The fields of an answer, in the order in which people look at them."""

SURE = 0.8
"""A value with at least this confidence is treated as read; below it a person is asked (calibrated, see INTERNALS)."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value with its evidence.

    `value` is text, except for `needs_access` (bool); `phone` is E.164, or bare digits where the country can't be told;
    `mode` is "online" or "in_person". `words` are the message's own words, letter for letter, and `where` they stand;
    `start` is their offset in `Reading.own_text` where they stand there, else None. `rule` names the rule that read
    them (stable, for humans and tests), `confidence` is a probability, 0 to 1.
    """

    value: str | bool
    words: str
    where: Where
    rule: str
    confidence: float
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one message says of one person. A field that the message does not give is None; nothing is guessed.

    `partstat` (RFC 5545 3.2.12: ACCEPTED, DECLINED, TENTATIVE, DELEGATED) is set by calendar replies only.
    `review` holds the reasons, as words, why a person should look (`two_phones`, `name_from_address_only`, …).
    `is_sender` says whether the person is the message's writer (else a colleague, or the head of an assistant).
    """

    email: Value | None = None
    name: Value | None = None
    title: Value | None = None
    phone: Value | None = None
    organisation: Value | None = None
    mode: Value | None = None
    needs_access: Value | None = None
    partstat: str | None = None
    review: tuple[str, ...] = ()
    is_sender: bool = True

    def values(self) -> dict[str, Value]:
        """Return the fields that are given, in the order of FIELDS."""
        return {f: v for f in FIELDS if (v := getattr(self, f)) is not None}

    @property
    def confidence(self) -> float:
        """The least confidence among the values; 1.0 where there is none."""
        return min((v.confidence for v in self.values().values()), default=1.0)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message says, whole.

    `language` is one of fr en es pt de it (or another ISO 639-1 code, `mixed`, or "" where it can't be told).
    `rule` names what decided the kind; `reason` is the held reason as a word (only for kind `held`). `question` holds
    the words of a question that the organisers should answer, whatever the kind. `correction` says that the message
    refers to an earlier registration and changes only what it says. `own_text` is the writer's own text as it was read,
    to which `Value.start` refers.
    """

    kind: Kind
    language: str = ""
    answers: tuple[Answer, ...] = ()
    rule: str = ""
    reason: str = ""
    question: str = ""
    correction: bool = False
    review: tuple[str, ...] = ()
    own_text: str = ""

    @property
    def confidence(self) -> float:
        """The least confidence among the answers; 1.0 where there is none."""
        return min((a.confidence for a in self.answers), default=1.0)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What is known beforehand: the invitation that was sent, and who sent it.

    `own_addresses` are the organisers' and the registrar's addresses, lower case: never a participant's.
    `required` are the fields that a registration should give. `subject_words` name the event in subjects.
    `invitation_texts` are the plain texts that were sent: what people quote of them is not theirs.
    """

    message_ids: frozenset[str] = frozenset()
    own_addresses: frozenset[str] = frozenset()
    invitation_texts: tuple[str, ...] = ()
    subject_words: tuple[str, ...] = ()
    required: tuple[str, ...] = ("name", "title", "phone", "organisation", "mode")
    uids: frozenset[str] = field(default_factory=frozenset)
