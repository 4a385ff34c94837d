"""S/MIME's outer shell: what kind it is, and the text inside an opaque signature.

Reads just enough BER (X.690) of a CMS ContentInfo (RFC 5652) to find the signed content. It never checks a signature,
never decrypts, and never raises.
"""

from __future__ import annotations

from typing import NamedTuple

_SIGNED = bytes.fromhex("2a864886f70d010702")
_ENVELOPED = (bytes.fromhex("2a864886f70d010703"), bytes.fromhex("2a864886f70d0109100117"))
_MAX_DEPTH = 8
_MAX_ELEMENTS = 20_000
"""Elements read of one object: a real one has some hundred, in chunks of a kilobyte or more."""


class _Element(NamedTuple):
    tag: int
    start: int  # of the content
    end: int  # of the content
    after: int  # of the whole element


class _Broken(Exception):
    """The bytes are no BER."""


class _Reader:
    """Reads elements of one object, at most `_MAX_ELEMENTS` of them, whatever the bytes claim."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = _MAX_ELEMENTS

    def element(self, at: int, end: int, depth: int = 0) -> _Element:
        """Read one tag and length (X.690 8.1); an indefinite length ends at its end-of-contents octets."""
        self.left -= 1
        if at + 2 > end or depth > _MAX_DEPTH or self.left < 0:
            raise _Broken
        tag, length = self.data[at], self.data[at + 1]
        start = at + 2
        if length == 0x80:
            inside = start
            while self.data[inside : inside + 2] != b"\x00\x00":
                inside = self.element(inside, end, depth + 1).after
            return _Element(tag, start, inside, inside + 2)
        if length > 0x80:
            size = length & 0x7F
            if size > 8:
                raise _Broken
            length = int.from_bytes(self.data[start : start + size], "big")
            start += size
        # What our own cut took from the far end is missing there and nowhere else.
        return _Element(tag, start, min(start + length, end), min(start + length, end))

    def children(self, parent: _Element, limit: int = _MAX_ELEMENTS) -> list[_Element]:
        """Return the first `limit` elements inside another."""
        found: list[_Element] = []
        at = parent.start
        while at < parent.end and len(found) < limit and self.data[at : at + 2] != b"\x00\x00":
            found.append(self.element(at, parent.end))
            at = found[-1].after
        return found

    def octets(self, element: _Element, depth: int = 0) -> bytes:
        """Return an OCTET STRING's bytes; Outlook and OpenSSL write it in chunks (X.690 8.7)."""
        if not element.tag & 0x20:
            return self.data[element.start : element.end]
        if depth > _MAX_DEPTH:
            raise _Broken
        return b"".join(self.octets(child, depth + 1) for child in self.children(element))


def kind(data: bytes) -> str:
    """Say what a CMS object is: `signed`, `enveloped`, or "" for anything else."""
    reader = _Reader(data[:200])
    try:
        # The outer length may reach far; only the object identifier right behind it is wanted.
        start = 2 + (data[1] & 0x7F if data[1] > 0x80 else 0)
        oid = reader.element(start, len(reader.data))
    except (_Broken, IndexError):
        return ""
    name = data[oid.start : oid.end]
    return "signed" if name == _SIGNED else "enveloped" if name in _ENVELOPED else ""


def signed_content(data: bytes) -> bytes:
    """Return the MIME entity inside an opaque signature, b"" where there is none.

    The path is ContentInfo, [0] SignedData, encapContentInfo, [0] OCTET STRING (RFC 5652 3, 5.1, 5.2).
    """
    reader = _Reader(data)
    try:
        content_info = reader.element(0, len(data))
        signed_data = reader.children(reader.children(content_info, 2)[1], 1)[0]
        encapsulated = reader.children(signed_data, 3)[2]
        content = reader.children(encapsulated, 2)[1]
        return reader.octets(reader.children(content, 1)[0])
    except (_Broken, IndexError):
        return b""
