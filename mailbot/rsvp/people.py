"""Who registers: the writer, a colleague instead, the head for whom an assistant writes, or several.

Weighs what labels, lists, sentences and the signature found, and gives each person their own. Single fields are for
work and contact to choose; which kind of message it is, for kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mailbot.rsvp import attendance, contact, names, pieces, talked_about, unnamed, values, words, work, writer
from mailbot.rsvp.answer import Answer, Value
from mailbot.rsvp.candidates import Candidate, Record
from mailbot.rsvp.context import Context
from mailbot.rsvp.material import Material, is_writer, other_people, others_named
from mailbot.rsvp.prose import Mention


def answers(found: Material) -> tuple[Answer, ...]:
    """Return one answer for each person whom the message registers."""
    listed = [r for r in found.reply.records if r.has("name", "given", "family")]
    if len(listed) > 1:
        return tuple(_listed(found, record, listed) for record in listed)
    others = writer.those_who_come(found, other_people(found))
    if listed:
        return (_from_record(found, listed[0], others),)
    nameless = [r for r in found.reply.records if r.size]
    if len(others) >= 1 and _several(found, others):
        return tuple(_mentioned(found, m, alone=False) for m in _together(found, others))
    if others and not nameless:
        if (too := writer.comes_too(found, others)) is not None and not _names_themselves(found):
            me = _with_own_mode(found, _self(found, nameless), too.modes)
            both = (me, *(_mentioned(found, m, alone=False) for m in too.others))
            return tuple(replace(a, review=(*a.review, writer.UNSURE)) for a in both) if too.others else both
        chosen = _substitute(found, others)
        if chosen:
            return (_mentioned(found, chosen, alone=True),)
    return (_self(found, nameless),)


def _with_own_mode(found: Material, answer: Answer, modes: Sequence[attendance.Mode]) -> Answer:
    """Give the writer the way to take part that their own sentence names, whatever others do."""
    if not modes or len({m.value for m in modes}) > 1:
        return answer
    one = modes[0]
    mode = Value(one.value, found.scene.text[one.start : one.end], "body", "own-sentence-mode", 0.9)
    return replace(answer, mode=mode, review=tuple(w for w in answer.review if w != "mode_contradicts"))


def _names_themselves(found: Material) -> bool:
    """Say whether the writer stands in the sentences with their name: then those tell better who is meant."""
    return any(m.is_self and not names.is_partial(m.name) for m in found.scene.mentions)


def declining(found: Material) -> Answer:
    """Return who declines: address and name, nothing else."""
    full = _self(found, [])
    return Answer(email=full.email, name=full.name)


def substitute(found: Material) -> Mention | None:
    """Return who comes instead of the writer, or for whom the writer writes, by the sentences; None for the writer."""
    others = writer.those_who_come(found, other_people(found))
    return _substitute(found, others) if others else None


def _several(found: Material, others: Sequence[Mention]) -> bool:
    """Say whether the sentences register several people rather than one in somebody's place."""
    hits = found.scene.hits
    me = [m for m in found.scene.mentions if m.is_self]
    if words.of(hits, "attendance.proxy") or found.stance.no or found.stance.cancel:
        return False
    if _and_myself(found, others):
        return True
    both = bool(words.of(hits, "attendance.both"))
    said_me = bool(me) and any(h.key == "people.me" for h in hits)
    if both and len(others) + len(me) >= 2:
        return True
    if me and said_me and any(_comes_too(found, m) for m in others):
        return not words.of(hits, "attendance.assistant")
    return len(others) >= 2 and not me and not words.of(hits, "attendance.assistant")


def _and_myself(found: Material, others: Sequence[Mention]) -> bool:
    """Say whether the writer joins somebody: "Claude Thommes et moi-même", "eu e a Maria"."""
    for mention in others:
        around = found.scene.folded[max(0, mention.start - 14) : mention.end + 22]
        me = r"(?:moi[ -]meme|moi|myself|me|yo misma|yo mismo|yo|eu|ich|io|i)"
        and_ = r"(?:et|and|y|e|und|&)"
        if re.search(rf"\b{and_}\s+{me}\b", around) or re.search(rf"\b{me}\s+{and_}\b", around):
            return True
    return False


def _comes_too(found: Material, one: Mention) -> bool:
    before = found.scene.folded[max(0, one.start - 60) : one.start]
    joined = any(before.rstrip().endswith(f" {w}") or f" {w} " in before[-28:] for w in ("and", "et", "y", "e", "und"))
    return joined or one.title is not None


def _together(found: Material, others: Sequence[Mention]) -> list[Mention]:
    me = [m for m in found.scene.mentions if m.is_self]
    if not me and _and_myself(found, others):
        me = [_writer(found)]
    return sorted([m for m in (*me, *others) if m.name], key=lambda m: m.start)


def _writer(found: Material) -> Mention:
    """Return the writer as a person of the text where only "myself" stands there."""
    signed = found.signature.first("name")
    name = found.context.sender
    if signed and (not name or names.is_partial(name)):
        name = signed.value
    return Mention(name, 0, 0, True, False)


def _substitute(found: Material, others: Sequence[Mention]) -> Mention | None:
    """Return the one who comes instead of the writer, or for whom the writer writes; None where it is the writer."""
    hits = found.scene.hits
    proxy = words.of(hits, "attendance.proxy")
    assistant = words.of(hits, "attendance.assistant")
    me = [m for m in found.scene.mentions if m.is_self and not names.is_partial(m.name)]
    strong = [m for m in others if m.honorific or m.title or len(m.name.split()) > 1]
    if not strong:
        return None
    if proxy or found.stance.no:
        if me and me[-1].start > strong[-1].start and not found.stance.no:
            return None
        if _stands_in_themselves(found, strong):
            return None
        if len(strong) > 1 and proxy:
            behind = [m for m in strong if m.end > proxy[0].start]
            return behind[0] if behind else strong[-1]
        return strong[0] if proxy or _takes_part(found, strong[0]) else None
    if me:
        return None
    if assistant or strong[0].honorific or not found.context.sender or _takes_part(found, strong[0]):
        return strong[0] if _takes_part(found, strong[0]) or assistant else None
    return None


def _stands_in_themselves(found: Material, others: Sequence[Mention]) -> bool:
    """Say whether the writer is the one who replaces somebody: "c'est moi qui la remplace"."""
    folded = found.scene.folded
    return (
        any(
            w in folded
            for w in (
                "bibi qui",
                "moi qui la remplace",
                "moi qui le remplace",
                "je remplace",
                "i will replace",
                "i replace",
                "i am replacing",
                "reemplazo a",
                "sustituyo a",
                "substituo",
                "ich vertrete",
                "sostituisco",
                "instead of her",
                "instead of him",
            )
        )
        and len(others) == 1
    )


def _takes_part(found: Material, one: Mention) -> bool:
    """Say whether the sentence about somebody says that they come."""
    start = max(0, one.start - 120)
    around = found.scene.text[start : one.end + 260]
    said = attendance.stance(around)
    return bool(said.yes or said.modes) or bool(words.of(found.scene.hits, "attendance.assistant"))


def _listed(found: Material, record: Record, all_records: Sequence[Record]) -> Answer:
    """Answer for one of several people that a list or labelled blocks name."""
    named = values.of_record_name(record, found.context)
    assert named is not None
    mine = is_writer(found, named.value)
    name = values.name(named, found.context, (found.signature.first("name") or named).value.split("\n"))
    phone, review = values.phone(record.values.get("phone", ()), found.context)
    answer = Answer(
        email=contact.email_of(found, record, str(name.value), mine=mine),
        name=name,
        title=work.title_of(found, record),
        phone=phone,
        organisation=work.organisation_of(found, record, all_records),
        mode=values.mode_of(record, found.context) or contact.common_mode(found),
        review=review,
        is_sender=mine,
    )
    return contact.with_access(found, answer) if mine or len(all_records) == 1 else answer


def _from_record(found: Material, record: Record, others: Sequence[Mention]) -> Answer:
    """Answer for the one person that a labelled block or a list names: the writer, or somebody the writer enters."""
    named = values.of_record_name(record, found.context)
    assert named is not None
    mine = is_writer(found, named.value) or not _enters_another(found, named.value, record)
    if not mine:
        for nameless in found.reply.records:
            if nameless is not record and not nameless.has("name", "given", "family"):
                record.merge(nameless)
        return replace(contact.with_access(found, _listed(found, record, [record])), is_sender=False)
    for other in found.reply.records + found.reply.single:
        if other is not record:
            record.merge(other)
    return _self(found, [record])


def _enters_another(found: Material, name: str, record: Record) -> bool:
    """Say whether a named person is not the writer though nothing says so: the sender is somebody else.

    Or an office.
    """
    context = found.context
    hits = found.scene.hits
    signed = found.signature.first("name")
    if signed and not names.same_person(signed.value, name) and not names.is_partial(signed.value):
        return True
    if (
        words.of(hits, "attendance.proxy", "attendance.assistant")
        and context.sender
        and not names.same_person(context.sender, name)
    ):
        return True
    if context.sender and not names.is_partial(context.sender) and not names.same_person(context.sender, name):
        return (
            names.fits_address(name, context.replies_to or context.address) < 0.6
            and len(names.parts_of(context.sender)) > 1
        )
    if not context.sender and context.shown:
        given = record.first("email")
        return bool(given) or (
            names.fits_address(name, context.address) < 0.6 and bool(words.of(hits, "attendance.assistant"))
        )
    return False


def _mentioned(found: Material, one: Mention, *, alone: bool) -> Answer:
    """Answer for somebody whom the sentences name."""
    mine = one.is_self or is_writer(found, one.name)
    start, end = contact.stretch_of(found, one, alone=alone)
    stretch = found.scene.text[start:end]
    named = Candidate("name", one.name, found.scene.text[one.start : one.end], "body", "sentence-name", 0.93)
    if mine:
        full = _self(found, []) if alone else None
        if full:
            return full
    title = work.of_phrase(one.title, "title", "sentence-apposition", 0.92)
    if not title and alone and not mine:
        title = work.of_phrase(work.said_of_them(found), "title", "sentence-title-of-them", 0.85)
    if not title:
        title = work.of_phrase(unnamed.title_of(found.scene, one), "title", "sentence-title-by-place", 0.76)
    if not title and mine:
        title = work.own_title(found, [], exclude=[m for m in found.scene.mentions if m is not one])
    organisation = work.of_phrase(one.organisation, "organisation", "sentence-organisation", 0.92)
    phone, review = contact.phone_in(found, one, start, end, alone=alone)
    local = attendance.modes(stretch)
    mode = contact.mode_value(local, stretch, "sentence-mode") if local else None
    record = Record(where="body", text=stretch)
    for address in pieces.EMAIL.finditer(stretch if not alone else found.scene.text):
        record.add("email", address.group(), address.group(), "sentence-email", 0.9)
    answer = Answer(
        email=contact.email_of(found, record, one.name, mine=mine, alone=alone),
        name=values.name(named, found.context),
        title=title,
        phone=phone,
        organisation=work.fullest(found, organisation),
        mode=mode or contact.common_mode(found),
        review=review if alone else (*review, "many_people"),
        is_sender=mine,
    )
    return work.split(contact.with_access(found, answer, instead=not mine) if alone or mine else answer)


def _self(found: Material, records: Sequence[Record]) -> Answer:
    """Answer for the writer, from records, sentences, signature and headers, in this order."""
    merged = Record()
    for record in [*records, *found.reply.single]:
        merged.where = record.where
        merged.merge(record)
    name, review = _own_name(found, merged)
    phone, about_phone = contact.own_phone(found, merged)
    mode, about_mode = contact.own_mode(found, merged)
    answer = Answer(
        email=contact.email_of(found, merged, str(name.value) if name else "", mine=True, alone=True),
        name=name,
        title=work.own_title(found, [merged], exclude=others_named(found)),
        phone=phone,
        organisation=work.organisation_of(found, merged, [merged]),
        mode=mode,
        review=(*review, *about_phone, *about_mode),
    )
    return work.split(contact.with_access(found, answer))


def _own_name(found: Material, record: Record) -> tuple[Value | None, tuple[str, ...]]:
    context = found.context
    given = values.of_record_name(record, context)
    me = [m for m in found.scene.mentions if m.is_self]
    signed = found.signature.first("name")
    candidates = [c for c in (given, *(_mention_name(found, m) for m in me), signed) if c]
    full = [c for c in candidates if not names.is_partial(c.value)]
    best = next(iter(full), None)
    if best:
        fuller = [
            c
            for c in full
            if names.same_person(c.value, best.value) and len(names.parts_of(c.value)) > len(names.parts_of(best.value))
        ]
        pick = best if best is given or not fuller else fuller[0]
        return values.name(pick, context), ()
    if context.sender and not names.is_partial(context.sender):
        return values.header(context.sender, context.shown, "from-name", 0.93), ()
    if candidates:
        return values.name(candidates[0], context), ()
    if context.sender:
        return values.header(context.sender, context.shown, "from-name", 0.85), ()
    alone = [m for m in others_named(found) if m.part in ("", talked_about.SIGNS) and not m.honorific]
    if len(alone) == 1:
        return values.name(replace(_mention_name(found, alone[0]), rule="only-name", confidence=0.7), context), ()
    return _name_from_address(context)


def _mention_name(found: Material, one: Mention) -> Candidate:
    return Candidate(
        "name",
        one.name,
        found.scene.text[one.start : one.end],
        "body",
        "sentence-introduction" if one.introduced else "sentence-own-name",
        0.95 if one.introduced else 0.9,
    )


def _name_from_address(context: Context) -> tuple[Value | None, tuple[str, ...]]:
    local = context.address.partition("@")[0]
    parts = [p for p in local.replace("_", ".").split(".") if p.isalpha() and len(p) > 2]
    if len(parts) != 2:
        return None, ()
    return values.header(" ".join(p.capitalize() for p in parts), context.address, "address-name", 0.5), (
        "name_from_address_only",
    )
