"""Headers in the form in which they go over the wire: ASCII, folded at 78 columns, never longer than 998 octets.

The standard library folds long References into encoded words, which breaks threads, and adds spaces to long display
names; so headers are written here (RFC 5322 2.2.3, RFC 2047). Nothing that is passed in can begin another header.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator

from mailbot.addresses import Address, ascii_form

WIDTH = 78
"""Columns that a line should have at most (RFC 5322 2.1.1)."""

LONGEST = 998
"""Octets that a line may have at most (RFC 5322 2.1.1)."""

ENCODED = 75
"""Characters that an encoded word may have at most (RFC 2047 2)."""

MOST_REFERENCES = 30
"""Message ids in References; of longer threads the first and the latest stay (RFC 5322 3.6.4 lets us shorten)."""

TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of text (UAX #9): in a name they make an address look like another."""

_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOT_ATOM = re.compile(r"[^\s.\\@]+(?:\.[^\s.\\@]+)*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_UNSAFE = re.compile(r'[\s<>(),;:"\x00-\x1f\x7f]+')
_SPACES = re.compile(r"[\s\x00-\x1f\x7f]+")


def header(name: str, value: str) -> str:
    """Return a header of free text, folded; words that are not ASCII are encoded."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no header's name")
    value = _tidy(value)
    if value.isascii() and "=?" not in value and all(len(word) < LONGEST - 2 for word in value.split(" ")):
        return _folded(name, value.split(" "))
    return _folded(name, list(_encoded(value, first=ENCODED - len(name))))


def address_header(name: str, addresses: Iterable[Address]) -> str:
    """Return a header of addresses, folded between their parts.

    An address whose local part isn't ASCII stays in UTF-8 (RFC 6532): such a mail needs a server with SMTPUTF8.
    """
    words: list[str] = []
    for address in addresses:
        if words:
            words[-1] += ","
        phrase = _phrase(address.name)
        email = _addr_spec(address.email)
        words += [*phrase, f"<{email}>"] if phrase else [email]
    return _folded(name, words)


def ids_header(name: str, ids: Iterable[str]) -> str:
    """Return a header of message ids, one a line where they don't fit together; "" where there is no usable one."""
    known = list(dict.fromkeys(found for text in ids for found in _ID.findall(text)))
    if len(known) > MOST_REFERENCES:
        known = [known[0], *known[-(MOST_REFERENCES - 1) :]]
    return _folded(name, known) if known else ""


def _addr_spec(email: str) -> str:
    """Return an address as it may stand in a header; a local part with dots where none may be goes into quotes."""
    email = ascii_form(_UNSAFE.sub("", email)).encode("utf-8", "replace").decode("utf-8")
    local, at, domain = email.rpartition("@")
    if not at or _DOT_ATOM.fullmatch(local):
        return email
    quoted = local.replace("\\", "\\\\")
    return f'"{quoted}"@{domain}'


def _tidy(value: str) -> str:
    return _SPACES.sub(" ", value).encode("utf-8", "replace").decode("utf-8").strip()


def _folded(name: str, words: list[str]) -> str:
    """Join words with spaces, breaking the line before a word that would pass WIDTH."""
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > WIDTH and line != f"{name}:":
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return "\r\n".join([*lines, line])


def _phrase(name: str) -> list[str]:
    """Return a display name as words: bare, in quotes, or encoded (RFC 5322 3.2.5, RFC 2047 5.3)."""
    name = _tidy("".join(char for char in name if char not in TURNING))
    if not name:
        return []
    if not name.isascii() or "=?" in name or len(name) > LONGEST // 2:
        return list(_encoded(name, first=ENCODED - len("Reply-To")))
    if _ATOMS.fullmatch(name):
        return name.split(" ")
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'.split(" ")


def _encoded(text: str, first: int) -> Iterator[str]:
    """Yield encoded words in UTF-8 and base64, none of which splits a character; the first is shorter by the name."""
    room, piece, size = first - len("=?utf-8?b??="), "", 0
    for char in text:
        octets = len(char.encode("utf-8"))
        if 4 * -(-(size + octets) // 3) > room:
            yield f"=?utf-8?b?{b64encode(piece.encode()).decode()}?="
            room, piece, size = ENCODED - len("=?utf-8?b??="), "", 0
        piece, size = piece + char, size + octets
    if piece:
        yield f"=?utf-8?b?{b64encode(piece.encode()).decode()}?="
