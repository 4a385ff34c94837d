"""Real messages, broken in the ways in which mail breaks: by gateways, by cuts, by programs, and on purpose.

`mutations(raw, seed)` yields the same bytes for the same seed, so that whatever fails can be looked at again.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator

_Mutation = Callable[[bytes, random.Random], bytes]
_HEADERS = (
    b"Content-Type: multipart/report; report-type=delivery-status",
    b'Content-Type: multipart/mixed; boundary=""',
    b'Content-Type: text/plain; charset="x-unknown\x00"',
    b"Content-Type: message/rfc822",
    b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: x-uuencode",
    b"Auto-Submitted: \xff\xfe",
    b"From: =?utf-8?q?=00=ff?= <<<a@@b>>",
    b"From:",
    b"Subject: =?utf-8?b?////?= " + b"\xe9" * 200,
    b"Subject: " + b"Re: " * 500,
    b"Message-ID: <[x@y]>",
    b"In-Reply-To: <" + b"a" * 5000 + b">",
    b"Date: Mon, 99 Foo 20181 25:61:61 +9999",
    b"Return-Path: <>",
    b"X-Failed-Recipients: " + b"a@b.example, " * 300,
    b"Precedence: bulk",
    b"List-Unsubscribe: <mailto:x>",
    b"Reply-To: " + b"(" * 300,
    b"Authentication-Results: " + b";" * 300,
)
_BYTES = (
    b"\x00", b"\xff\xfe", b"\x80", b"\r", b"\n\n", b"\x1b$B", b"\xc3", b"=\n", b"=3D", b"&#x110000;", b"<", b"<style",
    b"--", b"\t",
)  # fmt: skip


def _cut(raw: bytes, dice: random.Random) -> bytes:
    return raw[: dice.randrange(1, len(raw))]


def _cut_top(raw: bytes, dice: random.Random) -> bytes:
    return raw[dice.randrange(1, len(raw)) :]


def _flip(raw: bytes, dice: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(dice.randrange(1, 40)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def _insert(raw: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.randrange(1, 10)):
        at = dice.randrange(len(raw))
        raw = raw[:at] + dice.choice(_BYTES) * dice.choice((1, 1, 3, 200)) + raw[at:]
    return raw


def _header(raw: bytes, dice: random.Random) -> bytes:
    return b"\r\n".join(dice.sample(_HEADERS, dice.randrange(1, 4))) + b"\r\n" + raw


def _lose_header(raw: bytes, dice: random.Random) -> bytes:
    head, empty, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    return b"\r\n".join(line for line in lines if dice.random() > 0.3) + empty + body


def _shuffle(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.split(b"\r\n")
    for _ in range(dice.randrange(1, 20)):
        a, b = dice.randrange(len(lines)), dice.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"\r\n".join(lines)


def _repeat(raw: bytes, dice: random.Random) -> bytes:
    lines = raw.split(b"\r\n")
    at = dice.randrange(len(lines))
    return b"\r\n".join([*lines[:at], *[lines[at]] * dice.choice((2, 50, 2000)), *lines[at:]])


def _ends(raw: bytes, dice: random.Random) -> bytes:
    return raw.replace(b"\r\n", dice.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b"\r\n \r\n")))


def _charset(raw: bytes, dice: random.Random) -> bytes:
    wrong = dice.choice((b"idna", b"rot13", b"utf-16", b"utf-7", b"hex", b"iso-2022-jp", b"nothing", b"unicode_escape"))
    return raw.replace(b"utf-8", wrong).replace(b"iso-8859-1", wrong).replace(b"UTF-8", wrong)


def _wrap(raw: bytes, dice: random.Random) -> bytes:
    """Put the message into another one, some levels deep, sometimes with the same boundary at every level."""
    for level in range(dice.randrange(1, 8)):
        boundary = b"same" if dice.random() < 0.5 else b"b%d" % level
        inner = base64.encodebytes(raw) if dice.random() < 0.3 else raw
        raw = (
            b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n--" + boundary
            + b"\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--" + boundary + b"--\r\n"
        )  # fmt: skip
    return raw


def _splice(raw: bytes, dice: random.Random) -> bytes:
    """Swap two pieces, as a broken mailbox file does."""
    a, b = sorted((dice.randrange(len(raw)), dice.randrange(len(raw))))
    return raw[b:] + raw[a:b] + raw[:a]


MUTATIONS: tuple[_Mutation, ...] = (
    _cut, _cut_top, _flip, _insert, _header, _lose_header, _shuffle, _repeat, _ends, _charset, _wrap, _splice,
)  # fmt: skip


def mutations(raw: bytes, seed: str) -> Iterator[bytes]:
    """Yield the message broken in each way once, and in three ways at the same time."""
    dice = random.Random(seed)  # noqa: S311 -- repeatable on purpose; nothing here is secret
    for mutation in MUTATIONS:
        yield mutation(raw, dice)
    broken = raw
    for mutation in dice.sample(MUTATIONS, 3):
        broken = mutation(broken, dice) or raw
    yield broken
