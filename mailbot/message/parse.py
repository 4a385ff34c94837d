"""The one place where bytes become a `Message`: bounds first, then mail-parser in a guard, then our own walk.

mail-parser leaks exceptions that are not its own (a nested part that reuses its parent's boundary is enough), so
anything that leaves it is caught here, and the standard library's older parser is asked instead.
"""

from __future__ import annotations

import email
from email.message import Message as Tree

import mailparser

from mailbot.message import bounds, headers, pgp
from mailbot.message.model import Limits, Message
from mailbot.message.tree import Body, Harvest, own_body, text_of

_MAX_INNER = 3
"""Opaque signatures inside opaque signatures that are opened."""

_DEFAULT = Limits()


def read(raw: bytes, limits: Limits = _DEFAULT) -> Message:
    """Return the message that bytes hold. It never raises; what can't be read has a word in `held`.

    A held message still has whatever of its header could be read, so that a person can see whose it is.
    """
    word = bounds.refuse(raw, limits)
    if not word:
        cut, was_cut = bounds.without_far_ends(raw, limits)
        if bounds.too_many_lines(cut, limits):
            word = "too_large"
    if word:
        return _head_only(raw, limits, word)
    try:
        tree, defects = _parse(cut)
        message = _message(tree, len(raw), limits, defects | ({"attachment_cut"} if was_cut else set()))
    except Exception:  # noqa: BLE001 -- no bytes may stop the reading; a person looks at what this could not read
        return _head_only(raw, limits, "unreadable")
    return message


def _parse(raw: bytes) -> tuple[Tree, set[str]]:
    """Return the tree, and the words of what the parser found odd."""
    try:
        parsed = mailparser.MailParser.from_bytes(raw)
        tree = parsed.message
    except Exception:  # noqa: BLE001 -- see the module's docstring
        return email.message_from_bytes(raw), {"parser_failed"}
    return tree, ({"mime"} if parsed.has_defects else set())


def _head_only(raw: bytes, limits: Limits, word: str) -> Message:
    """Return what the top header alone says of a message that is held."""
    head = raw[: min(bounds.header_end(raw), limits.header_bytes)]
    fields = head.replace(b"\r", b"").split(b"\n")[: limits.header_count]
    try:
        tree = email.message_from_bytes(b"\n".join(fields) + b"\n\n")
        return _assembled(tree, len(raw), Body(), Harvest(limits), (), word)
    except Exception:  # noqa: BLE001 -- even a header may be beyond the parser
        return _assembled(Tree(), len(raw), Body(), Harvest(limits), (), word)


def _message(tree: Tree, size: int, limits: Limits, defects: set[str], *, nested: bool = False) -> Message:
    harvest = Harvest(limits, defects=defects)
    body = own_body(tree, harvest)
    for content in _inner(harvest):
        body = Body(f"{body.text}\n{content.text}".strip("\n"), f"{body.html}{content.html}")
    body = text_of(body)
    attached = () if nested else tuple(_nested(harvest, limits))
    return _assembled(tree, size, body, harvest, attached, _held(body, harvest))


def _inner(harvest: Harvest) -> list[Body]:
    """Return the bodies inside opaque signatures (RFC 8551 3.5.2)."""
    bodies = []
    for _ in range(_MAX_INNER):
        if not harvest.inner:
            break
        entity = harvest.inner.pop(0)
        if not bounds.refuse(entity, harvest.limits) and not bounds.too_many_lines(entity, harvest.limits):
            bodies.append(own_body(email.message_from_bytes(entity), harvest))
    return bodies


def _nested(harvest: Harvest, limits: Limits) -> list[Message]:
    found = [_message(child, 0, limits, set(), nested=True) for child in harvest.attached]
    for part in harvest.parts:
        if part.content_type in ("text/rfc822-headers", "message/global-headers", "text/rfc822-header"):
            tree = email.message_from_bytes(part.payload.lstrip() + b"\n\n")
            found.append(_assembled(tree, len(part.payload), Body(), Harvest(limits), (), ""))
        elif part.content_type in ("message/rfc822", "message/global") and part.payload:
            # Sent in base64, against RFC 2046 5.2.1, the parser leaves it closed.
            if not bounds.refuse(part.payload, limits) and not bounds.too_many_lines(part.payload, limits):
                tree = email.message_from_bytes(part.payload)
                found.append(_message(tree, len(part.payload), limits, set(), nested=True))
    return found


def _held(body: Body, harvest: Harvest) -> str:
    if harvest.too_deep:
        return "too_deep"
    if harvest.encrypted and not body:
        return "encrypted"
    if pgp.is_encrypted(body.text):
        return "encrypted"
    if harvest.winmail and not body:
        return "winmail"
    return ""


def _assembled(tree: Tree, size: int, body: Body, harvest: Harvest, nested: tuple[Message, ...], held: str) -> Message:
    charset = str(tree.get_content_charset() or "") if not tree.is_multipart() else ""
    fields = tuple((name.lower(), headers.unfold(str(value), charset)) for name, value in tree.raw_items())
    top: dict[str, str] = {}
    for name, value in fields:
        top.setdefault(name, value)
    defects = set(harvest.defects)
    defects |= {f"no_{name}" for name in ("date", "from", "message-id") if not top.get(name)}
    boxes = {name: headers.mailboxes(top.get(name, "")) for name in ("from", "sender", "reply-to", "to", "cc")}
    return Message(
        size=size,
        headers=tuple((name, headers.words(value)) for name, value in fields),
        message_id=next(iter(headers.ids(top.get("message-id", ""))), ""),
        in_reply_to=headers.ids(top.get("in-reply-to", "")),
        references=headers.ids(top.get("references", "")),
        date=headers.date(top.get("date", "")),
        subject=headers.words(top.get("subject", "")),
        from_=next(iter(boxes["from"]), None),
        sender=next(iter(boxes["sender"]), None),
        reply_to=boxes["reply-to"],
        to=boxes["to"],
        cc=boxes["cc"],
        content_type=headers.parameters(top.get("content-type", "text/plain"))[0],
        text=body.text,
        html=body.html,
        parts=tuple(harvest.parts),
        nested=nested,
        defects=tuple(sorted(defects)),
        held=held,
    )
