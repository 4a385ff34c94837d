"""Titles and organisations that no lexicon knows: told by where they stand and by the sender's domain.

Everything here is a guess by place and says so by its confidence; the rules of roles go first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import domains, grammar, labels, names, phrases, places, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.phrases import Phrase
from mailbot.rsvp.prose import Mention, Scene

_OURS = re.compile(
    r"\b(?:notre|mon|ma|our|my|nuestr[oa]|mi|noss[oa]|meu|minha|unser\w*|mein\w*|nostr[oa]|mio|mia|le|la|el|the|o|a|il)\s+"
    r"([^\W\d_][^,.;:()\n]{2,50}?),?[ ]+(?:(?:M|Mme|Mr|Mrs|Ms|Sr|Sra|Dr|Dra|Lic|Ing|Cde)\.?\s+)?$",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(
    r"\b(?:for|from|with|at|of|pour|chez|avec|de|du|des|por|para|con|del|da|do|com|fur|bei|beim|von|mit|per|presso|di)"
    r"(?: (?:the|la|le|el|o|a|os|as|den|die|das|il))?\W{1,2}$"
)
_ACRONYM = re.compile(
    r"\b(?i:for|from|at|of|pour|chez|de|du|por|del|da|do|für|beim?|von|presso|di|la|le|el|the|il|della|der|die|na|no|"
    r"pela|pelo|alla)\s([A-ZÀ-Þ][\w&-]{3,19})(?![\w@])"
)
_NOBODYS = frozenset([
    "webex", "zoom", "ilo", "oit", "bit", "iao", "onu", "unog", "oms", "gmt", "utc", "cest", "faq", "rsvp", "whatsapp",
    "iphone", "ipad", "youtube", "linkedin", "covid", "wifi", "adsl", "gps", "mbps", "vpn", "http", "https", "html",
    "docx", "xlsx", "gmail", "powerpoint", "skype",
])  # fmt: skip
"""Acronyms and names with capitals inside that are no participant's organisation."""
_MOST_WORDS = 6
"""Words of a name that a domain writes in one."""
_COLLEAGUE = re.compile(r"coll?eg|kolleg|compa[nñ]er|camarad|comrade|amig|friend|niece|nephew", re.IGNORECASE)
_TALK = (
    "attendance.yes",
    "attendance.no",
    "attendance.regret",
    "mode.online",
    "mode.in_person",
    "mode.place",
    "letters.closings",
    "letters.greetings",
)


def title_of(scene: Scene, one: Mention) -> Phrase | None:
    """Return what stands beside a name and may be a title: behind it between commas, or before it after "our"."""
    behind = re.match(r"\s?[,(–-]\s?([^,.;:()\n]{3,110})(?=[,.;)\n]|$)", scene.text[one.end :])
    if behind:
        start, end = one.end + behind.start(1), one.end + behind.end(1)
        inside = [o for o in scene.organisations if start < o.end and o.start < end]
        if inside:
            kept = phrases.without_connector(scene.text[start : max(start, inside[0].start)])
            end = start + len(kept)
        found = _plain(scene, start, end)
        if found:
            return found
    before = _OURS.search(scene.text[max(0, one.start - 80) : one.start])
    if before and not _COLLEAGUE.search(before[1]):
        start = max(0, one.start - 80) + before.start(1)
        return _plain(scene, start, start + len(before[1]))
    return None


def title_introduced(scene: Scene) -> Phrase | None:
    """Return what the writer says to be of a known organisation: "je suis pasteur de la Communauté …"."""
    for cue in words.of(scene.hits, "people.introductions"):
        for of in (o for o in scene.organisations if o.strong and 3 < o.start - cue.end < 60):
            start = cue.end + len(scene.text[cue.end :]) - len(scene.text[cue.end :].lstrip())
            article = re.match(r"(?:the|an?|le|la|el|o|a|une?|l['’])\b\s*", scene.text[start : of.start])
            start += article.end() if article else 0
            kept = phrases.without_connector(scene.text[start : of.start])
            found = _plain(scene, start, start + len(kept)) if kept != scene.text[start : of.start].rstrip() else None
            if found and found.text[:1].islower() and not re.search(r"[,.;:!?\n]", found.text):
                return found
    return None


def organisation_in(scene: Scene, address: str, mentions: Sequence[Mention]) -> Phrase | None:
    """Return a capitalised phrase that may be an organisation, by its initials in the sender's domain."""
    found = [
        p
        for p in _capitalised(scene)
        if not any(m.start < p.end and p.start < m.end for m in mentions) and not places.is_place(p.text)
    ]
    fitting = [p for p in found if domains.fits(p.text, address)]
    return next(iter(fitting), None)


def house_of_domain(scene: Scene, address: str) -> Phrase | None:
    """Return the words of a text that the sender's domain consists of: "Novissi 5" of x@novissi5.example."""
    labels_ = domains.named_after(address)
    toks = words.tokens(scene.folded) if labels_ else []
    for at, token in enumerate(toks):
        if not (scene.text[token.start].isupper() and any(one.startswith(token.text) for one in labels_)):
            continue
        spelt = ""
        for other in toks[at : at + _MOST_WORDS]:
            spelt += other.text
            if spelt in labels_:
                end = _to_the_end(scene, toks, toks.index(other), other.end)
                found = Phrase(token.start, end, scene.text[token.start : end], "", strong=False)
                if not (_in_address(scene.text, found) or places.is_place(found.text) or _is_named(scene, found)):
                    return found
    return None


def _to_the_end(scene: Scene, toks: list[words.Token], last: int, end: int) -> int:
    """Return where a name ends that goes on with capitals behind what the domain says: "Kalfou Lespwa"."""
    further = phrases.rightmost(scene.text, scene.folded, toks, last, capitals=True, ends=len(scene.text))
    return max(end, phrases.cut_connectors(scene.text, toks, toks[last].start, further))


def _in_address(text: str, one: Phrase) -> bool:
    """Say whether a word is part of an address or a link."""
    return re.search(r"[@./]$", text[: one.start]) is not None or re.match(r"[@/]|\.\w", text[one.end :]) is not None


def _is_named(scene: Scene, one: Phrase) -> bool:
    """Say whether a word is part of somebody's name."""
    spans = [s for m in scene.mentions for s in ((m.start, m.end), *m.aliases)]
    return any(start < one.end and one.start < end for start, end in spans)


def acronym_in(scene: Scene) -> Phrase | None:
    """Return the one acronym that stands behind a preposition: "de CODEMAYA", "from TRAMCO"."""
    found = [
        m
        for m in _ACRONYM.finditer(scene.text)
        if phrases.is_acronym(m[1]) and fold(m[1]) not in _NOBODYS and not places.is_place(m[1])
    ]
    if len({m[1] for m in found}) != 1:
        return None
    return Phrase(found[0].start(1), found[0].end(1), found[0][1], "", strong=False)


def behind_preposition(scene: Scene) -> Phrase | None:
    """Return the one name of several capitalised words behind "for", "from", "chez", nobody's and no place's."""
    found = []
    for phrase in _capitalised(scene):
        taken = any(
            start < phrase.end and phrase.start < end
            for m in scene.mentions
            for start, end in [(m.start, m.end), *m.aliases]
        )
        before = scene.folded[max(0, phrase.start - 14) : phrase.start]
        first = phrase.text.split()[0]
        taken = taken or phrases.is_title_word(fold(first)) or names.is_honorific(first)  # "for the Minister of State"
        if not taken and _PREPOSITION.search(before) and not places.in_text(phrase.text):
            found.append(phrase)
    return found[0] if len(found) == 1 else None


def _plain(scene: Scene, start: int, end: int) -> Phrase | None:
    text = scene.text[start:end].strip(" ,")
    spoken = words.tokens(scene.folded[start:end])
    if not 0 < len(spoken) <= 8 or names.is_name(text) or places.is_place(text) or any(c.isdigit() for c in text):
        return None
    if words.of(words.within(scene.hits, start, end), *_TALK, "people.introductions") or phrases.is_acronym(text):
        return None
    if any(t.text in grammar.ends() for t in spoken) or phrases.is_connector(spoken[-1].text):
        return None
    if labels.field_of(text)[1] >= 1:
        return None  # "cell"
    return Phrase(start, start + len(text), text, "", strong=False) if len(text) > 2 else None


def _capitalised(scene: Scene) -> list[Phrase]:
    """Return the phrases that begin with a capital inside a sentence and go on as a name does."""
    found: list[Phrase] = []
    toks = words.tokens(scene.folded)
    for index in range(1, len(toks)):
        token = toks[index]
        if not scene.text[token.start].isupper() or (found and token.start < found[-1].end):
            continue
        if token.text in names.small_words() or token.text in grammar.ends():
            continue
        phrase = phrases.from_word(scene.text, scene.folded, toks, index)
        if len(phrase.text.split()) >= 2:
            found.append(phrase)
    return found
