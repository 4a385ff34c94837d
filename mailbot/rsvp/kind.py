"""Which kind of reply it is: a registration, a decline, a question, or something that does not concern the event.

Looks at what was found and how the message hangs together with the invitation; reads no field.
"""

from __future__ import annotations

from mailbot.message import Message
from mailbot.rsvp import words
from mailbot.rsvp.answer import Invitation, Kind
from mailbot.rsvp.attendance import Stance
from mailbot.rsvp.blocks import Reply
from mailbot.rsvp.fold import fold
from mailbot.rsvp.own_words import OwnWords
from mailbot.rsvp.prose import Scene


def decide(
    message: Message,
    invitation: Invitation,
    own: OwnWords,
    reply: Reply,
    scene: Scene,
    stance: Stance,
    *,
    asks: bool,
    others: bool,
) -> tuple[Kind, str]:
    """Return the kind and the name of what decided it."""
    labelled = max((r.size for r in reply.records), default=0)
    related = relates(message, invitation, own)
    hits = scene.hits
    if _is_unrelated(message, invitation, hits, related, labelled, own):
        return "unrelated", "not-about-the-event"
    proxy = bool(words.of(hits, "attendance.proxy")) and others
    if stance.cancel and not proxy and not stance.modes and labelled < 3:
        return "decline", "cancels"
    if labelled >= 3 or len(reply.records) > 1:
        return "registration", "answers"
    if stance.no and not proxy and not _comes_after_all(stance, others, hits):
        if not (asks and stance.conditional):
            return "decline", "declines"
    if stance.conditional and asks and labelled < 2:
        return "question", "asks-before"
    if proxy:
        return "registration", "somebody-instead"
    if stance.yes or stance.modes:
        if asks and not stance.modes and not _plain_yes(stance, scene) and labelled < 2:
            return "question", "only-asks"
        return "registration", "takes-part"
    if asks and labelled < 2:
        return "question", "only-asks"
    if labelled or words.of(hits, "correction.cues"):
        return "registration", "gives-details"
    if asks:
        return "question", "only-asks"
    return ("registration", "reply-without-words") if related else ("unrelated", "nothing-said")


def relates(message: Message, invitation: Invitation, own: OwnWords) -> bool:
    """Say whether a message hangs together with the invitation: by thread, subject, or what it quotes."""
    thread = {*message.in_reply_to, *message.references}
    if thread & invitation.message_ids:
        return True
    subject = fold(message.subject)
    if any(fold(word) in subject for word in invitation.subject_words):
        return True
    quoted = fold(own.quoted + own.forwarded)
    return any(address in quoted for address in invitation.own_addresses) or any(
        fold(w) in quoted for w in invitation.subject_words
    )


def _is_unrelated(
    message: Message, invitation: Invitation, hits: object, related: bool, labelled: int, own: OwnWords
) -> bool:
    cues = words.of(hits, "unrelated.cues")  # type: ignore[arg-type] -- a tuple of hits
    direct = any(a.key in invitation.own_addresses for a in message.to)
    if message.header("list-unsubscribe") and not (
        {*message.in_reply_to, *message.references} & invitation.message_ids
    ):
        return True
    if related:
        return False
    if cues and labelled < 4:
        return True
    other_thread = bool(message.in_reply_to) and not direct
    about = any(
        fold(w) in fold(own.text)
        for w in (*invitation.subject_words, "webinar", "webinaire", "seminar", "inscri", "registration", "webex")
    )
    return other_thread and not about


def _comes_after_all(stance: Stance, others: bool, hits: object) -> bool:
    """Say whether a "can't" is about the place only: the writer takes part in another way."""
    assert stance.no is not None
    strong = [m for m in stance.modes if not m.weak]
    if strong and any(m.start > stance.no[1] or m.end < stance.no[0] for m in strong):
        return True
    return False


def _plain_yes(stance: Stance, scene: Scene) -> bool:
    """Say whether the yes stands in a sentence that does not ask."""
    if stance.yes is None:
        return False
    end = stance.yes[1]
    rest = scene.text[end : end + 200]
    stop = min((i for i in (rest.find(". "), rest.find("!"), rest.find("\n")) if i >= 0), default=len(rest))
    return "?" not in rest[:stop]
