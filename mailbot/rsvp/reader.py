"""The way of one message through the reader: from own words to a `Reading`. See the package for the map."""

from __future__ import annotations

import re
from dataclasses import replace

from mailbot.message import Message
from mailbot.rsvp import (
    attendance,
    blocks,
    contact,
    context,
    correction,
    kind,
    language,
    passed_on,
    people,
    prose,
    signature,
    values,
    words,
)
from mailbot.rsvp.answer import Answer, Invitation, Reading
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material
from mailbot.rsvp.own_words import OwnWords, Segment, cut
from mailbot.rsvp.second import groups, weigh

ENOUGH = 22
"""Words of a reply from which on it is likely to tell what its writer does and for whom."""
_REPLY = re.compile(r"\s*[^\W\d_]{2,4}(?:\[\d+\])?\s?:")
ENOUGH_FOR_NEITHER = 16
"""Words of a reply in which neither title nor organisation was found though there is room for one."""


def language_of(text: str) -> str:
    """Return the language of a text (see language.tell)."""
    return language.tell(text)


def read(message: Message, invitation: Invitation) -> Reading:
    """Return what a person's reply says. Never raises on any message."""
    own = cut(message, invitation)
    if not own.text.strip() and not own.quoted.strip() and not _REPLY.match(message.subject):
        # Some people, and the button that List-Unsubscribe makes, say all in the subject.
        own = OwnWords(segments=(Segment(text=message.subject, where="header"),), quoted="", forwarded="")
    third = passed_on.forwarded(message, own, invitation)
    if third is not None:
        reading = _read_forwarded(message, third, own, invitation)
        if reading is not None:
            return reading
    found = material(message, invitation, own)
    return _reading(message, invitation, own, found)


def material(message: Message, invitation: Invitation, own: OwnWords) -> Material:
    """Return all that the rules find in a message."""
    # A bare list of names and numbers is in no language; the thread in which it stands is.
    spoken = language.tell(own.text) or language.tell(message.subject.rpartition(":")[2])
    around = context.gather(message, invitation, own, spoken)
    reply = blocks.take_apart(own.segments, around.sender)
    signed = signature.read(reply.signature, around.sender, spoken, around.replies_to or around.address)
    named = signed.first("name")
    if words.of(words.scan(fold(reply.text)), "correction.cues"):
        changed = correction.read(reply.text, around.sender)
        reply.single.extend([changed] if changed.size else [])
    scene = prose.scene(
        reply.text, around.sender or (named.value if named else ""), around.known, around.replies_to or around.address
    )
    asked = attendance.questions(reply.text)
    said = reply.text
    for start, end in reversed(asked):
        said = f"{said[:start]}\n{said[end:]}"
    stance = attendance.stance(reply.text)
    return Material(around, reply, scene, stance, attendance.stance(said) if asked else stance, signed, own.text, asked)


def _reading(message: Message, invitation: Invitation, own: OwnWords, found: Material) -> Reading:
    decided, rule = kind.decide(message, invitation, own, found)
    answers: tuple[Answer, ...] = ()
    if decided == "registration":
        read = people.answers(found)
        page = weigh.read(own.segments, found.context)
        group = groups.people(own.segments, page.spans, found) if len(read) > 1 else ()
        answers = weigh.weighed(_calibrated(read), page, group)
        answers = _with_earlier(message, invitation, own, found, answers)
        answers = tuple(_unread(a, found) for a in answers)
    elif decided in ("decline", "question"):
        answers = (people.declining(found),)
    asked = found.scene.text[found.asked[0][0] : found.asked[-1][1]].strip() if found.asked else ""
    unknown = decided == "registration" and not found.context.language
    return Reading(
        kind=decided,
        language=found.context.language,
        answers=tuple(_shown(a, own.text) for a in answers),
        rule=rule,
        question=asked if decided != "unrelated" else "",
        correction=decided == "registration" and bool(words.of(found.scene.hits, "correction.cues", "correction.keep")),
        review=(*(("language_unknown",) if unknown else ()), *(("kind_unsure",) if rule in kind.DOUBTFUL else ())),
        own_text=own.text,
    )


def _unread(answer: Answer, found: Material) -> Answer:
    """Ask a person to look where somebody who wrote much seems not to say their title or organisation."""
    if words.of(found.scene.hits, "correction.cues", "correction.keep"):
        return answer
    written = len(found.full_text.split())
    if answer.title is None and answer.organisation is None and written >= ENOUGH_FOR_NEITHER:
        written = ENOUGH
    reasons = ["name_not_found"] if answer.name is None else []
    reasons += [f"{f}_not_found" for f in ("title", "organisation") if getattr(answer, f) is None and written >= ENOUGH]
    return replace(answer, review=(*answer.review, *reasons)) if reasons else answer


def _with_earlier(
    message: Message, invitation: Invitation, own: OwnWords, found: Material, answers: tuple[Answer, ...]
) -> tuple[Answer, ...]:
    """Complete an answer by the writer's older mail below, where the new words refer to it."""
    older = passed_on.earlier(message, own)
    if older is None or len(answers) != 1 or not words.of(found.scene.hits, "correction.keep"):
        return answers
    before = people.answers(material(older, invitation, cut(older, invitation)))
    return (passed_on.completed(answers[0], before[0]),) if before else answers


def _read_forwarded(message: Message, third: Message, own: OwnWords, invitation: Invitation) -> Reading | None:
    """Read a colleague's mail that is passed on as the registration that it is; the words above it may add to it."""
    inner = cut(third, invitation)
    found = material(third, invitation, inner)
    reading = _reading(third, invitation, inner, found)
    if reading.kind not in ("registration", "decline"):
        return None
    above = material(message, invitation, own)
    mode = contact.common_mode(above)
    answers = tuple(replace(a, is_sender=False, mode=a.mode or mode) for a in reading.answers)
    return replace(reading, answers=tuple(_shown(a, own.text) for a in answers), own_text=own.text, rule="passed-on")


def _calibrated(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Let no value be surer of itself than its rule was found to be."""
    return tuple(
        replace(a, **{n: values.calibrated(v) for n, v in a.values().items()})  # type: ignore[arg-type]  # as below
        for a in answers
    )


def _shown(answer: Answer, own_text: str) -> Answer:
    """Give every value its place in the own text."""
    placed = {n: values.evidence(v, own_text) for n, v in answer.values().items()}
    return replace(answer, **placed)  # type: ignore[arg-type]  # the names are fields of Answer
