"""When are two raw messages one? The fingerprint that says so, from the bytes alone.

Message-ID, sender, date and body go into it, line ends and trailing blanks do not: a reply that went to both
organisers, or that is fetched again after UIDVALIDITY changed, is one; a reused Message-ID with another text is two.
It never parses MIME, so no message is too odd for it, and its cost is one pass over the bytes.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_HEADERS_END = re.compile(rb"\n\s*?\n")
_UNFOLD = re.compile(rb"\n[ \t]+")
_HEADER = re.compile(rb"^(message-id|from|date)[ \t]*:[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[^\W\d_]+")
TEXT_CHARACTERS = 20_000  # of a text that are digested: a program says what it says at the top
HEADER_BYTES = 262_144  # headers longer than this are cut for the fingerprint; no honest mail has them


def text_digest(text: str) -> str:
    """Return 32 hexadecimal digits that are equal for two texts which differ in numbers and punctuation only.

    "" where there are no words: programs that answer by themselves write the same with another date or ticket number.
    """
    words = " ".join(_WORD.findall(unicodedata.normalize("NFKC", text[:TEXT_CHARACTERS]).casefold()))
    return hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=16).hexdigest() if words else ""


def fingerprint(raw: bytes) -> str:
    """Return the 64 hexadecimal digits that are equal for two copies of one message."""
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    end = _HEADERS_END.search(lines)
    head, body = (lines[: end.start()], lines[end.end() :]) if end else (lines, b"")
    values: dict[bytes, bytes] = {}
    for name, value in _HEADER.findall(_UNFOLD.sub(b" ", head[:HEADER_BYTES])):
        values.setdefault(name.lower(), b" ".join(value.split()))
    text = b"\n".join(line.rstrip(b" \t") for line in body.split(b"\n")).strip()
    digest = hashlib.sha256()
    for part in (*(values.get(n, b"") for n in (b"message-id", b"from", b"date")), text):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
