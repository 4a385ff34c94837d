"""Which kind of reply it is: a registration, a decline, a question, or something that does not concern the event.

Looks at what was found and how the message hangs together with the invitation; reads no field.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailbot.message import Message
from mailbot.rsvp import access, people, words
from mailbot.rsvp.answer import Invitation, Kind
from mailbot.rsvp.attendance import Stance
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material
from mailbot.rsvp.own_words import OwnWords
from mailbot.rsvp.words import Hit

UNSURE = "reply-without-words"
"""The rule of a reply that says neither yes nor no: a person must look."""


DOUBTFUL = frozenset({UNSURE, "regrets", "denies", "only-signature"})


def decide(message: Message, invitation: Invitation, own: OwnWords, found: Material) -> tuple[Kind, str]:  # noqa: C901 -- rules in their order, one after the other
    """Return the kind and the name of what decided it."""
    stance, hits = found.stance, found.scene.hits
    labelled = max((r.size for r in found.reply.records), default=0)
    related = relates(message, invitation, own)
    if _is_unrelated(message, invitation, hits, related, labelled, own):
        return "unrelated", "not-about-the-event"
    others = any(not m.is_self for m in found.scene.mentions)
    proxy = bool(words.of(hits, "attendance.proxy")) and others
    later = [m for m in stance.modes if stance.cancel and m.start > stance.cancel[1] and not m.weak]
    if stance.cancel and not proxy and not later and labelled < 3:
        return "decline", "cancels"
    if _only_signs(found) and stance.no and not proxy and not _comes_after_all(stance):
        return "decline", "declines"
    if labelled >= 3 or len(found.reply.records) > 1:
        return "registration", "answers"
    if stance.conditional and found.asked and labelled < 2:
        return "question", "asks-before"
    apart = stance.sure and stance.no and abs(stance.sure[0] - stance.no[0]) > 12 and stance.sure[0] > stance.no[0]
    if stance.no and not proxy and not apart and not _comes_after_all(stance) and not _somebody_comes(found):
        return "decline", "declines"
    if proxy:
        return "registration", "somebody-instead"
    if (
        found.asked
        and labelled < 2
        and not found.stated.sure
        and not (found.stated.modes and found.stated.yes)
        and not _asks_for_computer(found)
    ):
        return "question", "only-asks"
    if stance.denied and stance.regret and not any(not m.weak for m in stance.modes):
        return "decline", "denies"
    if stance.yes or stance.modes:
        return "registration", "takes-part"
    if words.of(hits, "correction.cues") and not stance.denied and not stance.no:
        return "registration", "gives-details"
    if stance.denied or (stance.regret and labelled < 2):
        return "decline", "regrets"
    if labelled or words.of(hits, "correction.cues"):
        return "registration", "gives-details"
    if any(found.signature.has(f) for f in ("phone", "title")) and related:
        return "registration", "only-signature"
    return ("registration", UNSURE) if related else ("unrelated", "nothing-said")


def _only_signs(found: Material) -> bool:
    """Say whether the one list is rather the writer's name and post below a long letter, without a way to take part."""
    records = found.reply.records
    signers = [c for r in records if (c := r.first("name"))]
    if len(signers) != 1 or any(r.has("mode", "mode_text") for r in records):
        return False
    above = found.full_text.partition(signers[0].words)[0] if signers[0].rule == "list-name" else ""
    return len(above.split()) > 20 and found.stance.regret is not None


def _asks_for_computer(found: Material) -> bool:
    """Say whether what is asked is the computer that the invitation offers, from somebody who wants to take part."""
    told = access.needed(found.scene.text, language=found.context.language)
    return told is not None and told.wanted and bool(found.stance.yes or found.stance.modes)


def _somebody_comes(found: Material) -> bool:
    """Say whether somebody else is named who takes part though the writer does not."""
    return people.substitute(found) is not None


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


def _is_unrelated(  # noqa: PLR0917 -- one text and what was found in it go together
    message: Message, invitation: Invitation, hits: Sequence[Hit], related: bool, labelled: int, own: OwnWords
) -> bool:
    cues = words.of(hits, "unrelated.cues")
    # Where nobody told us our own address, whatever we are shown was sent to us.
    direct = not invitation.own_addresses or any(a.key in invitation.own_addresses for a in message.to)
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


def _comes_after_all(stance: Stance) -> bool:
    """Say whether a "can't" is about the place only: another clause says that the writer takes part in another way."""
    no = stance.no
    if no is None:
        return False
    ways = [m for m in stance.modes if not m.weak]
    return any(_apart(stance, no[1], m.start) or _apart(stance, m.end, no[0]) for m in ways)


def _apart(stance: Stance, one: int, other: int) -> bool:
    return one <= other and any(one <= mark <= other for mark in stance.breaks)
