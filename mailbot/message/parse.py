"""The one place where bytes become a `Message`: bounds first, then mail-parser in a guard, then our own walk.

mail-parser leaks exceptions that are not its own (a nested part that reuses its parent's boundary is enough), so
anything that leaves it is caught here, and the standard library's older parser is asked instead.
"""

from __future__ import annotations

import email
import logging
from email.message import Message as Tree
from functools import cache
from typing import NamedTuple

import mailparser

from mailbot.message import bounds, headers, pgp
from mailbot.message.model import Limits, Message
from mailbot.message.tree import Body, Harvest, own_body, text_of

_MAX_INNER = 3
"""Opaque signatures inside opaque signatures that are opened."""

_DEFAULT = Limits()
_ADDRESS_FIELDS = ("from", "sender", "reply-to", "to", "cc")
_HEADERS_ONLY = ("text/rfc822-headers", "text/rfc822-header", "message/global-headers")
_MESSAGES = ("message/rfc822", "message/global")


def read(raw: bytes, limits: Limits = _DEFAULT) -> Message:
    """Return the message that bytes hold. It never raises; what can't be read has a word in `held`.

    A held message still has whatever of its header could be read, so that a person can see whose it is.
    """
    word = bounds.refuse(raw, limits)
    if not word:
        cut, was_cut = bounds.without_far_ends(raw, limits)
        if bounds.too_much_text(cut, limits):
            word = "too_large"
    if word:
        return _head_only(raw, limits, word)
    try:
        tree, defects = _parse(bounds.without_trace(cut))
        if was_cut:
            defects.add("attachment_cut")
        return _message(tree, _Top(len(raw), _fields(raw)), limits, defects)
    except Exception:  # noqa: BLE001 -- no bytes may stop the reading; a person looks at what this could not read
        return _head_only(raw, limits, "unreadable")


class _Top(NamedTuple):
    """What is read of a message beside its tree: its size in bytes and its header fields, names in lower case."""

    size: int
    fields: list[tuple[str, str]]


@cache
def _quiet() -> None:
    """Keep mail-parser from writing a line about every part that is not text to wherever logs go."""
    logging.getLogger("mailparser").setLevel(logging.ERROR)


def _parse(raw: bytes) -> tuple[Tree, set[str]]:
    """Return the tree, and the words of what the parser found odd."""
    _quiet()
    try:
        parsed = mailparser.MailParser.from_bytes(raw)
    except Exception:  # noqa: BLE001 -- see the module's docstring
        return email.message_from_bytes(raw), {"parser_failed"}
    return parsed.message, ({"mime"} if parsed.has_defects else set())


def _fields(raw: bytes) -> list[tuple[str, str]]:
    return headers.fields(raw[: bounds.header_end(raw)])


def _head_only(raw: bytes, limits: Limits, word: str) -> Message:
    """Return what the top header alone says of a message that is held."""
    head = raw[: min(bounds.header_end(raw), limits.header_bytes)]
    top = _Top(len(raw), headers.fields(head)[: limits.header_count])
    return _assembled(top, Body(), Harvest(limits), (), word)


def _message(tree: Tree, top: _Top, limits: Limits, defects: set[str], *, nested: bool = False) -> Message:
    harvest = Harvest(limits, defects=defects)
    body = own_body(tree, harvest)
    for content in _inner(harvest):
        body = Body(f"{body.text}\n{content.text}".strip("\n"), f"{body.html}{content.html}")
    body = text_of(body)
    attached = () if nested else tuple(_nested(harvest, limits))
    return _assembled(top, body, harvest, attached, _held(body, harvest))


def _inner(harvest: Harvest) -> list[Body]:
    """Return the bodies inside opaque signatures (RFC 8551 3.5.2)."""
    bodies = []
    for _ in range(_MAX_INNER):
        if not harvest.inner:
            break
        entity = harvest.inner.pop(0)
        if _within(entity, harvest.limits):
            bodies.append(own_body(email.message_from_bytes(entity), harvest))
    return bodies


def _within(raw: bytes, limits: Limits) -> bool:
    return not bounds.refuse(raw, limits) and not bounds.too_much_text(raw, limits)


def _nested(harvest: Harvest, limits: Limits) -> list[Message]:
    found = []
    for child in harvest.attached:
        top = _Top(0, [(name.lower(), str(value)) for name, value in child.raw_items()])
        found.append(_message(child, top, limits, set(), nested=True))
    for part in harvest.parts:
        if part.content_type in _HEADERS_ONLY:
            top = _Top(len(part.payload), headers.fields(part.payload.strip())[: limits.header_count])
            found.append(_assembled(top, Body(), Harvest(limits), (), ""))
        elif part.content_type in _MESSAGES and part.payload and _within(part.payload, limits):
            # Sent in base64, against RFC 2046 5.2.1, the parser leaves it closed.
            top = _Top(len(part.payload), _fields(part.payload))
            found.append(_message(email.message_from_bytes(part.payload), top, limits, set(), nested=True))
    return found


def _held(body: Body, harvest: Harvest) -> str:
    if harvest.too_deep:
        return "too_deep"
    if (harvest.encrypted and not body) or pgp.is_encrypted(body.text):
        return "encrypted"
    return "winmail" if harvest.winmail and not body else ""


def _assembled(top: _Top, body: Body, harvest: Harvest, nested: tuple[Message, ...], held: str) -> Message:
    first: dict[str, str] = {}
    for name, raw in top.fields:
        first.setdefault(name, raw)
    content_type, params = headers.parameters(headers.unfold(first.get("content-type", "text/plain")))
    charset = params.get("charset", "")
    plain = [(name, headers.unfold(raw, charset)) for name, raw in top.fields]
    first = dict(reversed(plain))
    boxes = {name: headers.mailboxes(first[name]) if name in first else () for name in _ADDRESS_FIELDS}
    missing = {f"no_{name}" for name in ("date", "from", "message-id") if not first.get(name)}
    return Message(
        size=top.size,
        headers=tuple((name, headers.words(value)) for name, value in plain),
        message_id=next(iter(headers.ids(first.get("message-id", ""))), ""),
        in_reply_to=headers.ids(first.get("in-reply-to", "")),
        references=headers.ids(first.get("references", "")),
        date=headers.date(first.get("date", "")),
        subject=headers.words(first.get("subject", "")),
        from_=next(iter(boxes["from"]), None),
        sender=next(iter(boxes["sender"]), None),
        reply_to=boxes["reply-to"],
        to=boxes["to"],
        cc=boxes["cc"],
        content_type=content_type,
        text=body.text,
        html=body.html,
        parts=tuple(harvest.parts),
        nested=nested,
        defects=tuple(sorted(harvest.defects | missing)),
        held=held,
    )
