"""What somebody does and for whom: title and organisation out of records, sentences and signature, the fuller writing.

Weighs candidates; finds none itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mailbot.rsvp import domains, labels, names, phrases, prose, roles, unnamed, values, words
from mailbot.rsvp.answer import SURE, Answer, Value
from mailbot.rsvp.candidates import Candidate, Record
from mailbot.rsvp.fold import fold
from mailbot.rsvp.material import Material
from mailbot.rsvp.prose import Mention

_LABEL = re.compile(r"([^\W\d_]+(?: [^\W\d_]+){0,2})\s?[:=]\s*$")
_NO_LONGER = re.compile(
    r"(?:\bn(?:e|')\s?\S+(?: \S+){0,3} plus\b|\bpas\b|\bau lieu d|\bplutot qu|\bancien(?:ne)?(?:ment)? |\bex-|"
    r"\bretired\b|\bstepped down\b|\bresigned\b|\bj'ai quitte\b|\brenuncie\b|\bdeje\b|\bausgeschieden\b|\blasciato\b|"
    r"\bno longer\b|\bnot\b|n't\b|\binstead of\b|\brather than\b|\bformer(?:ly)?\b|\bused to be\b|"
    r"\bwas\b(?! (?:appoint|elect|made|promot|named))|"
    r"\bya no\b|\ben (?:lugar|vez) de\b|\bantes\b|\bdejado de ser\b|\bja nao\b|\bnao mais\b|\bdeixei de ser\b|"
    r"\bnicht\b|\bkeine?\b|\bstatt\b|\banstelle\b|\bfruher|\behemalig|"
    r"\bnon\b(?: \S+){1,3} piu\b|\binvece d|\banziche\b|"
    r"\bj'etais\b|\bera\b|\bwar\b|\bfui\b(?! (?:nom|ele|des))|\bero\b)[^,.;:!?\n]*$"
)
"""What tells that the words behind it hold no longer, or never did; within a clause."""
_FOR = re.compile(
    r"\b(?:represent\w*|rappresent\w*|vertrete\w*|au nom|on behalf|im namen|im auftrag|en nombre|a nombre|"
    r"em nome|a nome|per conto|pour le compte|parle\w*(?: \w+)? pour|speak\w* for|signe pour|en representacion|"
    r"em representacao|in rappresentanza|"
    r"organi[sz]a\w+|verband|syndicat|sindicato|sindacato|union|association) ?"
    r"(?:(?:est|is|es|e|heisst|ist|se llama|s'appelle|is called|si chiama|chama-se) )?"
    r"(?:of|de|d|du|des|da|do|del|della|der|dem|den|dell|al|a|an|o|os|as|the|la|le|les|el|il|i|l|den|die|das)?"
    r"(?: (?:la|las|los|l|the))?[ '’\"«»“]*$"
)
"""What the writer represents, rather than what they also mention."""
_OWNED = re.compile(
    r"[»\"”]?,? (?:dont|que|qu'|ou|where|which|whose|of which|donde|en la que|en el que|del que|de la que|cuya|cuyo|"
    r"onde|da qual|do qual|"
    r"em que|deren|dessen|wo|in der|bei der|di cui|dove|che|della quale)\W{0,2}"
    r"(?:je|j'|j|nous|i|we|yo|soy|trabajo|presido|dirijo|coordino|eu|sou|trabalho|coordeno|ich|wir|sono|lavoro|presiedo|dirigo)\b"
)
"""A clause behind an organisation by which the writer belongs to it: ", dont je suis …", ", where I …"."""
_GREETED = re.compile(
    r"(?:^|\n)\W*(?:dear|hello|hi|hey|greetings to|estimad\w+|queri\w+|cher\w*|car[oai]s?|prezad\w+|exm\w+|"
    r"sehr geehrte\w*|liebe\w*|gentil\w*|spett\w*|egregi\w*|madame|monsieur|mesdames|senor\w*|bonjour|buenos dias|"
    r"bom dia|hallo|buongiorno)\b[^.\n]{0,30}$"
)
"""Before whom the letter greets, who is not the writer's organisation."""
_SENT = frozenset(
    ["representante", "representative", "representant", "representante legal", "rappresentante", "vertreter",
     "vertreterin", "delegate", "delegado", "delegada", "delegato", "delegata", "participant", "participante"]
)  # fmt: skip
"""What anybody is who comes for somebody: no office where another is named."""
_BUT = re.compile(
    r"\b(?:but|mais|pero|mas|aber|ma|however|toutefois|cependant|sin embargo|porem|jedoch|doch|tuttavia)\b"
)
_HAT = re.compile(
    r"\b(?:casquette|hat|cap|gorra|sombrero|chapeu|bone|hut|cappello|veste|role|rolle|papel|ruolo|titre)\b"
)
"""What somebody wears who speaks for another house than their own."""
_FAR = 160
"""Characters between two titles of one thought."""
_TRADE = re.compile(
    r"\W{1,2}(?:de metier|de profession|by trade|by profession|de profesion|de profissao|von beruf|di professione)\b"
)
"""Behind a trade that somebody learnt, which is not what they are sent as where an office is named too."""
_AGE = re.compile(
    r"(?:retrait|retired|retiree|pensioner|pensionn|jubilad|pensionist|pensionad|aposentad|reformad|rentner|pensionar|"
    r"pensionat|"
    r"student|etudiant|estudiant|doctorant|tesista|studier|studente|ex-|former)"
)
"""A stage of life rather than an office."""
_ANY_MORE = re.compile(r"\W{0,3}(?:any ?more|no longer|nicht mehr|non piu)\b")


def _given_title(record: Record) -> Candidate | None:
    """Return the title that a record gives; an honorific ("Title: Dr") only where there is no other."""
    given = record.values.get("title", [])
    return next((c for c in given if not names.honorific(f"{c.value} X")), None) or next(iter(given), None)


def title_of(found: Material, record: Record) -> Value | None:
    given = _given_title(record)
    return values.title(given, found.context.language) if given else None


def own_title(found: Material, records: Sequence[Record], exclude: Sequence[Mention]) -> Value | None:
    for record in records:
        given = _given_title(record)
        if given:
            return values.title(given, found.context.language)
    me = [m for m in found.scene.mentions if m.is_self and m.title]
    taken = [m.title for m in exclude if m.title]
    if me:
        sent_as = _in_another_capacity(found, me[0].title, taken)
        return of_phrase(sent_as or me[0].title, "title", "sentence-apposition", 0.7 if sent_as else 0.92)
    spoken = [t for t in found.scene.titles if t not in taken and is_said_of_self(found, t)]
    spoken = [t for t in spoken if not _is_trade(found, t)] or (
        spoken if not any(before_organisation(found, t) for t in found.scene.titles if t not in taken) else []
    )
    spoken = [t for t in spoken if fold(t.text) not in _SENT] or spoken
    if spoken:
        sent_as = _in_another_capacity(found, spoken[0], taken)
        return of_phrase(sent_as or spoken[0], "title", "sentence-title", 0.7 if sent_as else 0.88)
    signed = found.signature.first("title")
    if signed and signed.confidence >= SURE:
        return values.title(signed, found.context.language)
    led = [t for t in found.scene.titles if t not in taken and before_organisation(found, t)]
    if led:
        return of_phrase(led[0], "title", "sentence-title-of", 0.85)
    announced = unnamed.title_introduced(found.scene) or roles.behind_cue(
        found.scene.text, list(found.scene.hits), "titles.as", capital=False
    )
    beside = next((m for m in found.scene.mentions if m.is_self), None)
    by_place = unnamed.title_of(found.scene, beside) if beside else None
    if announced or by_place:
        return of_phrase(announced or by_place, "title", "sentence-title-by-place", 0.74)
    return values.title(signed, found.context.language) if signed else None


def _in_another_capacity(
    found: Material, title: phrases.Phrase | None, taken: Sequence[phrases.Phrase]
) -> phrases.Phrase | None:
    """Return the title as which somebody comes where they are another thing as well: "…, but here as treasurer"."""
    if title is None:
        return None
    for other in found.scene.titles:
        between = found.scene.folded[title.end : other.start]
        if other.start <= title.end or other in taken or len(between) > _FAR or not _BUT.search(between):
            continue
        if is_said_of_self(found, other) or _HAT.search(between):
            return other
    return None


def _is_trade(found: Material, title: phrases.Phrase) -> bool:
    """Say whether a title is what somebody learnt or once was, rather than an office."""
    said = found.scene.folded[title.start : title.end + 20]
    return _TRADE.search(said) is not None or _AGE.match(said) is not None


def said_of_them(found: Material) -> phrases.Phrase | None:
    """Return the title in "she's our media officer", "il est notre trésorier"."""
    is_ = r"\b(?:she|he|elle|il|ella|el|ela|ele|sie|er|lei|lui)\W{1,3}(?:s|is|est|es|e|ist)\b.{0,12}$"
    for title in found.scene.titles:
        if re.search(is_, found.scene.folded[max(0, title.start - 30) : title.start]):
            return title
    return None


def before_organisation(found: Material, title: phrases.Phrase) -> bool:
    """Say whether an organisation follows a title that is nobody else's: "toujours trésorière de la Solidarité …"."""
    before = found.scene.folded[max(0, title.start - 14) : title.start]
    if re.search(
        r"\b(?:notre|our|nuestr\w|noss\w|votre|your|son|sa|his|her|su|seu|sua|mon|my|mi|unser\w*|vostr\w|nostr\w)\s$",
        before,
    ):
        return False
    return any(0 <= o.start - title.end <= 9 for o in found.scene.organisations if o.strong)


def is_said_of_self(found: Material, phrase: phrases.Phrase) -> bool:
    """Say whether a title in the sentences is the writer's: "je suis …", "as its …", not "your secretary"."""
    before = found.scene.folded[max(0, phrase.start - 45) : phrase.start]
    if denied(found.scene.folded, phrase.start, phrase.end):
        return False
    hits = words.scan(before)
    close = [h for h in words.of(hits, "people.introductions", "titles.as", "titles.being") if len(before) - h.end < 14]
    label = _LABEL.search(before)
    return bool(close) or (label is not None and labels.field_of(label[1])[0] == "title")


def denied(folded: str, start: int, end: int) -> bool:
    """Say whether a phrase is what somebody no longer is, or what stood there wrongly: "please don't list me as X"."""
    before = re.split(r"[.;:!?\n]", folded[max(0, start - 60) : start])[-1]
    return _NO_LONGER.search(before) is not None or _ANY_MORE.match(folded, end) is not None


def split(answer: Answer) -> Answer:
    """Tell the organisation from a title that holds both, and leave out of a title what is the organisation's."""
    title, organisation = answer.title, answer.organisation
    if title is None or title.where not in ("body", "quote"):
        return answer
    text = str(title.value)
    if organisation is not None:
        whole = str(organisation.value)
        if len(text) > len(whole) and text.endswith(whole):
            return replace(answer, title=replace(title, value=phrases.without_connector(text[: -len(whole)])))
        return answer
    parts = roles.split_title(text)
    if parts is None or not parts[0]:
        return answer
    of = Value(parts[1], parts[1], title.where, "title-of", 0.82)
    return replace(answer, title=replace(title, value=parts[0]), organisation=of)


def of_phrase(phrase: phrases.Phrase | None, name: str, rule: str, confidence: float) -> Value | None:
    if phrase is None:
        return None
    text = " ".join(phrase.text.split())
    text = values.plain_title(text) if name == "title" else text.removeprefix("asso ")
    return Value(text.strip(" ,;"), phrase.text, "body", rule, confidence)


def organisation_of(found: Material, record: Record, all_records: Sequence[Record]) -> Value | None:
    """Return the organisation: the record's own, one that stands for all, the sentences', the signature's."""
    given = record.first("organisation")
    if given:
        return against_signature(found, values.organisation(given))
    for other in [*found.reply.records, *found.reply.single]:
        common = other.first("organisation")
        if common and other not in all_records[:0] and (len(all_records) == 1 or not other.has("name")):
            return values.organisation(common)
    for other in all_records:
        shared = other.first("organisation")
        if shared and other is all_records[-1]:
            return values.organisation(shared)
    return fullest(found, None)


def fullest(found: Material, own: Value | None) -> Value | None:
    """Return the organisation of the sentences or the signature, the fuller writing of both."""
    me = next((m for m in found.scene.mentions if m.is_self and m.organisation), None)
    spoken = own or (of_phrase(me.organisation, "organisation", "sentence-organisation", 0.92) if me else None)
    if spoken is None:
        strong = [o for o in found.scene.organisations if o.strong]
        strong = [o for o in strong if not _GREETED.search(found.scene.folded[max(0, o.start - 40) : o.start])]
        strong = [o for o in strong if not denied(found.scene.folded, o.start, o.end)] or strong
        sent_by = [o for o in strong if _is_represented(found, o)]
        strong = sent_by or strong
        own_house = _house_of_domain(found)
        if own_house and not sent_by and not any(_overlaps(o, own_house) or _fits(found, o) for o in strong):
            return of_phrase(own_house, "organisation", "sentence-organisation-of-domain", 0.7 if strong else 0.84)
        spoken = (
            of_phrase(
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
        if next_to and phrases.is_acronym(next_to.text):
            return of_phrase(next_to, "organisation", "sentence-acronym-by-place", 0.82)
        shown = unnamed.organisation_in(
            found.scene, found.context.replies_to or found.context.address, found.scene.mentions
        )
        if shown:
            return of_phrase(shown, "organisation", "sentence-organisation-by-domain", 0.84)
        announced = roles.behind_cue(found.scene.text, list(found.scene.hits), "organisations.stands", capital=True)
        if (announced and not names.is_name(announced.text)) or (announced and not signed):
            return of_phrase(announced, "organisation", "sentence-organisation-by-cue", 0.74)
        weak = next((o for o in found.scene.organisations if len(o.text.split()) > 2 and not _in_title(found, o)), None)
        if weak and not signed:
            return of_phrase(weak, "organisation", "sentence-unit", 0.7)
        named = None if signed else unnamed.acronym_in(found.scene) or unnamed.behind_preposition(found.scene)
        if named:
            return of_phrase(named, "organisation", "sentence-organisation-by-place", 0.7)
        return values.organisation(signed) if signed else None
    return against_signature(found, spoken)


def _house_of_domain(found: Material) -> phrases.Phrase | None:
    """Return what the sender's domain is named after, the longer where its first words are a longer phrase's."""
    address = found.context.replies_to or found.context.address
    spelt = unnamed.house_of_domain(found.scene, address)
    held = spelt and any(t.start < spelt.start < t.end for t in found.scene.titles)
    subject = spelt is not None and any(w.islower() for w in spelt.text.split())
    if held and subject and any(o.strong for o in found.scene.organisations):
        return None  # "Profesor de Derecho del Trabajo" of a mailbox "derecho": the faculty is named elsewhere
    whole = unnamed.organisation_in(found.scene, address, found.scene.mentions) if spelt else None
    return whole if spelt and whole and whole.start == spelt.start and whole.end > spelt.end else spelt


def _overlaps(one: phrases.Phrase, other: phrases.Phrase) -> bool:
    return one.start < other.end and other.start < one.end


def _fits(found: Material, one: phrases.Phrase) -> bool:
    return domains.fits(one.text, found.context.replies_to or found.context.address)


def _in_title(found: Material, one: phrases.Phrase) -> bool:
    """Say whether a part of a house belongs to a title: "jefa de la unidad de rentas"."""
    return one.text[:1].islower() and any(t.start < one.start and one.end <= t.end for t in found.scene.titles)


def _is_represented(found: Material, one: phrases.Phrase) -> bool:
    """Say whether the sentence says outright that the writer comes for an organisation, or belongs to it."""
    folded = found.scene.folded
    before, behind = folded[max(0, one.start - 30) : one.start], folded[one.end : one.end + 30]
    return _FOR.search(before) is not None or _OWNED.match(behind) is not None


def _from_domain_on(found: Material, value: Value) -> Value:
    """Take in the name before a dash that the sender's domain shows: "Kunha Example - Red de …"."""
    before, words_, _ = found.scene.text.partition(value.words)
    lead = re.search(r"((?:[A-ZÀ-Þ][\w'’]+\s){1,4})[-–—]\s$", before) if words_ else None
    if value.where != "body" or lead is None:
        return value
    if not domains.fits(lead[1], found.context.replies_to or found.context.address):
        return value
    return replace(value, value=f"{lead[0]}{value.value}", words=f"{lead[0]}{value.words}")


def against_signature(found: Material, value: Value) -> Value:
    fuller = _from_domain_on(found, value)
    for signed in found.signature.values.get("organisation", ()):
        fuller = values.fuller(fuller, values.organisation(signed))
    for spoken in found.scene.organisations:
        if spoken.strong:
            other = of_phrase(spoken, "organisation", "sentence-organisation", 0.9)
            if other:
                fuller = values.fuller(fuller, other)
    return fuller
