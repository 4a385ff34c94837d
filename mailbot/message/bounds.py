"""What can be told from the bytes before any parser runs: is this message within its bounds?

Every look is one linear pass of a C routine. It never decodes and never changes what a person wrote; the one thing it
takes away is the far end of large base64 blocks, which are attachments.
"""

from __future__ import annotations

import re

from mailbot.message.model import Limits

_END_OF_HEADER = re.compile(rb"\r?\n\r?\n|\r\r")
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_NESTED = re.compile(rb"message/|multipart/digest", re.IGNORECASE)
_DELIMITER = re.compile(rb"^--[^\s-]", re.MULTILINE)
_FIELD = re.compile(rb"^[^\s:]{1,200}[ \t]*:", re.MULTILINE)
_BASE64 = re.compile(rb"^content-transfer-encoding:\s*base64", re.IGNORECASE | re.MULTILINE)


def header_end(raw: bytes) -> int:
    """Return the place of the empty line that ends the top header, the length of `raw` where there is none."""
    found = _END_OF_HEADER.search(raw)
    return found.start() if found else len(raw)


def refuse(raw: bytes, limits: Limits) -> str:
    """Return the word of the bound that a message breaks, "" where it breaks none."""
    if len(raw) > limits.size:
        return "too_large"
    end = header_end(raw)
    if end > limits.header_bytes or _more(_FIELD, raw[:end], limits.header_count):
        return "too_many_headers"
    if _more(_BOUNDARY, raw, limits.boundaries) or _more(_NESTED, raw, limits.nested_messages):
        return "too_deep"
    if _more(_DELIMITER, raw, limits.parts):
        return "too_many_parts"
    return ""


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


def too_many_lines(raw: bytes, limits: Limits) -> bool:
    """Say whether there are more lines than the parser should be asked to look at."""
    return raw.count(b"\n") + raw.count(b"\r") // 2 > limits.lines


def _more(what: re.Pattern[bytes], raw: bytes, limit: int) -> bool:
    """Say whether a pattern occurs more than `limit` times, without looking further than that."""
    return any(number >= limit for number, _ in enumerate(what.finditer(raw)))
