"""The way of one message through the reader: from own words to a `Reading`. See the package for the map."""

from __future__ import annotations

from dataclasses import replace

from mailbot.message import Message
from mailbot.rsvp import attendance, blocks, context, kind, language, people, prose, signature, values, words
from mailbot.rsvp.answer import Answer, Invitation, Reading
from mailbot.rsvp.own_words import OwnWords, cut
from mailbot.rsvp.people import Material


def language_of(text: str) -> str:
    """Return the language of a text (see language.tell)."""
    return language.tell(text)


def read(message: Message, invitation: Invitation) -> Reading:
    """Return what a person's reply says. Never raises on any message."""
    own = cut(message, invitation)
    found = _material(message, invitation, own)
    asked = attendance.question(_spoken(found))
    asks = asked is not None
    others = any(not m.is_self for m in found.scene.mentions)
    decided, rule = kind.decide(
        message, invitation, own, found.reply, found.scene, found.stance, asks=asks, others=others
    )
    answers: tuple[Answer, ...] = ()
    if decided == "registration":
        answers = people.answers(found)
    elif decided in ("decline", "question"):
        answers = (people.declining(found),)
    question = _spoken(found)[asked[0] : asked[1]].strip() if asked and decided != "unrelated" else ""
    review = () if found.context.language or decided != "registration" else ("language_unknown",)
    return Reading(
        kind=decided,
        language=found.context.language,
        answers=tuple(_shown(a, own.text) for a in answers),
        rule=rule,
        question=question,
        correction=decided == "registration" and bool(words.of(found.scene.hits, "correction.cues", "correction.keep")),
        review=review,
        own_text=own.text,
    )


def _material(message: Message, invitation: Invitation, own: OwnWords) -> Material:
    spoken = language.tell(own.text)
    around = context.gather(message, invitation, own, spoken)
    reply = blocks.take_apart(own.segments, around.sender)
    signed = signature.read(reply.signature, around.sender, spoken)
    text = "\n".join([*reply.prose, *(a for _, a in reply.answers[:0])])
    scene = prose.scene(
        text, around.sender or (signed.first("name").value if signed.first("name") else ""), around.known
    )  # type: ignore[union-attr] -- asked just before
    return Material(around, reply, scene, attendance.stance(text), signed, own.text)


def _spoken(found: Material) -> str:
    return found.scene.text


def _shown(answer: Answer, own_text: str) -> Answer:
    """Give every value its place in the own text."""
    placed = {n: values.evidence(v, own_text) for n, v in answer.values().items()}
    return replace(answer, **placed)  # type: ignore[arg-type] -- the names are fields of Answer
