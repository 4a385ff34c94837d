"""Header fields to text: charsets, encoded words, parameters, identifiers, dates.

Everything here takes what stands on the wire, however broken, and gives back the most that a person could read from it.
It never raises, and every pass is linear in the length of the field.
"""

from __future__ import annotations

import base64
import binascii
import email.utils
import quopri
import re
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote_to_bytes

from mailbot import addresses
from mailbot.addresses import Address
from mailbot.message.charset import decode

_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,64}\?[bBqQ]\?)")
_FOLD = re.compile(r"[ \t]*\r?\n[ \t]*|\r")
_ID = re.compile(r"<([^<>\s]{1,998})>")
_SURROGATE = re.compile("[\udc80-\udcff]")
_PARAM = re.compile(r";\s*([^\s=;\"]{1,80})\s*=\s*(\"(?:[^\"\\]|\\.)*\"?|[^;]*)", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_ZONE = re.compile(r"\d\s*(?:[+-]\d{2}:?\d{2}\b|(?:UTC?|GMT|Z|[ECMP][SD]T)\b)", re.IGNORECASE)

MAX_IDS = 100
"""Message ids of one References field that are kept, the last ones: longer threads are software talking to itself."""


def fields(head: bytes) -> list[tuple[str, str]]:
    """Return the fields of a header: names in lower case, values as they stand, bytes above 127 as surrogates.

    Lines that are no fields are passed over (RFC 5322 2.2), so that one broken line does not hide those below it.
    """
    found: list[tuple[str, str]] = []
    for line in head.decode("ascii", "surrogateescape").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line[:1] in (" ", "\t"):
            if found:
                found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
            continue
        name, colon, value = line.partition(":")
        if colon and name and " " not in name.rstrip():
            found.append((name.rstrip().lower(), value))
    return found


def unfold(raw: str, charset: str = "") -> str:
    """Return a field's raw value as text on one line: folds become a space, raw 8-bit bytes are decoded.

    `raw` is what the parser kept: ASCII with surrogates for bytes above 127. `charset` is the body's, as a hint.
    """
    if not raw.isascii() and _SURROGATE.search(raw):
        raw = decode(raw.encode("utf-8", "surrogateescape"), charset)[0]
    return _one_line(raw)


def _one_line(text: str) -> str:
    """Return text without folds and control characters."""
    if text.isprintable():
        return text.strip()
    return _CONTROL.sub("", _FOLD.sub(" ", text)).strip()


def words(value: str) -> str:
    """Return an unfolded value with its encoded words decoded (RFC 2047), also where they stand inside quotes.

    The bytes of neighbouring words of one charset are put together before they are decoded: many programs cut a
    character in two.
    """
    if "=?" not in value:
        return value
    value = _BETWEEN_WORDS.sub(r"\1", value)
    text: list[str] = []
    waiting, waiting_charset, end = b"", "", 0
    for word in _WORD.finditer(value):
        charset = word[1].partition("*")[0].lower()
        if word.start() != end or charset != waiting_charset:
            text.append(decode(waiting, waiting_charset)[0])
            text.append(value[end : word.start()])
            waiting, waiting_charset = b"", charset
        waiting += _bytes_of(word[2], word[3])
        end = word.end()
    text.append(decode(waiting, waiting_charset)[0])
    text.append(value[end:])
    return _one_line("".join(text))


def mailboxes(value: str, limit: int = 1000) -> tuple[Address, ...]:
    """Return the mailboxes of an unfolded address field, names decoded after they were taken apart (RFC 2047 6.2)."""
    return tuple(
        Address(words(a.name).strip("\"' "), a.email) if "=?" in a.name else a for a in addresses.parse(value, limit)
    )


def ids(value: str) -> tuple[str, ...]:
    """Return the message ids of a field in angle brackets, in order; one without brackets gets them."""
    found = _ID.findall(value)
    if not found and "@" in value and " " not in value.strip():
        found = [value.strip().strip("<>")]
    return tuple(f"<{one}>" for one in found[-MAX_IDS:])


def date(value: str) -> datetime | None:
    """Return a Date field's moment with the offset as written, None where date or offset can't be told."""
    try:
        parts = email.utils.parsedate_tz(value[:200])
    except (ValueError, TypeError, IndexError, AttributeError, OverflowError):
        return None
    # A missing zone comes out of the library as UTC, and so does an unknown name; neither says when it was.
    if parts is None or parts[9] is None or not _ZONE.search(value[:200]):
        return None
    try:
        year, month, day, hour, minute, second = parts[:6]
        zone = timezone(timedelta(seconds=parts[9]))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)  # 60: a leap second
    except (ValueError, OverflowError):
        return None


def parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return a structured field's main value (lower case) and its parameters (names in lower case).

    Continued and percent-encoded parameters (RFC 2231) are put together, and encoded words inside quotes, which no
    standard allows and many programs write, are decoded.
    """
    main = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in list(_PARAM.finditer(value))[:100]:
        name, text = found[1].lower(), _unquote(found[2].strip())
        if "*" not in name:
            plain.setdefault(name, words(text))
            continue
        base, _, rest = name.partition("*")
        number = rest.rstrip("*")
        order = int(number) if number.isascii() and number.isdigit() and len(number) < 4 else 0
        pieces.setdefault(base, []).append((order, rest.endswith("*") or not rest, text))
    for base, parts in pieces.items():
        plain[base] = _continued(sorted(parts, key=lambda piece: piece[0]))
    return main, plain


def _continued(parts: list[tuple[int, bool, str]]) -> str:
    data, charset = b"", ""
    for position, (_, encoded, text) in enumerate(parts):
        if encoded and position == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
    return decode(data, charset)[0]


def _unquote(text: str) -> str:
    if not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", r"\1", text[1:].removesuffix('"'))


def _bytes_of(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return quopri.decodestring(data, header=True)
    data = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    if len(data) % 4 == 1:
        data = data[:-1]
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return b""
