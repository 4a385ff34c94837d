"""The machine-readable parts of delivery reports (RFC 3464, 3461, 3463, 6533, 5965) as plain fields.

Takes the reports apart; it never decides whether a message is one, or what follows from it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailbot import phrases
from mailbot.message import Message

Fields = dict[str, str]
"""The fields of one group: lower-case name, unfolded value; the first of a name counts."""

MAX_TEXT = 100_000
"""Characters of a status part that are read: some 300 recipients, and our mails have one each."""

_TYPES = {
    "delivery": ("message/delivery-status", "message/global-delivery-status"),
    "feedback": ("message/feedback-report",),
    "receipt": ("message/disposition-notification", "message/global-disposition-notification"),
}
_MARKS = {
    "delivery": ("final-recipient", "original-recipient", "reporting-mta"),
    "feedback": ("feedback-type",),
    "receipt": ("disposition",),
}
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_UTF8 = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_ID_LINE = re.compile(
    r"^[ >|]{0,8}(message-id|x-microsoft-original-message-id|x-mailbot-id|x-mailbot-mail):"
    r"[ \t]*\n?[ \t>]{0,8}(\S.{0,300})$",
    re.IGNORECASE | re.MULTILINE,
)
_HARD_BUT = re.compile(r"5\.1\.[78]\b")
"""5.1.7 and 5.1.8 speak of the sender's address (RFC 3463 3.2), not of the recipient's."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What is known of the mail that came back; ids in angle brackets, best first, "" where a word is missing."""

    message_ids: tuple[str, ...] = ()
    mailbot_id: str = ""
    mailbot_mail: str = ""


def report_groups(message: Message, kind: str) -> list[Fields] | None:
    """Return the field groups of a report's machine-readable part, None where the message has no such part."""
    types, marks = _TYPES[kind], _MARKS[kind]
    parts = [p for p in message.parts if p.content_type in types]
    if not parts:
        return None
    groups: list[Fields] = []
    for part in parts:
        groups += parse(part.payload.decode("utf-8", "replace"))
    for nested in message.nested:
        # The parser opens a status part by itself: then its groups lie there as the headers and body of messages.
        fields = dict(reversed(nested.headers))
        if any(m in fields for m in marks):
            groups += [fields, *parse(nested.text)]
        elif not fields and nested.text.strip():
            groups += parse(_opened(nested.text))
    return groups


def _opened(text: str) -> str:
    """Return a status part that the parser left in base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return text


def parse(text: str) -> list[Fields]:
    """Return the groups of fields in a status part (RFC 3464 2.1): blank lines part them, folded lines go on."""
    groups: list[Fields] = [{}]
    name = ""
    for line in text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip():
            groups, name = [*groups, {}] if groups[-1] else groups, ""
        elif line[0] in " \t" and name:
            groups[-1][name] += " " + line.strip()
        else:
            head, colon, value = line.partition(":")
            name = head.strip().casefold() if colon else ""
            if name and name in groups[-1]:
                name = ""
            if name:
                groups[-1][name] = value.strip()
    return [g for g in groups if g]


def recipient_of(value: str) -> str:
    """Return the address in `rfc822; a@b`, `utf-8; \\x{e9}@b` or a bare one, decoded (RFC 3461 4, RFC 6533 3)."""
    kind, semicolon, address = value.partition(";")
    if not semicolon:
        kind, address = "", value
    address = address.strip().strip("<>").strip()
    if kind.strip().casefold() in ("utf-8", "utf8"):
        address = _UTF8.sub(lambda m: _character(m[1]), address)
    elif "+" in address:
        # xtext; a plus that is no hex pair is an address's own.
        address = _XTEXT.sub(lambda m: chr(int(m[1], 16)) if m[1] in ("3D", "2B") else m[0], address)
    address = address.removeprefix("mailto:").split(" ")[0].strip("<>")
    return address if "@" in address and len(address) <= 320 else ""


def _character(code: str) -> str:
    number = int(code, 16)
    return chr(number) if 31 < number < 0x110000 and not 0xD800 <= number < 0xE000 else ""


def status_of(status: str, diagnostic: str) -> str:
    """Return the enhanced status code; where the field is missing or says only x.0.0, the one in the server's words."""
    given = _STATUS.search(status)
    said = _STATUS.search(diagnostic)
    if said and (given is None or (given[1].endswith(".0.0") and said[1][0] == given[1][0])):
        return said[1]
    return given[1] if given else ""


def is_hard(status: str, folded: str) -> bool:
    """Say whether the address itself is no good: 5.1.x, 5.2.1, or a server's plain words for it (folded)."""
    if status.startswith("4"):
        return False
    if status == "5.2.1" or (status.startswith("5.1.") and not _HARD_BUT.match(status)):
        return True
    return status[:4] != "5.2." and phrases.find("no_such_user", folded) is not None


def returned_fields(message: Message) -> Returned:
    """Return what shows which of our mails came back: in the attached copy or its headers, or in a copy in the text."""
    rows = [row for nested in message.nested for row in nested.headers]
    if not any(n in ("message-id", "x-microsoft-original-message-id") for n, _ in rows):
        rows += _rows_in_text(message)
    # Exchange replaces our Message-ID in some copies and keeps it here.
    ids = [v for n, v in rows if n == "x-microsoft-original-message-id"] + [v for n, v in rows if n == "message-id"]
    ids += [*message.in_reply_to, *message.references]
    fields: Fields = {}
    for name, value in rows:
        fields.setdefault(name, value.strip())
    return Returned(
        tuple(dict.fromkeys(_bracketed(ids))), fields.get("x-mailbot-id", ""), fields.get("x-mailbot-mail", "")
    )


def _rows_in_text(message: Message) -> Iterator[tuple[str, str]]:
    text = message.text[:MAX_TEXT] or phrases.from_html(message.html)
    for found in _ID_LINE.finditer(text):
        yield found[1].casefold(), found[2].strip()


def _bracketed(ids: Iterable[str]) -> Iterator[str]:
    for value in ids:
        if found := re.search(r"<[^<>\s]{1,900}>", value):
            yield found[0]
