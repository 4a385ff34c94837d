"""What can be told from the bytes before any parser runs: is this message within its bounds?

Every look is one linear pass of a C routine. It never decodes and never changes what a person wrote; the one thing it
takes away is the far end of large base64 blocks, which are attachments.
"""

from __future__ import annotations

import re

from mailbot.message.model import Limits

_END_OF_HEADER = re.compile(rb"\r?\n\r?\n|\r\r")
_FAR = 4_000_000
"""Bytes within which a header must end; beyond, there is none to speak of."""
_CONTENT = re.compile(rb"^content-[a-z-]{1,40}:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_RECEIVED = re.compile(rb"^received:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_BASE64 = re.compile(rb"^content-transfer-encoding:\s*base64", re.IGNORECASE | re.MULTILINE)


def header_end(raw: bytes) -> int:
    """Return the place of the empty line that ends the top header, the length of `raw` where there is none."""
    ends = [at for mark in (b"\r\n\r\n", b"\n\n", b"\n\r\n") if (at := raw.find(mark, 0, _FAR)) >= 0]
    return min(ends) if ends else len(raw) if len(raw) <= _FAR else _FAR


def refuse(raw: bytes, limits: Limits) -> str:
    """Return the word of the bound that a message breaks, "" where it breaks none."""
    if len(raw) > limits.size:
        return "too_large"
    head = raw[: header_end(raw)]
    if len(head) > limits.header_bytes or _fields(head) > limits.header_count:
        return "too_many_headers"
    if head.count(b"=?") > limits.encoded_words:
        return "too_many_headers"
    if raw.count(b"\n--") + raw.count(b"\r--") > limits.parts:
        return "too_many_parts"
    # Names are case-insensitive (RFC 2045 5.1), and a copy in lower case costs less than any expression.
    lower = raw.lower()
    if lower.count(b"boundary") > limits.boundaries:
        return "too_deep"
    if lower.count(b"message/") + lower.count(b"multipart/digest") > limits.nested_messages:
        return "too_deep"
    if any(len(found[0]) > limits.content_field for found in _CONTENT.finditer(raw)):
        return "too_many_headers"
    return ""


def _fields(head: bytes) -> int:
    """Return how many lines of a header start a field (RFC 5322 2.2.3: a line that starts with white space goes on)."""
    return head.count(b"\n") + 1 - head.count(b"\n ") - head.count(b"\n\t")


def without_trace(raw: bytes) -> bytes:
    """Return the message without its Received fields.

    mail-parser takes each of them apart, which nobody here asks for: a fifth of its time on a common mail, and 8 s on
    100,000 of them. They are still read as plain text by `headers.fields`.
    """
    end = header_end(raw)
    return _RECEIVED.sub(b"", raw[:end] + b"\n").rstrip(b"\r\n") + raw[end:] if end else raw


def without_far_ends(raw: bytes, limits: Limits) -> tuple[bytes, bool]:
    """Return the message with each base64 block cut after `limits.attachment` bytes, and whether any was.

    A block reaches from the empty line behind a base64 header to the next line that starts with "--".
    """
    if len(raw) <= limits.attachment:
        return raw, False
    kept: list[bytes] = []
    kept_to = 0
    for header in _BASE64.finditer(raw):
        empty = _END_OF_HEADER.search(raw, header.end())
        if empty is None:
            break
        start = empty.end()
        end = raw.find(b"\n--", start)
        end = len(raw) if end < 0 else end + 1
        # The cut falls on a line's end, so that no base64 quantum is torn.
        cut = raw.find(b"\n", start + limits.attachment) + 1
        if start >= kept_to and 0 < cut < end:
            kept.append(raw[kept_to:cut])
            kept_to = end
    return b"".join([*kept, raw[kept_to:]]), bool(kept)


def too_much_text(raw: bytes, limits: Limits) -> bool:
    """Say whether there is more, in bytes or lines, than the parser should be asked to look at line by line."""
    return len(raw) > limits.parsed or raw.count(b"\n") + raw.count(b"\r") // 2 > limits.lines
