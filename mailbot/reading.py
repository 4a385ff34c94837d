"""Which kind of message it is, and what it says: the one pure face of all reading.

Asks in the field's order: held, bounce, calendar's answer, automatic answer, a person's reply. Whatever goes wrong
below becomes kind `held` with reason `unreadable`; no exception leaves it, and it looks nothing up outside its
arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mailbot import bounce, calendar, phrases, robots, rsvp
from mailbot.message import Message
from mailbot.rsvp.answer import FIELDS, Answer, Invitation, Reading, Value
from mailbot.rsvp.names import natural

_SERVER_SAID = re.compile(r"\b[245]\d\d[ -]#?[245]\.\d{1,3}\.\d{1,3}\b")

_ROBOT_TOPICS = ("automatic", "absent", "left", "received", "challenge", "read_receipt", "automatic_subject")

_SAYS_LITTLE = ("reply-without-words", "gives-details")
"""Rules of `rsvp` that rest on the message being a reply at all: they can't overrule a sign that it is none."""

_Reader = Callable[[Message, Invitation], Reading | None]


def read(message: Message, invitation: Invitation) -> Reading:
    """Return what a message is and says; it never raises."""
    try:
        return next(r for reader in _READERS if (r := reader(message, invitation)) is not None)
    except Exception as e:  # noqa: BLE001 -- the promise of this module: one odd message stops nothing, and is not lost
        return Reading("held", rule=f"raised.{type(e).__name__}", reason="unreadable")


def _held(message: Message, invitation: Invitation) -> Reading | None:
    return Reading("held", rule="message", reason=message.held) if message.held else None


def _bounce(message: Message, invitation: Invitation) -> Reading | None:
    found = bounce.read(message)
    if found is None:
        return None
    text = bounce.own_text(message)
    # What a foreign server said is quoted in its own language.
    prose = "\n".join(line for line in text.splitlines() if not _SERVER_SAID.search(line))
    return Reading("bounce", language=_language(prose, "bounce", "bounce_subject"), rule=found.rule, own_text=text)


def _calendar(message: Message, invitation: Invitation) -> Reading | None:
    found = calendar.read(message, invitation)
    if found is None:
        return None
    told = _language(f"{found.own_text}\n{message.text}\n{message.subject}", "answered")
    return replace(found, language=told, answers=_named(found.answers))


def _robot(message: Message, invitation: Invitation) -> Reading | None:
    found = robots.read(message, invitation)
    if found is None:
        return None
    if robots.PERHAPS in found.review:
        # The sign alone is weak: if the words register or decline, a person wrote them, and a person shall look.
        said = rsvp.read(message, invitation)
        if said.kind in ("registration", "decline") and said.answers and said.rule not in _SAYS_LITTLE:
            return replace(said, review=(*said.review, robots.PERHAPS))
    told = _language(found.own_text or message.subject, *_ROBOT_TOPICS)
    return replace(found, language=told, answers=_named(found.answers))


def _named(answers: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Return the answers with names as they stand on a list: programs write "BERG Anna" and "Berg, Anna"."""
    return tuple(replace(a, name=replace(a.name, value=natural(str(a.name.value)))) if a.name else a for a in answers)


def _language(text: str, *topics: str) -> str:
    """Return the language of a machine's text: of its small words, else of the first set phrase that it uses."""
    told = rsvp.language_of(text)
    if told not in ("", "mixed"):
        return told
    folded = phrases.fold(text)
    return next((found.language for topic in topics if (found := phrases.find(topic, folded))), told)


def _reply(message: Message, invitation: Invitation) -> Reading:
    return rsvp.read(message, invitation)


_READERS: tuple[_Reader, ...] = (_held, _bounce, _calendar, _robot, _reply)


# ---------------------------------------------------------------- as JSON


def to_json(file: str, reading: Reading) -> dict[str, Any]:
    """Return a reading as the JSON object that `mailbot read --json` prints, a line a message.

    `file`, `kind`, `language` and `participants` (the seven fields, and `partstat`, which only calendar replies have)
    have the shape of a corpus's truth. Added are `confidence` (0 to 1), `review` (a person should look),
    `review_reasons`, and `evidence`: for each participant, in their order, the words behind each value.
    """
    line: dict[str, Any] = {
        "file": file,
        "kind": reading.kind,
        "language": reading.language,
        "participants": [_person(answer, reading) for answer in reading.answers],
        "evidence": [{f: _evidence(v) for f, v in answer.values().items()} for answer in reading.answers],
        "confidence": round(reading.confidence, 3),
        "review": bool(reading.review),
        "review_reasons": list(reading.review),
        "rule": reading.rule,
    }
    for key in ("reason", "question", "correction"):
        if value := getattr(reading, key):
            line[key] = value
    return line


def _person(answer: Answer, reading: Reading) -> dict[str, Any]:
    values = answer.values()
    person: dict[str, Any] = {f: v.value if (v := values.get(f)) else None for f in FIELDS}
    if reading.kind == "registration":
        person["needs_access"] = bool(person["needs_access"])
    return person | {
        "partstat": answer.partstat if reading.kind == "calendar_reply" else None,
        "confidence": round(answer.confidence, 3),
        "review": bool(answer.review),
        "review_reasons": list(answer.review),
    }


def _evidence(value: Value) -> dict[str, Any]:
    return {
        "words": value.words,
        "where": value.where,
        "rule": value.rule,
        "confidence": round(value.confidence, 3),
        "start": value.start,
    }
