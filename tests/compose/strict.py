"""A strict reading of messages, for tests: RFC 5322 (form), 2047 (encoded words), 2045 (MIME), 2369 (leaving).

It is written from the grammars, by nothing that mailbot composes with, and returns what is wrong in words.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

FIELD = re.compile(rb"[!-9;-~]+:(?: [^\r\n]*|)(?:\r\n[ \t][^\r\n]*[^\s][^\r\n]*)*\r\n")
"""One header field (RFC 5322 2.2, 2.2.3): a name, and lines that are folded before white space, none of them blank."""

NEEDED = ("date", "from", "to", "message-id", "subject")
"""Fields that a mail of ours must have; no field of ours comes twice (3.6)."""

MOST_HEADER = 16_384
"""Octets of a whole header that ours may have: a bound of our own, well below what servers refuse."""

SPYING = ("feedback-id", "disposition-notification-to", "return-receipt-to", "x-confirm-reading-to",
          "list-unsubscribe-post", "x-campaign", "x-mailer", "x-originating-ip")  # fmt: skip
"""Fields by which senders follow or sort their readers, or that tell about our machine."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_UTEXT = r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|[^\x00-\x9f])"  # RFC 6532 3.2
_DOT_ATOM = rf"{_ATEXT}+(?:\.{_ATEXT}+)*"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_WORD = r"=\?utf-8\?b\?[A-Za-z0-9+/]+=*\?="
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDR = rf"(?:{_UTEXT}+(?:\.{_UTEXT}+)*|{_QUOTED})@{_LABEL}(?:\.{_LABEL})*"
_PHRASE = rf"(?:(?:{_ATEXT}+|{_QUOTED}|{_WORD})(?: (?:{_ATEXT}+|{_QUOTED}|{_WORD}))*)"
_MAILBOX = rf"(?:{_PHRASE} <{_ADDR}>|{_ADDR})"
_GRAMMAR = {
    "from": _MAILBOX, "to": _MAILBOX, "reply-to": rf"{_MAILBOX}(?:, {_MAILBOX})*",
    "date": r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} "
    r"[0-2]\d:[0-5]\d:[0-6]\d [+-]\d{4}",
    "message-id": rf"<{_DOT_ATOM}@{_DOT_ATOM}>",
    "in-reply-to": r"<[!-;=?-~]+>", "references": r"<[!-;=?-~]+>(?: <[!-;=?-~]+>)*",
    "auto-submitted": "auto-replied|auto-generated", "content-language": "[a-z]{2,3}(?:-[A-Za-z]{2,4})?",
    "mime-version": r"1\.0", "content-transfer-encoding": "7bit|quoted-printable|base64",
    "content-type": r'[a-z]+/[a-z]+(?:; [a-z]+=(?:"[^"\\]*"|[!#-\'*+.0-9A-Z^-~-]+))*',
    "list-unsubscribe": r"<mailto:[A-Za-z0-9%@.+_~-]+\?[A-Za-z0-9%&=._~+-]*>",
}  # fmt: skip


def faults(raw: bytes) -> list[str]:
    """Return what is wrong with a message."""
    head, _, body = raw.partition(b"\r\n\r\n")
    return [*_lines(raw, head, body), *_fields(head, whole=True), *_parts(head, body)]


def _lines(raw: bytes, head: bytes, body: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        yield "a bare CR or LF"
    if b"\0" in raw:
        yield "a NUL"
    if not body.isascii():
        yield "the body is not ASCII"
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        yield "a line of more than 998 octets"
    if any(len(line) > 78 for line in body.split(b"\r\n")):
        yield "a body line of more than 78 octets"
    if len(head) > MOST_HEADER:
        yield f"a header of {len(head)} octets"
    for line in head.split(b"\r\n"):
        if len(line) > 78 and line.strip().count(b" ") > (1 if b":" in line.split(b" ")[0] else 0):
            yield f"a line that could have been folded: {line!r}"


def _fields(head: bytes, *, whole: bool) -> Iterator[str]:
    if rest := FIELD.sub(b"", head + b"\r\n"):
        yield f"not a field: {rest[:80]!r}"
    found = _named(head)
    names = [name for name, _ in found]
    yield from (f"{name} is there {names.count(name)} times" for name in set(names) if names.count(name) > 1)
    if whole:
        yield from (
            f"{name} is missing" for name in ("date", "from", "to", "message-id", "subject") if name not in names
        )
    for name, value in found:
        if name in SPYING:
            yield f"{name} has no place here"
        if name in _GRAMMAR and not re.fullmatch(_GRAMMAR[name], value):
            yield f"{name} is not by its grammar: {value!r}"
        if re.search(r"[^\x20-\x7e]", value) and name not in ("from", "to", "reply-to"):
            yield f"{name} holds what is not printable ASCII: {value!r}"
        yield from _encoded_words(name, value)
        if name == "date" and parsedate_to_datetime(value).strftime("%a") != value[:3]:
            yield f"the day of the week is not that of the date: {value}"


def _named(head: bytes) -> list[tuple[str, str]]:
    """Return names in lower case and unfolded values; octets beyond ASCII must be UTF-8 (RFC 6532)."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", head).decode("utf-8")
    pairs = (line.partition(":") for line in unfolded.split("\r\n") if line)
    return [(name.lower(), value.strip()) for name, _, value in pairs]


def _encoded_words(name: str, value: str) -> Iterator[str]:
    for word in re.findall(r"=\?\S*", value):
        if len(word) > 75 or not re.fullmatch(_WORD, word):
            yield f"{name}: not an encoded word: {word!r}"
            continue
        try:
            told = b64decode(word[10:-2], validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError) as error:
            yield f"{name}: {word!r} does not decode by itself: {error}"
            continue
        if re.search(r"[\x00-\x1f\x7f]", told):
            yield f"{name}: {word!r} hides a control character"
    if re.search(r'"[^"]*=\?[^"]*"', value) and name in ("from", "to", "reply-to"):
        yield f"{name}: an encoded word in quotes (RFC 2047 5)"


def _parts(head: bytes, body: bytes) -> Iterator[str]:
    """Check a part and those in it: each boundary opens and closes, each encoding is what it says."""
    told = dict(_named(head))
    kind = told.get("content-type", "")
    if boundary := re.search(r'boundary="([^"]+)"', kind):
        pieces = re.split(rb"(?:\A|\r\n)--" + re.escape(boundary[1].encode()) + rb"(--)?\r\n", body + b"\r\n")
        if len(boundary[1]) > 70:
            yield "a boundary of more than 70 characters (RFC 2046 5.1.1)"
        if pieces[-2] != b"--" or pieces[1:-2:2] != [None] * ((len(pieces) - 3) // 2):
            yield f"{kind} is not closed, or not at its end"
        for piece in pieces[2:-1:2]:
            inner, _, rest = piece.partition(b"\r\n\r\n")
            yield from _fields(inner, whole=False)
            yield from _parts(inner, rest)
    elif told.get("content-transfer-encoding") == "base64":
        if any(len(line) > 76 for line in body.split(b"\r\n")) or not re.fullmatch(rb"[A-Za-z0-9+/\r\n]*=*\s*", body):
            yield "a part that is not base64"
    elif told.get("content-transfer-encoding") == "quoted-printable":
        if re.search(rb"=(?!\r\n|[0-9A-F]{2})|[^\t\r\n -~]|[ \t]\r\n", body):
            yield "a part that is not quoted-printable"
    else:
        yield f"a part without an encoding: {kind}"
