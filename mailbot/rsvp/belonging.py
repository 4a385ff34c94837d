"""Whether a message has to do with the invitation, or is somebody else's business that came to our mailbox.

Looks at the thread, the subject, what is quoted and what the text speaks of.
"""

from __future__ import annotations

import re

from mailbot.message import Message
from mailbot.rsvp import words
from mailbot.rsvp.answer import Invitation
from mailbot.rsvp.fold import fold
from mailbot.rsvp.own_words import OwnWords
from mailbot.rsvp.signs import Signs

_REPLY = re.compile(r"\s*[^\W\d_]{1,4}(?:\[\d+\])?\s?:")


def relates(message: Message, invitation: Invitation, own: OwnWords) -> bool:
    """Say whether a message hangs together with the invitation: by what it names, or by our mail below."""
    quoted = fold(own.quoted + own.forwarded)
    return names_event(message, invitation, own) or any(address in quoted for address in invitation.own_addresses)


def names_event(message: Message, invitation: Invitation, own: OwnWords) -> bool:
    """Say whether it belongs to the invitation's thread, or names the event in its subject or in what it quotes."""
    if in_thread(message, invitation):
        return True
    subject, quoted = fold(message.subject), fold(own.quoted + own.forwarded)
    return any(fold(word) in subject or fold(word) in quoted for word in invitation.subject_words)


def in_thread(message: Message, invitation: Invitation) -> bool:
    return bool({*message.in_reply_to, *message.references} & invitation.message_ids)


def is_unrelated(message: Message, invitation: Invitation, signs: Signs, own: OwnWords) -> bool:
    """Say whether a message of no thread of ours is somebody else's business."""
    titled = words.scan(fold(message.subject))
    about = words.of(titled, "kind.about")
    if words.of(titled, "unrelated.cues") and not about:
        return True
    if signs.said("unrelated.cues") and (signs.labelled < 4 or not about):
        return True
    if not message.in_reply_to and not _REPLY.match(message.subject):
        return False
    named = any(fold(w) in fold(own.text) for w in invitation.subject_words)
    spoken = named or bool(about or signs.said("kind.about", "correction.cues"))
    # Where nobody told us our own address, whatever we are shown was sent to us.
    direct = not invitation.own_addresses or any(a.key in invitation.own_addresses for a in message.to)
    return not spoken and (signs.labelled < 3 or not direct)
