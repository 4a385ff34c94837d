"""How somebody is reached and takes part: telephone, address, way of taking part, the need for a computer.

Weighs candidates; finds none itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mailbot.rsvp import access, attendance, each, names, phones, pieces, reached, values, ways
from mailbot.rsvp.answer import SURE, Answer, Value, Where
from mailbot.rsvp.candidates import Candidate, Record
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material, is_writer
from mailbot.rsvp.prose import Mention

_US = re.compile(
    r"\b(?:we|us|our|both|nous|notre|nos|nosotr[oa]s|nuestr\w+|tenemos|podemos|nosso|nossa|nos|temos|podemos|wir|uns\w*|"
    r"noi|nostr\w|abbiamo)\b"
)


def own_phone(found: Material, record: Record) -> tuple[Value | None, tuple[str, ...]]:
    given = record.values.get("phone", [])
    if given:
        return values.phone(given, found.context)
    spoken = [c for c in phones_in(found, 0, len(found.scene.text)) if c.value.split("|")[2] != "other"]
    value, review = values.phone(spoken, found.context)
    if value:
        return value, review
    return values.phone(found.signature.values.get("phone", ()), found.context)


def phone_in(
    found: Material, one: Mention, start: int, end: int, *, alone: bool
) -> tuple[Value | None, tuple[str, ...]]:
    """Return somebody's number: in their own stretch of the text, or behind their first name."""
    stretch = phones_in(found, start, end)
    if alone:
        later = [c for c in phones_in(found, 0, len(found.scene.text)) if not _is_own(c)]
        said = [c for c in later if c.value.split("|")[2] == "other"]
        signed = [
            n.text for n in phones.find(found.scene.text) if _signed(found.scene.text, n.start, found.context.sender)
        ]
        rest = [c for c in phones_in(found, 0, len(found.scene.text)) if c.words not in signed]
        return values.phone(said or later or rest, found.context)
    value, review = values.phone([c for c in stretch if one.is_self or not _is_own(c)], found.context)
    if value:
        return value, review
    if one.is_self:
        return values.phone([c for c in phones_in(found, 0, len(found.scene.text)) if _is_own(c)], found.context)
    first = names.bare_name(one.name).split()[0]
    for number in phones.find(found.scene.text):
        before = found.scene.text[max(0, number.start - 35) : number.start]
        if first in before:
            return values.phone([phone_candidate(number)], found.context)
    return None, ()


def phones_in(found: Material, start: int, end: int) -> list[Candidate]:
    text = found.scene.text
    return [
        phone_candidate(n if not _signed(text, n.start, found.context.sender) else replace(n, whose="own"))
        for n in phones.find(text)
        if start <= n.start < end
    ]


def _signed(text: str, at: int, sender: str) -> bool:
    """Say whether a number stands behind the writer's own name or initials ("PYB, 418 647-2183")."""
    before = re.sub(r"\W", "", text[text.rfind("\n", 0, at) + 1 : at])
    parts = re.split(r"[\s-]+", sender)
    return len(before) > 1 and before in ("".join(p[:1] for p in parts), "".join(parts), *parts)


def phone_candidate(number: phones.Phone) -> Candidate:
    return Candidate(
        "phone",
        f"{number.kind}|{number.text}|{number.whose}|{number.code}",
        number.text,
        "body",
        "sentence-phone",
        0.94,
    )


def _is_own(number: Candidate) -> bool:
    return number.value.split("|")[2].startswith("own")


def stretch_of(found: Material, one: Mention, *, alone: bool) -> tuple[int, int]:
    """Return the piece of text that speaks of somebody: from their name to the next one's."""
    if alone:
        return 0, len(found.scene.text)
    following = [m.start for m in found.scene.mentions if m.start > one.start]
    return one.start, min(following, default=len(found.scene.text))


def email_of(found: Material, record: Record, name: str, *, mine: bool, alone: bool = False) -> Value | None:
    """Return where the person is to be written to: the address the message gives for them, else the sender's own."""
    context = found.context
    given = [c for c in record.values.get("email", ()) if c.value.casefold() not in context.known]
    labelled = [c for c in given if c.rule.startswith(("label", "list"))]
    if labelled:
        return values.of_candidate(labelled[0])
    spoken = [
        Candidate("email", m.group(), m.group(), "body", "sentence-email", 0.9)
        for m in pieces.EMAIL.finditer(found.scene.text)
        if m.group().casefold() not in context.known
    ]
    fitting = [c for c in spoken if name and names.fits_address(name, c.value) >= 0.6]
    if fitting and (not mine or alone):
        return values.of_candidate(max(fitting, key=lambda c: names.fits_address(name, c.value)))
    copied = next(
        (
            a
            for a in context.copies
            if name and (names.same_person(a.name, name) or names.fits_address(name, a.email) >= 0.8)
        ),
        None,
    )
    if mine:
        return _writers_own(found, spoken if alone else [], name)
    if told := next(iter(fitting), None) or reached.named_before(found, name, spoken):
        return values.of_candidate(told)
    if alone and len(spoken) == 1:
        return values.of_candidate(spoken[0], confidence=0.88)
    if copied:
        return values.header(copied.email, copied.email, "cc", 0.9)
    if theirs := reached.not_anothers(found, name, given):
        return values.of_candidate(theirs[0], confidence=0.85)
    if reached.at_the_writers(found, name, record.text, alone=alone):
        return values.header(context.replies_to or context.address, context.address, "this-address", 0.85)
    return None


def _writers_own(found: Material, spoken: Sequence[Candidate], name: str) -> Value | None:
    """Return the writer's address: the one they give in the sentences or sign with, else where their mail came from."""
    context = found.context
    ours = {context.address.casefold(), context.replies_to.casefold()}
    if len(spoken) == 1 and spoken[0].value.casefold() not in ours and for_me(found, spoken[0].value):
        return values.of_candidate(spoken[0], confidence=0.85)
    signed = [c for c in found.signature.values.get("email", ()) if names.fits_address(name, c.value) >= 0.8]
    if signed and name and not context.replies_to and signed[0].value.casefold() not in ours:
        return values.of_candidate(signed[0], confidence=0.82)
    address = context.replies_to or context.address
    return values.header(address, address, "reply-to" if context.replies_to else "from", 0.97) if address else None


def for_me(found: Material, address: str) -> bool:
    """Say whether an address in the sentences is given as the writer's own."""
    other = [m for m in found.scene.mentions if not m.is_self and names.fits_address(m.name, address) >= 0.6]
    return not other


def own_mode(found: Material, record: Record) -> tuple[Value | None, tuple[str, ...]]:
    given = values.mode_of(record, found.context)
    spoken = common_mode(found)
    if given and spoken and given.value != spoken.value and spoken.confidence > 0.8:
        return replace(given, confidence=0.7), ("mode_contradicts",)
    if given:
        return given, ()
    if spoken is None:
        return _guessed_mode(found), ()
    return spoken, ("mode_contradicts",) if spoken.confidence < 0.7 else ()


def _guessed_mode(found: Material) -> Value | None:
    """Return the way that something outside the sentences lets guess, or that is left where the other is denied."""
    text = found.full_text
    guessed = next(iter(attendance.modes(text, hints=True)), None) or ways.implied(text)
    return Value(guessed.value, text[guessed.start : guessed.end], "body", "guessed-mode", 0.78) if guessed else None


def mode_among(found: Material, name: str, all_names: Sequence[str]) -> Value | None:
    """Return the way of taking part that is said of one of several people, else what is said of all."""
    everybody = [each.Person(n, is_writer(found, n)) for n in all_names]
    one = next((p for p in everybody if p.name == name), None)
    way = each.way_of(found.full_text, everybody, one) if one and len(everybody) > 1 else None
    if way:
        return Value(way.value, found.full_text[way.start : way.end], "body", "sentence-mode-of-each", 0.88)
    return common_mode(found)


def common_mode(found: Material) -> Value | None:
    """Return the way of taking part that the sentences name."""
    return mode_value(found.stance.modes, found.scene.text, "sentence-mode")


def mode_value(modes: Sequence[attendance.Mode], text: str, rule: str) -> Value | None:
    if not modes:
        return None
    kinds = {m.value for m in modes}
    strong = [m for m in modes if not m.weak]
    pick = strong[0] if strong else modes[0]
    confidence = 0.93 if len(kinds) == 1 else 0.6
    if pick.weak:
        confidence = 0.82
    if len(kinds) > 1:
        pick = modes[-1]
    return Value(pick.value, text[pick.start : pick.end], "body", rule, confidence)


def with_access(found: Material, answer: Answer, *, instead: bool = False) -> Answer:
    """Add whether the person needs a computer, as the answers to the offer of one, the labels and the sentences say.

    Who comes `instead` of the writer asks for one or not; what the writer lacks is no matter then.
    """
    told = [
        (said, access.needed(said, language=found.context.language, offered=True))
        for p, said in found.reply.answers
        if about_connection(p)
    ]
    given = next(((s, n) for s, n in told if n and n.wanted), next(((s, n) for s, n in told if n), None))
    if given:
        return replace(answer, needs_access=_access(*given, "quote", "answered-point-5"))
    need = access.needed(found.full_text, language=found.context.language)
    if need is None or (instead and need.confidence == access.OPEN_ENDED):
        return answer
    value = _access(found.full_text, need, "body", "sentence-access")
    mode = answer.mode
    if mode is None and need.wanted and value.confidence >= SURE:
        mode = replace(value, value="online", rule="access-means-online", confidence=0.82)
    return replace(answer, needs_access=value, mode=mode)


def shared_need(found: Material) -> bool:
    """Say whether the need for a computer is said of all who come ("the two of us", "our connection")."""
    need = access.needed(found.full_text, language=found.context.language)
    if need is None or not need.wanted:
        return False
    folded = fold(found.full_text)
    before = re.split(r"[.!?\n]", folded[: need.start])[-1]
    return bool(_US.search(before + re.split(r"[.!?\n]", folded[need.start :])[0]))


def _access(text: str, need: access.Need, where: Where, rule: str) -> Value:
    return Value(need.wanted, text[need.start : need.end], where, rule, need.confidence)


def about_connection(prompt: str) -> bool:

    return any(
        w in fold(prompt)
        for w in (
            "minimum requirements",
            "exigences minimales",
            "requisitos minimos",
            "country office",
            "bureau de pays",
            "oficina de pais",
            "escritorio de pais",
            "requisitos",
        )
    )
