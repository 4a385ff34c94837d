"""The values that reading bytes yields: `Message`, its `Part`s, and the `Limits` of what is looked at.

Plain data; nothing here decodes, and nothing here changes once made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailbot.addresses import Address


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a message is looked at: each bound was set so that the worst message within it costs under a second.

    A real reply is far below all of them; what lies beyond one is held with the bound's word, never cut in silence.
    """

    size: int = 50_000_000  # bytes; providers take 25–35 MB before base64's third on top
    header_bytes: int = 131_072  # of the top header; a reply to 1,500 people copied in still fits
    header_count: int = 1_000  # fields of the top header; long chains of relays reach 100
    encoded_words: int = 2_000  # of the top header (RFC 2047); a name in Arabic takes two or three
    content_field: int = 8_192  # bytes of one Content- field; taking one of 200 KB apart took 6 s
    boundaries: int = 30  # times `boundary` is named: the parser tries every open one on every line
    nested_messages: int = 30  # times `message/` is named: the parser recurses into each
    parts: int = 500  # delimiter lines: 200,000 empty parts took 10 s
    depth: int = 12  # levels of the tree; forwards of forwards of signed mail reach 8
    parsed: int = 6_000_000  # bytes without the far ends of attachments; the parser holds them three times
    lines: int = 100_000  # outside base64 blocks; the parser costs some microseconds a line
    text: int = 1_000_000  # characters of one text part that are kept; the writer's words stand first
    attachment: int = 262_144  # bytes of one base64 block that are handed to the parser; the rest is nobody's words


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree, decoded from its transfer encoding.

    `path` is the position in the tree ("1.2"); `content_type` is lower case; `params` its parameters, lower-case names;
    `disposition` is "attachment", "inline", another word in lower case, or ""; `payload` is cut at `Limits.attachment`
    (then the message's defects say `attachment_cut`); `text` is the decoded text of text/* parts, else "".
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

    `headers` are (lower-case name, decoded value) in order, topmost first. `text` and `html` are the message's own
    body, never that of an attached message; where both are there, each is the whole of it. `date` is aware (the offset
    as written) or None. `nested` are attached messages (message/rfc822, one level; text/rfc822-headers as a message
    with headers only). `defects` are words that say what was odd; `held` is the word that says why it can't be read
    (`too_large`, `too_deep`, `too_many_parts`, `too_many_headers`, `encrypted`, `winmail`, `unreadable`), else "".
    Ids (`message_id`, `in_reply_to`, `references`) stand in angle brackets.
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
