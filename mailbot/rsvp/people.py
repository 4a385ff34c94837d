"""Who registers: the writer, a colleague instead, the head for whom an assistant writes, or several.

Weighs what labels, lists, sentences and the signature found, and gives each person their own. Everything that concerns
one field only is in values; which kind of message it is, in kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailbot.rsvp import attendance, names, phones, pieces, prose, roles, unnamed, values, words
from mailbot.rsvp.answer import SURE, Answer, Value
from mailbot.rsvp.attendance import Stance
from mailbot.rsvp.blocks import Reply
from mailbot.rsvp.candidates import Candidate, Record
from mailbot.rsvp.context import Context
from mailbot.rsvp.prose import Mention, Scene


@dataclass(frozen=True, slots=True)
class Material:
    """All that was found in a message."""

    context: Context
    reply: Reply
    scene: Scene
    stance: Stance
    stated: Stance
    signature: Record
    full_text: str
    asked: list[tuple[int, int]]


def answers(found: Material) -> tuple[Answer, ...]:
    """Return one answer for each person whom the message registers."""
    listed = [r for r in found.reply.records if r.has("name", "given", "family")]
    if len(listed) > 1:
        return tuple(_listed(found, record, listed) for record in listed)
    others = _others(found)
    if listed:
        return (_from_record(found, listed[0], others),)
    nameless = [r for r in found.reply.records if r.size]
    if len(others) >= 1 and _several(found, others):
        return tuple(_mentioned(found, m, alone=False) for m in _together(found, others))
    if others and not nameless:
        chosen = _substitute(found, others)
        if chosen:
            return (_mentioned(found, chosen, alone=True),)
    return (_self(found, nameless),)


def declining(found: Material) -> Answer:
    """Return who declines: address and name, nothing else."""
    full = _self(found, [])
    return Answer(email=full.email, name=full.name)


# ---------------------------------------------------------------- who


def _others(found: Material) -> list[Mention]:
    return [m for m in found.scene.mentions if not m.is_self]


def substitute(found: Material) -> Mention | None:
    """Return who comes instead of the writer, or for whom the writer writes, by the sentences; None for the writer."""
    others = _others(found)
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


# ---------------------------------------------------------------- one answer each


def _listed(found: Material, record: Record, all_records: Sequence[Record]) -> Answer:
    """Answer for one of several people that a list or labelled blocks name."""
    named = values.of_record_name(record, found.context)
    assert named is not None
    mine = _is_writer(found, named.value)
    name = values.name(named, found.context, (found.signature.first("name") or named).value.split("\n"))
    phone, review = values.phone(record.values.get("phone", ()), found.context)
    answer = Answer(
        email=_email_of(found, record, str(name.value), mine=mine),
        name=name,
        title=_title_of(found, record),
        phone=phone,
        organisation=_organisation_of(found, record, all_records),
        mode=values.mode_of(record, found.context) or common_mode(found),
        review=review,
        is_sender=mine,
    )
    return _with_access(found, answer, record.text) if mine or len(all_records) == 1 else answer


def _from_record(found: Material, record: Record, others: Sequence[Mention]) -> Answer:
    """Answer for the one person that a labelled block or a list names: the writer, or somebody the writer enters."""
    named = values.of_record_name(record, found.context)
    assert named is not None
    mine = _is_writer(found, named.value) or not _enters_another(found, named.value, record)
    if not mine:
        for nameless in found.reply.records:
            if nameless is not record and not nameless.has("name", "given", "family"):
                record.merge(nameless)
        return replace(_with_access(found, _listed(found, record, [record]), ""), is_sender=False)
    for other in found.reply.records + found.reply.single:
        if other is not record:
            record.merge(other)
    return _self(found, [record])


def _enters_another(found: Material, name: str, record: Record) -> bool:
    """Say whether a named person is not the writer though nothing says so: the sender is another person, or an office."""
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
    mine = one.is_self or _is_writer(found, one.name)
    start, end = _stretch(found, one, alone=alone)
    stretch = found.scene.text[start:end]
    named = Candidate("name", one.name, found.scene.text[one.start : one.end], "body", "sentence-name", 0.93)
    if mine:
        full = _self(found, []) if alone else None
        if full:
            return full
    title = _phrase(one.title, "title", "sentence-apposition", 0.92)
    if not title and alone and not mine:
        title = _phrase(_said_of_them(found), "title", "sentence-title-of-them", 0.85)
    if not title:
        title = _phrase(unnamed.title_of(found.scene, one), "title", "sentence-title-by-place", 0.76)
    if not title and mine:
        title = _own_title(found, [], exclude=[m for m in found.scene.mentions if m is not one])
    organisation = _phrase(one.organisation, "organisation", "sentence-organisation", 0.92)
    phone, review = _phone_in(found, one, start, end, alone=alone)
    local = attendance.modes(stretch)
    mode = _mode_value(local, stretch, "sentence-mode") if local else None
    record = Record(where="body", text=stretch)
    for address in pieces.EMAIL.finditer(stretch if not alone else found.scene.text):
        record.add("email", address.group(), address.group(), "sentence-email", 0.9)
    answer = Answer(
        email=_email_of(found, record, one.name, mine=mine, alone=alone),
        name=values.name(named, found.context),
        title=title,
        phone=phone,
        organisation=_fullest(found, organisation),
        mode=mode or common_mode(found),
        review=review if alone else (*review, "many_people"),
        is_sender=mine,
    )
    return _split(_with_access(found, answer, "") if alone or mine else answer)


def _self(found: Material, records: Sequence[Record]) -> Answer:
    """Answer for the writer, from records, sentences, signature and headers, in this order."""
    merged = Record()
    for record in [*records, *found.reply.single]:
        merged.where = record.where
        merged.merge(record)
    name, review = _own_name(found, merged)
    phone, about_phone = _own_phone(found, merged)
    mode, about_mode = _own_mode(found, merged)
    answer = Answer(
        email=_email_of(found, merged, str(name.value) if name else "", mine=True, alone=True),
        name=name,
        title=_own_title(found, [merged], exclude=_others(found)),
        phone=phone,
        organisation=_organisation_of(found, merged, [merged]),
        mode=mode,
        review=(*review, *about_phone, *about_mode),
    )
    return _split(_with_access(found, answer, ""))


# ---------------------------------------------------------------- fields


def _is_writer(found: Material, name: str) -> bool:
    context = found.context
    if context.sender and names.same_person(name, context.sender):
        return True
    signed = found.signature.first("name")
    if signed and names.same_person(name, signed.value):
        return True
    return (
        names.fits_address(name, context.replies_to or context.address) >= 0.8
        or names.fits_address(name, context.address) >= 0.8
    )


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


def _title_of(found: Material, record: Record) -> Value | None:
    given = record.first("title")
    return values.title(given, found.context.language) if given else None


def _own_title(found: Material, records: Sequence[Record], exclude: Sequence[Mention]) -> Value | None:
    for record in records:
        given = record.first("title")
        if given:
            return values.title(given, found.context.language)
    me = [m for m in found.scene.mentions if m.is_self and m.title]
    if me:
        return _phrase(me[0].title, "title", "sentence-apposition", 0.92)
    taken = [m.title for m in exclude if m.title]
    spoken = [t for t in found.scene.titles if t not in taken and _is_said_of_self(found, t)]
    if spoken:
        return _phrase(spoken[0], "title", "sentence-title", 0.88)
    signed = found.signature.first("title")
    if signed and signed.confidence >= SURE:
        return values.title(signed, found.context.language)
    led = [t for t in found.scene.titles if t not in taken and _before_organisation(found, t)]
    if led:
        return _phrase(led[0], "title", "sentence-title-of", 0.85)
    announced = roles.behind_cue(found.scene.text, list(found.scene.hits), "titles.as", capital=False)
    beside = next((m for m in found.scene.mentions if m.is_self), None)
    by_place = unnamed.title_of(found.scene, beside) if beside else None
    if announced or by_place:
        return _phrase(announced or by_place, "title", "sentence-title-by-place", 0.74)
    return values.title(signed, found.context.language) if signed else None


def _said_of_them(found: Material) -> roles.Phrase | None:
    """Return the title in "she's our media officer", "il est notre trésorier"."""
    is_ = r"\b(?:she|he|elle|il|ella|el|ela|ele|sie|er|lei|lui)\W{1,3}(?:s|is|est|es|e|ist)\b.{0,12}$"
    for title in found.scene.titles:
        if re.search(is_, found.scene.folded[max(0, title.start - 30) : title.start]):
            return title
    return None


def _before_organisation(found: Material, title: roles.Phrase) -> bool:
    """Say whether an organisation follows a title that is nobody else's: "toujours trésorière de la Solidarité …"."""
    before = found.scene.folded[max(0, title.start - 14) : title.start]
    if re.search(
        r"\b(?:notre|our|nuestr\w|noss\w|votre|your|son|sa|his|her|su|seu|sua|mon|my|mi|unser\w*|vostr\w|nostr\w)\s$",
        before,
    ):
        return False
    return any(0 <= o.start - title.end <= 9 for o in found.scene.organisations if o.strong)


def _is_said_of_self(found: Material, phrase: roles.Phrase) -> bool:
    """Say whether a title in the sentences is the writer's: "je suis …", "as its …", not "your secretary"."""
    before = found.scene.folded[max(0, phrase.start - 45) : phrase.start]
    hits = words.scan(before)
    close = [h for h in words.of(hits, "people.introductions", "titles.as") if len(before) - h.end < 14]
    return bool(close)


def _split(answer: Answer) -> Answer:
    """Tell the organisation from a title that holds both, and leave out of a title what is the organisation's."""
    title, organisation = answer.title, answer.organisation
    if title is None or title.where not in ("body", "quote"):
        return answer
    text = str(title.value)
    if organisation is not None:
        whole = str(organisation.value)
        if len(text) > len(whole) and text.endswith(whole):
            return replace(answer, title=replace(title, value=roles.without_connector(text[: -len(whole)])))
        return answer
    parts = roles.split_title(text)
    if parts is None or not parts[0]:
        return answer
    of = Value(parts[1], parts[1], title.where, "title-of", 0.82)
    return replace(answer, title=replace(title, value=parts[0]), organisation=of)


def _phrase(phrase: roles.Phrase | None, name: str, rule: str, confidence: float) -> Value | None:
    if phrase is None:
        return None
    text = " ".join(phrase.text.split())
    text = values.plain_title(text) if name == "title" else text.removeprefix("asso ")
    return Value(text.strip(" ,;"), phrase.text, "body", rule, confidence)


def _organisation_of(found: Material, record: Record, all_records: Sequence[Record]) -> Value | None:
    """Return the organisation: the record's own, one that stands for all, the sentences', the signature's."""
    given = record.first("organisation")
    if given:
        return _against_signature(found, values.organisation(given))
    for other in [*found.reply.records, *found.reply.single]:
        common = other.first("organisation")
        if common and other not in all_records[:0] and (len(all_records) == 1 or not other.has("name")):
            return values.organisation(common)
    for other in all_records:
        shared = other.first("organisation")
        if shared and other is all_records[-1]:
            return values.organisation(shared)
    return _fullest(found, None)


def _fullest(found: Material, own: Value | None) -> Value | None:
    """Return the organisation of the sentences or the signature, the fuller writing of both."""
    me = next((m for m in found.scene.mentions if m.is_self and m.organisation), None)
    spoken = own or (_phrase(me.organisation, "organisation", "sentence-organisation", 0.92) if me else None)
    if spoken is None:
        strong = [o for o in found.scene.organisations if o.strong]
        spoken = (
            _phrase(
                max(strong, key=lambda o: (o.end - o.start > 18, -o.start)),
                "organisation",
                "sentence-organisation",
                0.85,
            )
            if strong
            else None
        )
    if spoken is None:
        signed = found.signature.first("organisation")
        if signed and signed.confidence >= SURE:
            return values.organisation(signed)
        me = next((m for m in found.scene.mentions if m.is_self), None)
        next_to = prose.beside(found.scene, me) if me else None
        if next_to and roles.is_acronym(next_to.text):
            return _phrase(next_to, "organisation", "sentence-acronym-by-place", 0.82)
        shown = unnamed.organisation_in(
            found.scene, found.context.replies_to or found.context.address, found.scene.mentions
        )
        if shown:
            return _phrase(shown, "organisation", "sentence-organisation-by-domain", 0.84)
        announced = roles.behind_cue(found.scene.text, list(found.scene.hits), "organisations.stands", capital=True)
        if (announced and not names.is_name(announced.text)) or (announced and not signed):
            return _phrase(announced, "organisation", "sentence-organisation-by-cue", 0.74)
        weak = next((o for o in found.scene.organisations if len(o.text.split()) > 2), None)
        if weak and not signed:
            return _phrase(weak, "organisation", "sentence-unit", 0.7)
        return values.organisation(signed) if signed else None
    return _against_signature(found, spoken)


def _against_signature(found: Material, value: Value) -> Value:
    fuller = value
    for signed in found.signature.values.get("organisation", ()):
        fuller = values.fuller(fuller, values.organisation(signed))
    for spoken in found.scene.organisations:
        if spoken.strong:
            other = _phrase(spoken, "organisation", "sentence-organisation", 0.9)
            if other:
                fuller = values.fuller(fuller, other)
    return fuller


def _own_phone(found: Material, record: Record) -> tuple[Value | None, tuple[str, ...]]:
    given = record.values.get("phone", [])
    if given:
        return values.phone(given, found.context)
    spoken = [c for c in _phones_in(found, 0, len(found.scene.text)) if c.value.split("|")[2] != "other"]
    value, review = values.phone(spoken, found.context)
    if value:
        return value, review
    return values.phone(found.signature.values.get("phone", ()), found.context)


def _phone_in(
    found: Material, one: Mention, start: int, end: int, *, alone: bool
) -> tuple[Value | None, tuple[str, ...]]:
    """Return somebody's number: in their own stretch of the text, or behind their first name."""
    stretch = _phones_in(found, start, end)
    if alone:
        later = [c for c in _phones_in(found, 0, len(found.scene.text)) if c.value.split("|")[2] != "own"]
        said = [c for c in later if c.value.split("|")[2] == "other"]
        everything = _phones_in(found, 0, len(found.scene.text))
        return values.phone(said or later or everything, found.context)
    value, review = values.phone([c for c in stretch if one.is_self or c.value.split("|")[2] != "own"], found.context)
    if value:
        return value, review
    if one.is_self:
        return values.phone(
            [c for c in _phones_in(found, 0, len(found.scene.text)) if c.value.split("|")[2] == "own"], found.context
        )
    first = names.bare_name(one.name).split()[0]
    for number in phones.find(found.scene.text):
        before = found.scene.text[max(0, number.start - 35) : number.start]
        if first in before:
            return values.phone([_phone_candidate(number)], found.context)
    return None, ()


def _phones_in(found: Material, start: int, end: int) -> list[Candidate]:
    return [_phone_candidate(n) for n in phones.find(found.scene.text) if start <= n.start < end]


def _phone_candidate(number: phones.Phone) -> Candidate:
    return Candidate(
        "phone",
        f"{number.kind}|{number.text}|{number.whose}|{number.code}",
        number.text,
        "body",
        "sentence-phone",
        0.94,
    )


def _stretch(found: Material, one: Mention, *, alone: bool) -> tuple[int, int]:
    """Return the piece of text that speaks of somebody: from their name to the next one's."""
    if alone:
        return 0, len(found.scene.text)
    following = [m.start for m in found.scene.mentions if m.start > one.start]
    return one.start, min(following, default=len(found.scene.text))


def _own_mode(found: Material, record: Record) -> tuple[Value | None, tuple[str, ...]]:
    given = values.mode_of(record, found.context)
    spoken = common_mode(found)
    if given and spoken and given.value != spoken.value and spoken.confidence > 0.8:
        return replace(given, confidence=0.7), ("mode_contradicts",)
    if given:
        return given, ()
    review = ("mode_contradicts",) if spoken and spoken.confidence < 0.7 else ()
    return spoken, review


def common_mode(found: Material) -> Value | None:
    """Return the way of taking part that the sentences name."""
    return _mode_value(found.stance.modes, found.scene.text, "sentence-mode")


def _mode_value(modes: Sequence[attendance.Mode], text: str, rule: str) -> Value | None:
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


def _email_of(found: Material, record: Record, name: str, *, mine: bool, alone: bool = False) -> Value | None:
    """Return where the person is to be written to: the address the message gives for them, else the sender's own."""
    context = found.context
    ours = {context.address.casefold(), context.replies_to.casefold()}
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
        if alone and len(spoken) == 1 and spoken[0].value.casefold() not in ours and _for_me(found, spoken[0].value):
            return values.of_candidate(spoken[0], confidence=0.85)
        address = context.replies_to or context.address
        return values.header(address, address, "reply-to" if context.replies_to else "from", 0.97) if address else None
    if fitting:
        return values.of_candidate(fitting[0])
    if alone and len(spoken) == 1:
        return values.of_candidate(spoken[0], confidence=0.88)
    if copied:
        return values.header(copied.email, copied.email, "cc", 0.9)
    if given:
        return values.of_candidate(given[0], confidence=0.85)
    if alone and words.of(found.scene.hits, "attendance.this_address"):
        return values.header(context.replies_to or context.address, context.address, "this-address", 0.85)
    return None


def _for_me(found: Material, address: str) -> bool:
    """Say whether an address in the sentences is given as the writer's own."""
    other = [m for m in found.scene.mentions if not m.is_self and names.fits_address(m.name, address) >= 0.6]
    return not other


def _with_access(found: Material, answer: Answer, text: str) -> Answer:
    """Add whether the person needs a computer, as the sentences, the labels and the answers to point 5 say it."""
    prompted = [(p, a) for p, a in found.reply.answers if _about_connection(p)]
    for _, said in prompted:
        told = attendance.needs_access(said, prompted=True)
        if told:
            return replace(
                answer, needs_access=Value(told[0], said[told[1][0] : told[1][1]], "quote", "answered-point-5", 0.9)
            )
    whole = found.full_text
    told = attendance.needs_access(whole)
    if told is None:
        return answer
    return replace(answer, needs_access=Value(told[0], whole[told[1][0] : told[1][1]], "body", "sentence-access", 0.88))


def _about_connection(prompt: str) -> bool:
    from mailbot.rsvp.fold import fold

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
