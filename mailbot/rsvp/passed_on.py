"""Mails inside a reply: a colleague's answer passed on, and the writer's own earlier one.

Turns each into a message of its own, to be read like any other. Never looks at attached messages.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mailbot.addresses import Address, first
from mailbot.message import Message
from mailbot.rsvp.answer import Answer, Invitation
from mailbot.rsvp.own_words import OwnWords

_FROM = re.compile(r"^\W{0,3}(?:De|From|Von|Da|От|من|Od|Van)\s?:\s*(.+)$", re.IGNORECASE | re.MULTILINE)
_HEADER = re.compile(r"^\W{0,3}[^\W\d_][\w .À-ÿ-]{0,18}\s?:\s*.*$")
_HEAD_LINES = 8


def forwarded(message: Message, own: OwnWords, invitation: Invitation) -> Message | None:
    """Return the mail of a third person that is passed on, None where nothing but our own mail is."""
    text = next((s.text for s in own.segments if s.where == "forwarded"), "")
    head = _FROM.search(text[:2000]) if text else None
    if head is None:
        return None
    sender = first(head[1].replace("[mailto:", "<").replace("]", ">"))
    if sender is None or sender.key in invitation.own_addresses or (message.from_ and sender.key == message.from_.key):
        return None
    return _as_message(message, sender, _below_head(text[head.start() :]))


def earlier(message: Message, own: OwnWords) -> Message | None:
    """Return what the writer had written before, None where nothing of it is quoted."""
    if not own.earlier.strip() or message.from_ is None:
        return None
    return _as_message(message, message.from_, own.earlier)


def completed(answer: Answer, older: Answer) -> Answer:
    """Return an answer with what only the older one gives; what both give is the newer's."""
    missing = {n: v for n, v in older.values().items() if getattr(answer, n) is None and n != "needs_access"}
    fuller = older.name if older.name and (answer.name is None or answer.name.where == "header") else answer.name
    return replace(answer, **{**missing, "name": fuller})  # type: ignore[arg-type]  # the names are fields of Answer


def _below_head(text: str) -> str:
    lines = text.split("\n")
    at = 0
    while at < min(len(lines), _HEAD_LINES) and (not lines[at].strip() or _HEADER.match(lines[at])):
        at += 1
    return "\n".join(lines[at:])


def _as_message(message: Message, sender: Address, text: str) -> Message:
    return replace(message, from_=sender, sender=None, reply_to=(), cc=(), text=text, html="", parts=(), nested=())
