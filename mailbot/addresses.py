"""Addresses of mail headers, in and out of their written form.

Reads what stands in From, To, Cc, Reply-To (RFC 5322 3.4, with everything that is met in practice: raw 8-bit names,
encoded words inside quotes, groups, comments, folding, stray commas) in one linear pass, and compares addresses. It
never raises on any text, never asks a server whether an address exists, and never guesses one that is not written.
"""

from __future__ import annotations

import contextlib
import re
import unicodedata
from dataclasses import dataclass

MAX_TEXT = 65_536
"""Characters of one header that are looked at: some 1,500 recipients; a header beyond that is not a person's."""

_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]]{1,128}@[^\s@<>(),;:\"]{1,255}")
_SPACES = re.compile(r"\s+")
_SPECIAL = re.compile(r"""=\?[^?\s]{1,40}\?[bBqQ]\?[^?]{0,1000}\?=|[\\"()<>,;:]""")
"""What ends a run of plain words. An encoded word is one piece: some programs leave commas bare inside it."""


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of a header: display name (decoded, "" where none) and address as written ("" where unreadable)."""

    name: str
    email: str

    @property
    def key(self) -> str:
        """The address for comparison: lower case, composed, the domain in its Unicode form."""
        return key(self.email)


def key(email: str) -> str:
    """Return an address in the form in which two writings of it are equal: trimmed, NFC, lower case, IDN decoded."""
    email = unicodedata.normalize("NFC", email.strip().removeprefix("mailto:").strip("<>")).casefold()
    local, at, domain = email.rpartition("@")
    if not at or "xn--" not in domain:
        return email
    return f"{local}@{_unicode_domain(domain)}"


def domain(email: str) -> str:
    """Return the domain of an address in comparable form, "" where it has none."""
    return key(email).rpartition("@")[2] if "@" in email else ""


def ascii_form(email: str) -> str:
    """Return an address with its domain as A-labels, as a wire without SMTPUTF8 needs it (RFC 5891).

    The local part stays as it is: whoever sends decides whether a non-ASCII one can be sent at all (RFC 6531).
    """
    local, at, host = email.rpartition("@")
    if not at or host.isascii():
        return email
    try:
        return f"{local}@{host.encode('idna').decode('ascii')}"
    except UnicodeError:
        return email


def is_address(text: str) -> bool:
    """Say whether a text is one bare address with a domain that has a dot."""
    found = _ADDRESS.fullmatch(text.strip())
    return found is not None and "." in text.rpartition("@")[2].strip(".")


def parse(text: str, limit: int = 1000) -> list[Address]:
    """Return the mailboxes of a header's value, in order, at most `limit`; groups are flattened, comments are names.

    `text` may still hold encoded words: names are taken apart first and decoded afterwards (RFC 2047 6.2), by
    `mailbot.message.headers`; here they pass through. Entries without an address are left out.
    """
    found: list[Address] = []
    for words, comment, angle in _mailboxes(text[:MAX_TEXT]):
        address = _one(words, comment, angle)
        if address is not None:
            found.append(address)
            if len(found) >= limit:
                break
    return found


def first(text: str) -> Address | None:
    """Return the first mailbox of a header's value, None where there is none."""
    return next(iter(parse(text, 1)), None)


def in_text(text: str, limit: int = 10) -> list[str]:
    """Return the addresses that stand in a text, as written, each once, in order, at most `limit`."""
    found: dict[str, str] = {}
    for match in _ADDRESS.finditer(text[:MAX_TEXT]):
        email = match[0].strip(".'`*_!?").removeprefix("mailto")
        if is_address(email) and len(found) < limit:
            found.setdefault(key(email), email)
    return list(found.values())


def _unicode_domain(domain: str) -> str:
    labels = []
    for label in domain.split("."):
        if label.startswith("xn--"):
            with contextlib.suppress(UnicodeError):
                label = label.encode("ascii").decode("idna")
        labels.append(label)
    return ".".join(labels)


def _one(words: str, comment: str, angle: str | None) -> Address | None:
    """Make an address of what stood outside brackets, in comments, and inside angle brackets."""
    words, comment = _tidy(words), _tidy(comment)
    if angle is not None:
        inside = _ADDRESS.search(angle.replace(" ", "").removeprefix("mailto:"))
        if inside is not None:
            return Address(_unquoted(words) or comment, inside.group().rstrip(".'"))
    # No brackets, or none that hold an address: the address may stand bare among the words.
    bare = _ADDRESS.search(words)
    if bare is None:
        return None
    rest = (words[: bare.start()] + words[bare.end() :]).strip(" '[]<>-")
    return Address(comment or _unquoted(rest.removesuffix("mailto:").strip()), bare.group().strip(".'"))


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _unquoted(name: str) -> str:
    """Return a display name without the single quotes that Outlook puts around it."""
    return name[1:-1].strip() if len(name) > 2 and name[0] == name[-1] == "'" else name


def _mailboxes(text: str) -> list[tuple[str, str, str | None]]:
    """Split a list of mailboxes at its commas, semicolons and group names, in one pass over the text."""
    found: list[tuple[str, str, str | None]] = []
    words: list[str] = []
    comments: list[str] = []
    angle: str | None = None
    at = 0
    while at < len(text):
        special = _SPECIAL.search(text, at)
        if special is None:
            words.append(text[at:])
            break
        words.append(text[at : special.start()])
        at = special.end()
        match special.group():
            case "\\":
                words.append(text[at : at + 1])
                at += 1
            case '"':
                inside, at = _until(text, at, '"')
                words.append(inside)
            case "(":
                inside, at = _comment(text, at)
                comments.append(inside)
            case "<":
                inside, at = _until(text, at, ">")
                angle = inside
            case ":":
                # The name of a group ("undisclosed-recipients:;"); but "mailto:" and IPv6 literals have colons too.
                word = "".join(words).strip().casefold()
                words = [] if word != "mailto" and "@" not in word else [*words, ":"]
            case "," | ";":
                found.append(("".join(words), " ".join(comments), angle))
                words, comments, angle = [], [], None
            case encoded_word:
                words.append(encoded_word)
    found.append(("".join(words), " ".join(comments), angle))
    return found


def _until(text: str, at: int, end: str) -> tuple[str, int]:
    """Return what stands up to `end`, backslashes taken off, and the place behind it; all the rest if it never ends."""
    piece: list[str] = []
    while at < len(text):
        char = text[at]
        if char == end:
            return "".join(piece), at + 1
        if char == "\\" and at + 1 < len(text):
            at += 1
            char = text[at]
        piece.append(char)
        at += 1
    return "".join(piece), at


def _comment(text: str, at: int) -> tuple[str, int]:
    """Return the text of a comment, nested ones included (RFC 5322 3.2.2), and the place behind it."""
    depth, start = 1, at
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth == 0:
                return text[start:at], at + 1
        at += 1
    return text[start:], at
