"""Bytes in, a message we can read out: odd mail is data, not an error.

`read(raw)` never raises and its cost is bounded by `Limits`. It decodes; it does not judge: what kind of message it is
and what it says belongs to the floors above. It never touches a network, a file or a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: display name (decoded, "" where none) and address as written ("" where unreadable)."""

    name: str
    email: str

    @property
    def key(self) -> str:
        """The address for comparison: lower case."""
        return self.email.casefold()


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree, decoded from its transfer encoding.

    `path` is the position in the tree ("1.2"); `content_type` is lower case; `params` its parameters, lower-case names;
    `text` is the decoded text of text/* parts, else "".
    """

    path: str
    content_type: str
    params: dict[str, str]
    disposition: str
    filename: str
    payload: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A received message, decoded.

    `headers` are (lower-case name, decoded value) in order, topmost first. `text` and `html` are the message's own body,
    never that of an attached message. `date` is aware (the offset as written) or None. `nested` are attached messages
    (message/rfc822, one level; text/rfc822-headers as a message with headers only). `defects` are words that say what
    was odd; `held` is the word that says why it can't be read (`too_large`, `too_deep`, `encrypted`, …), else "".
    """

    size: int
    headers: tuple[tuple[str, str], ...]
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: datetime | None
    subject: str
    from_: Address | None
    sender: Address | None
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    content_type: str
    text: str
    html: str
    parts: tuple[Part, ...]
    nested: tuple[Message, ...]
    defects: tuple[str, ...] = ()
    held: str = ""

    def header(self, name: str) -> str:
        """Return the topmost value of a header, "" where it is missing; `name` in any case."""
        name = name.lower()
        return next((v for n, v in self.headers if n == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Return every value of a header, topmost first."""
        name = name.lower()
        return tuple(v for n, v in self.headers if n == name)
