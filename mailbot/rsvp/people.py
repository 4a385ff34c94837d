"""Who registers: the writer, a colleague instead, the head for whom an assistant writes, or several.

Weighs what labels, lists, sentences and the signature found, and gives each person their own. Single fields are for
work and contact to choose; which kind of message it is, for kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mailbot.rsvp import (
    attendance,
    contact,
    excused,
    names,
    pieces,
    places,
    registering,
    talked_about,
    unnamed,
    values,
    words,
    work,
    writer,
)
from mailbot.rsvp.answer import Answer, Value
from mailbot.rsvp.candidates import Candidate, Record
from mailbot.rsvp.context import Context
from mailbot.rsvp.material import Material, is_writer, other_people, others_named
from mailbot.rsvp.prose import Mention


def answers(found: Material) -> tuple[Answer, ...]:
    """Return one answer for each person whom the message registers."""
    listed = _once([r for r in found.reply.records if r.has("name", "given", "family")])
    if len(listed) > 1:
        return tuple(_listed(found, record, listed) for record in listed)
    others = writer.those_who_come(found, other_people(found))
    if listed:
        return (_from_record(found, listed[0], others),)
    nameless = [r for r in found.reply.records if r.size]
    joined = registering.and_myself(found, others)
    alone = not (joined or nameless or _names_themselves(found))
    if others and alone and (too := writer.comes_too(found, others)):
        me = _with_own_mode(found, _self(found, nameless), too.modes)
        both = (me, *(_mentioned(found, m, alone=False) for m in too.others))
        return tuple(replace(a, review=(*a.review, writer.UNSURE)) for a in both) if too.others else both
    if others and registering.several(found, others):
        return tuple(_mentioned(found, m, alone=False) for m in registering.together(found, others))
    chosen = registering.substitutes(found, others)
    if len(chosen) > 1:
        return tuple(_mentioned(found, m, alone=False) for m in chosen)
    if chosen and not nameless:
        return (_mentioned(found, chosen[0], alone=True),)
    if chosen and words.of(found.scene.hits, "attendance.assistant", "attendance.proxy"):
        return (_entered(found, chosen[0], nameless),)
    return (_self(found, nameless),)


def _once(records: Sequence[Record]) -> list[Record]:
    """Leave out who is listed again: the one who signs below a list that they stand in."""
    kept: list[Record] = []
    for record in records:
        one = record.first("name")
        same = next((r for r in kept if one and (c := r.first("name")) and _alike(one.value, c.value)), None)
        if same is None:
            kept.append(record)
        elif record.has("organisation"):
            for listed in kept:  # who signs below the list names the house of all
                listed.values.setdefault("organisation", list(record.values["organisation"]))
    return kept


def _alike(one: str, other: str) -> bool:
    """Say whether two whole names are one person's."""
    return not (names.is_partial(one) or names.is_partial(other)) and names.same_person(one, other)


def _entered(found: Material, one: Mention, nameless: Sequence[Record]) -> Answer:
    """Answer for somebody whom a sentence names and labels without a name tell more of."""
    said = _mentioned(found, one, alone=True)
    merged = Record(where=nameless[0].where)
    for record in nameless:
        merged.merge(record)
    phone, review = values.phone(merged.values.get("phone", ()), found.context)
    return replace(
        said,
        email=contact.email_of(found, merged, one.name, mine=False, alone=True) or said.email,
        title=work.title_of(found, merged) or said.title,
        phone=phone or said.phone,
        organisation=work.organisation_of(found, merged, [merged]) or said.organisation,
        mode=values.mode_of(merged, found.context) or said.mode,
        review=(*said.review, *review),
    )


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
    other = excused.somebody(found)
    if other is None:
        full = _self(found, [])
        return Answer(email=full.email, name=full.name)
    full = _mentioned(found, other[0], alone=True)
    said = () if other[1] else ("excused_by_somebody",)
    return Answer(email=full.email, name=full.name, is_sender=False, review=said)


def substitute(found: Material) -> Mention | None:
    """Return who comes instead of the writer, or for whom the writer writes, by the sentences; None for the writer."""
    others = writer.those_who_come(found, other_people(found))
    return next(iter(registering.substitutes(found, others)), None)


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
        mode=values.mode_of(record, found.context) or contact.mode_among(found, named.value, _names_in(all_records)),
        review=review,
        is_sender=mine,
    )
    lone = mine or len(all_records) == 1
    return contact.with_access(found, answer) if lone or contact.shared_need(found) else answer


def _names_in(records: Sequence[Record]) -> list[str]:
    return [c.value for r in records if (c := r.first("name"))]


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
    signed = found.signature.first("name")
    if mine and signed and names.same_person(signed.value, one.name) and len(signed.value) > len(one.name):
        named = signed
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
    mode = contact.mode_value(local, stretch, "sentence-mode") if local and alone else None
    record = Record(where="body", text=stretch)
    for address in pieces.EMAIL.finditer(stretch if not alone else found.scene.text):
        record.add("email", address.group(), address.group(), "sentence-email", 0.9)
    answer = Answer(
        email=contact.email_of(found, record, one.name, mine=mine, alone=alone),
        name=values.name(named, found.context),
        title=title,
        phone=phone,
        organisation=work.fullest(found, organisation),
        mode=mode or contact.mode_among(found, one.name, [m.name for m in found.scene.mentions]),
        review=review if alone else (*review, "many_people"),
        is_sender=mine,
    )
    return work.split(
        contact.with_access(found, answer, instead=not mine) if alone or mine or contact.shared_need(found) else answer
    )


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
    if len(parts) != 2 or any(places.is_place(p) or p in words.lexicon().single_words("people.offices") for p in parts):
        return None, ()
    return values.header(" ".join(p.capitalize() for p in parts), context.address, "address-name", 0.5), (
        "name_from_address_only",
    )
