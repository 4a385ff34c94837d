"""Titles and organisations in running text, by the words that the lexicons know for them.

A phrase begins at such a word; phrases says how far it goes. Nothing is shortened or completed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mailbot.rsvp import grammar, language, names, phrases, places, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.phrases import Phrase
from mailbot.rsvp.words import Hit, Token

_OF_WORDS = frozenset(
    [
        "de",
        "des",
        "du",
        "d",
        "of",
        "del",
        "dos",
        "das",
        "do",
        "da",
        "di",
        "dei",
        "delle",
        "degli",
        "der",
        "fur",
        "for",
        "pour",
        "para",
        "per",
    ]
)
_WORKED_AT = re.compile(
    r"\b(?:à la|à l['’]|au|chez|at the|at|in the|en la|en el|na|no|nella|nel|presso la|presso il|alla|al|"
    r"beim|bei der|in der|im) ?$"
)
_OF_AT_END = re.compile(r"\b(?:de la|de l['’]|du|des|de|of the|of|del|da|do|dos|das|della|dell['’]|dei|der|des) ?$")
_BODY = re.compile(r"vorstand|prasidi|beirat|aufsichtsrat|directorio|presidium")
"""What leads a house, said in one word: "Vorstand der Initiative …"; others are said in two, "Conselho Diretivo"."""
_ONE_OF = re.compile(r"\b(?:une? des|uno de los|una de las|um dos|uma das|un de nos|une de nos) $")
_GIVEN = frozenset(["Md", "Mp", "Gs"])
"""Written so they are a given name ("Md Shafiqul Alam"), not an office."""
_FIELD = re.compile(r"\s?\(([^\W\d_][^()\d@:]{2,32})\)")
_TOLD = ("people.introductions", "phones.mobile", "phones.office", "negation.words", "letters.greetings")
_CONTRACTED = frozenset(["m", "re", "ve", "ll"])
_DOERS = frozenset(["i", "we", "who", "to", "also", "they", "she", "he", "you", "will", "and"])
_ORDERS_ABOUT = re.compile(r"\b(?:ilo|oit|bit|iao)\b")
_OF_THE = (
    r"\s(?:de\sla\s|de\sl['’]|de\s|du\s|del\s|da\s|do\s|of\sthe\s|of\s|di\s|della\s|dell['’]|der\s|at\sthe\s|at\s|with\s|"
    r"à\sla\s|à\sl['’]|à\s|au\s|chez\s|pour\s|en\sla\s|en\sel\s|en\s|na\s|no\s|alla\s|presso\s|bei\sder\s|beim\s|bei\s|for\s)"
)
"""What stands between a title and the acronym of whom it is held with."""


def organisations(text: str, hits: Sequence[Hit] | None = None) -> list[Phrase]:
    """Return the organisations of a text in order; overlapping ones are one, from the phrases.leftmost word on."""
    folded = fold(text)
    toks = words.tokens(folded)
    hits = words.scan(folded) if hits is None else hits
    quiet = text in (text.lower(), text.upper()) or len(re.findall(r"[A-ZÀ-Þ]", text)) < max(3, len(toks) // 9)
    titled = {h.start for h in words.of(hits, "titles.heads")}
    found: list[Phrase] = []
    for head in sorted(words.of(hits, "organisations.heads"), key=lambda h: (h.start, -h.end)):
        if found and head.start < found[-1].end:
            continue
        at = next(i for i, t in enumerate(toks) if t.start == head.start)
        if text[head.start].islower() and (head.start in titled or _only_a_word(text, toks, at, quiet, hits)):
            continue
        phrase = _organisation(text, folded, toks, at, head, hits)
        if phrase and not _ends_in_title(phrase, hits) and not _begins_later(text, phrase, head, hits):
            found.append(phrase)
    return sorted([*found, *_legal_bodies(text, found)], key=lambda o: o.start)


def _begins_later(text: str, phrase: Phrase, head: Hit, hits: Sequence[Hit]) -> bool:
    """Say whether a small-written part of a house comes first: "núcleo de Viana da Plataforma …", "section X du Y"."""
    units = [u for u in words.of(hits, "organisations.units") if u.start in (head.start, phrase.start)]
    body = any(" " in text[u.start : u.end] or _BODY.match(fold(text[u.start : u.end])) for u in units)
    if not units or (text[head.start].isupper() and not body):
        return False
    inside = words.within(words.of(hits, "organisations.heads"), head.end, phrase.end)
    return any(text[h.start].isupper() for h in inside)


def _legal_bodies(text: str, found: list[Phrase]) -> list[Phrase]:
    """Return the names that only their legal form tells: "Intérim & Dignité asbl"."""
    bodies = phrases.legal_bodies(text)
    return [b for b in bodies if not any(o.start < b.end and b.start < o.end for o in found)]


def _ends_in_title(phrase: Phrase, hits: Sequence[Hit]) -> bool:
    """Say whether a phrase is somebody's title, whose English head comes last: "Programme Officer"."""
    if re.search(r"\b(?:of|for|de|du|der|des)\b", phrase.text):
        return False
    heads = [h for h in words.of(hits, "titles.heads") if h.language == "en" and h.end == phrase.end]
    return any(h.start > phrase.start for h in heads) and not fold(phrase.text).endswith("s")


def _only_a_word(text: str, toks: list[Token], at: int, quiet: bool, hits: Sequence[Hit]) -> bool:
    """Say whether a small-written word like "union" or "organisation" is just that, not the beginning of a name."""
    if at and text[toks[at - 1].end : toks[at].start] == " " and phrases.is_title_word(toks[at - 1].text):
        return True  # "Secrétaire central"
    bare = at > 1 and toks[at - 1].text in ("de", "d", "di") and phrases.is_title_word(toks[at - 2].text)
    if bare and not _goes_on_with_of(toks, at + 1, 1):
        return True  # "chargée de mission", "jefe de proyecto"
    if quiet and not _goes_on_with_of(toks, at + 1, 3):
        return True  # "la red resivi": a word among others
    behind = next((i for i in range(at + 1, min(at + 4, len(toks))) if toks[i].text not in grammar.connectors()), None)
    starts = {h.start for h in words.of(hits, "organisations.heads")}
    if behind is not None and text[toks[behind].start].isupper() and toks[behind].start in starts:
        return True  # "l'organisation du Syndicat …": the name begins later
    return not quiet and not _named_after(text, toks, at)


def _goes_on_with_of(toks: list[Token], at: int, reach: int) -> bool:
    """Say whether "of" or what stands for it follows soon; the end of the text will do as well."""
    behind = [t.text for t in toks[at : at + reach]]
    return len(behind) < reach or any(w in _OF_WORDS for w in behind)


def _named_after(text: str, toks: list[Token], at: int) -> bool:
    """Say whether a small-written head begins a name all the same: "l'association amal des saisonnieres".

    "the union".
    """
    if at + 1 >= len(toks):
        return False
    before = toks[at - 1].text if at else ""
    if before in (
        "une",
        "un",
        "a",
        "an",
        "una",
        "um",
        "uma",
        "eine",
        "ein",
        "notre",
        "our",
        "nuestra",
        "votre",
        "cette",
        "ce",
        "this",
    ):
        return False
    gap = text[toks[at].end : toks[at + 1].start]
    return gap == " " and (
        toks[at + 1].text in ("de", "des", "du", "of", "d", "dos", "das", "del", "dei", "delle")
        or text[toks[at + 1].start].isupper()
    )


def _organisation(text: str, folded: str, toks: list[Token], at: int, head: Hit, hits: Sequence[Hit]) -> Phrase | None:  # noqa: PLR0917 -- one text and what was found in it go together
    first = phrases.leftmost(text, toks, at)
    last = at
    while toks[last].end < head.end:
        last += 1
    tongues = {h.language for h in words.of(hits, "organisations.heads") if h.start == head.start}
    end = phrases.rightmost(text, folded, toks, last, capitals=_capitals_only(text, tongues), ends=len(text))
    end = phrases.with_bracket(text, folded, toks, phrases.with_legal_form(text, end))
    end = _with_unit_behind(text, end, hits)
    start, end = phrases.with_acronym_before(text, _with_unit_before(text, toks[first].start, hits), end)
    alone = end <= head.end and start == head.start
    if alone and not text[head.start].isupper():
        return None
    units = words.of(hits, "organisations.units")
    unit = start == head.start and any(u.start == head.start for u in units)
    unit = unit or (tongues == {"en"} and end == head.end and text[head.start : end] == "Desk")
    ours = unit or ("office" in folded[start:end] and _ORDERS_ABOUT.search(folded[start:end]) is not None)
    return Phrase(start, end, text[start:end], head.language, strong=not alone and not ours)


def _with_unit_before(text: str, start: int, hits: Sequence[Hit]) -> int:
    """Take in the part of a house where one works: "à la Direction X du Ministère Y"."""
    for unit in words.of(hits, "organisations.units"):
        between = text[unit.end : start]
        if not (unit.end < start <= unit.end + 90 and text[unit.start].isupper()) or re.search(r"[,.;:()\n]", between):
            continue
        if _WORKED_AT.search(text[: unit.start]) and _OF_AT_END.search(between):
            return unit.start
    return start


def _with_unit_behind(text: str, end: int, hits: Sequence[Hit]) -> int:
    """Take in the part of a house that is named behind it: "Universidad de X, Facultad de Trabajo Social"."""
    unit = next((h for h in words.of(hits, "organisations.units") if h.start == end + 2), None)
    if unit is None or text[end : end + 2] != ", " or not text[unit.start].isupper():
        return end
    named = re.match(r"[^,.;:()\n]*", text[unit.start :])
    return unit.start + named.end() if named and len(named[0].split()) <= 7 else end


def _capitals_only(text: str, tongues: set[str]) -> bool:
    """Say whether a name goes on over capitalised words only, as in English and German."""
    strict = {"en", "de"}
    if tongues <= strict:
        return True
    return bool(tongues & strict) and language.tell(text) in strict


def titles(text: str, organisations_: list[Phrase] | None = None, hits: Sequence[Hit] | None = None) -> list[Phrase]:
    """Return the titles of a text in order. A title ends where an organisation begins."""
    folded = fold(text)
    toks = words.tokens(folded)
    hits = words.scan(folded) if hits is None else hits
    orgs = organisations(text, hits) if organisations_ is None else organisations_
    found: list[Phrase] = []
    for head in sorted(words.of(hits, "titles.heads"), key=lambda h: (h.start, -h.end)):
        if any(o.start <= head.start < o.end for o in orgs if o.strong) or (found and head.start < found[-1].end):
            continue
        at = next(i for i, t in enumerate(toks) if t.start == head.start)
        if _is_plural(folded, head) or _is_verb(toks, at) or text[head.start : head.end] in _GIVEN:
            continue
        alike = [h for h in words.of(hits, "titles.heads") if (h.start, h.end) == (head.start, head.end)]
        spoken = head if len(alike) == 1 else next((h for h in alike if h.language == language.tell(text)), head)
        found.append(_title(text, folded, toks, at, spoken, orgs))
    return found


def _is_plural(folded: str, head: Hit) -> bool:
    """Say whether a word means many people ("the officers", "Costureras Unidas"), which is nobody's title."""
    word = folded[head.start : head.end]
    if head.language == "en":
        return word.endswith("s") and not word.endswith(("ss", "affairs", "gs", "services"))
    one_of = _ONE_OF.search(folded[: head.start])  # "un des gérants" is one
    return head.language in ("fr", "es", "pt") and len(word) > 6 and word.endswith("s") and not one_of


def _is_verb(toks: list[Token], at: int) -> bool:
    """Say whether an English word like "lead", "head", "chair" is what somebody does: "I lead the Circle"."""
    return at > 0 and toks[at].text in ("lead", "head", "chair", "counsel", "staff") and toks[at - 1].text in _DOERS


def split_title(text: str) -> tuple[str, str] | None:
    """Return title and organisation of "General Secretary of Garments Sramik Oikya", None where nothing shows two."""
    whole = Phrase(0, len(text), text, "")
    of = behind_title(text, whole)
    if of is None:
        return None
    return phrases.without_connector(text[: of.start]), of.text


def behind_cue(text: str, hits: Sequence[Hit], key: str, *, capital: bool) -> Phrase | None:
    """Return the phrase right behind a word that announces one ("I represent …", "en tant que …"), None where none is.

    With `capital` it must begin with a capital letter, phrases.articles set aside; else it must not.
    """
    folded = fold(text)
    toks = words.tokens(folded)
    for cue in words.of(hits, key):
        if not capital and " " not in text[cue.start : cue.end]:
            continue  # "comme", "as" alone mean too much
        index = next((i for i, t in enumerate(toks) if t.start >= cue.end), None)
        while (
            index is not None
            and index < len(toks)
            and (toks[index].text in grammar.connectors() | phrases.articles())
            and text[toks[index].start].islower()
        ):
            index += 1
        if index is None or index >= len(toks) or phrases.STOPPER.search(text[cue.end : toks[index].start]):
            continue
        first = toks[index]
        if capital and _heads_title(text, cue.end, first):
            continue  # "on behalf of the Minister of Labour": somebody, not a house
        if text[first.start].isupper() != capital or first.text in grammar.ends() or not first.text.isalpha():
            continue
        if not capital and (
            first.text in names.small_words() or words.of(words.scan(first.text), "attendance.yes", "negation.words")
        ):
            continue
        end = phrases.rightmost(
            text, folded, toks, index, capitals=capital and language.tell(text) in ("en", "de"), ends=len(text)
        )
        end = phrases.cut_connectors(text, toks, first.start, end)
        if len(text[first.start : end].split()) <= 8:
            return Phrase(first.start, end, text[first.start : end], cue.language, strong=False)
    return None


def _heads_title(text: str, start: int, first: Token) -> bool:
    """Say whether what a cue announces begins with a title's or an honorific's word."""
    led = text[start : first.end].split()
    return phrases.is_title_word(first.text) or (bool(led) and names.is_honorific(led[-1]))


def _title(text: str, folded: str, toks: list[Token], at: int, head: Hit, orgs: list[Phrase]) -> Phrase:  # noqa: PLR0917 -- one text and what was found in it go together
    first = _title_start(text, toks, at, head)
    last = at
    while last + 1 < len(toks) and toks[last].end < head.end:
        last += 1
    border = min((o.start for o in orgs if o.start >= head.end and o.strong), default=len(text))
    capitals = head.language == "de" and language.tell(text) == "de"
    end = phrases.rightmost(text, folded, toks, last, capitals=capitals, ends=border)
    end = phrases.cut_connectors(text, toks, toks[first].start, end)
    named = text[head.end : end].strip()
    whole = text[head.start].isupper() and not folded[: head.end].endswith(" of")
    if head.language == "en" and whole and toks[last].end == head.end and names.is_name(named):
        end = head.end  # "our Benefits Counsellor Ann Example"
    end = _with_field(text, toks[first].start, end)
    acronym = re.search(
        _OF_THE + r"([A-Z][A-Z0-9&-]{2,15})$",
        text[toks[first].start : end],
    )
    if acronym:
        end = toks[first].start + acronym.start()
    return Phrase(toks[first].start, end, text[toks[first].start : end], head.language)


def _with_field(text: str, start: int, end: int) -> int:
    """Take in the field in brackets behind a title: "Chief Planner (Social Security)", "Secretary (Acting)"."""
    field = _FIELD.match(text, end)
    aside = field is not None and text[start].isupper() and field[1][0].islower()  # "Deputy Director (hurrah)"
    if not field or aside or places.in_text(field[1]) or phrases.is_acronym(field[1]):
        return end
    hits = words.scan(fold(field[1]))
    other = words.of(
        hits, "organisations.heads", "mode.online", "mode.in_person", "attendance.yes", "people.me", *_TOLD
    )
    return end if other or any(t.text in grammar.ends() for t in words.tokens(fold(field[1]))) else field.end()


def behind_title(text: str, title: Phrase) -> Phrase | None:
    """Return what a title is said to be of where no known word tells it: "General Secretary of Garments Sramik Oikya".

    Looks behind a title that ended before an acronym, else into the title's own last "of …".
    """
    rest = re.match(
        _OF_THE + r"([A-Z][A-Z0-9&-]{2,15}(?:\s\([^()]{4,80}\))?)",
        text[title.end :],
    )
    if rest:
        return Phrase(title.end + rest.start(1), title.end + rest.end(1), rest[1], title.language)
    inside = re.search(
        r"\s(?:of\sthe|of|at|with|w/|de\sla|de|du|del|da|do|di|della|des|der|bei\sder|bei)\s((?:[A-ZÀ-Þ][\w'’-]*\s?(?:(?:de|of|y|and|do|da|ti|ng|mga)\s)?){2,7}\w*)$",
        title.text,
    )
    articled = re.search(
        r"\s(?:of\sthe|for\sthe|at\sthe|delle|dei|degli|dos|das|des|de\slas|de\slos|de\sla|de\sl['’]|du|del|da|do|della|dell['’]|bei\sder|beim|au\ssein\sdes?|au\ssein\sdu|au\ssein\sde\sla|pour\sla|por\sla|por\sel|à\sla|à\sl['’]|au|en\sla|en\sel|na|no|nella)\s?([A-ZÀ-Þ][^,;]*)$",
        title.text,
    )
    if articled and not _begins_with_unit(articled[1]):
        return Phrase(title.start + articled.start(1), title.end, articled[1].strip(), title.language, strong=False)
    if not inside or words.of(words.scan(fold(inside[1])), "organisations.units"):
        return None
    return Phrase(title.start + inside.start(1), title.end, inside[1].strip(), title.language, strong=False)


def _begins_with_unit(text: str) -> bool:
    return any(h.start == 0 for h in words.of(words.scan(fold(text)), "organisations.units"))


def _joins_capitals(text: str, toks: list[Token], first: int) -> bool:
    """Say whether "and" stands between two words of one title: "Legal and Social Security Director"."""
    if first < 2 or not text[toks[first].start].isupper():
        return False
    before = toks[first - 2]
    inside = text[before.end : toks[first - 1].start] == " " and text[before.start].isupper()
    return inside and before.text not in names.small_words() and not phrases.is_title_word(before.text)


def _title_start(text: str, toks: list[Token], at: int, head: Hit) -> int:
    """English and German titles have their words before them: "pension secretary", "Assistant General Secretary"."""
    if head.language not in ("en", "de", "ru") and fold(text[head.start : head.end]) not in ("president", "assistant"):
        return at - 1 if at and toks[at - 1].text in grammar.words_that("ordinals") else at
    first = at
    while first > 0 and at - first < 4:
        previous = toks[first - 1]
        gap = text[previous.end : toks[first].start]
        if previous.text in _CONTRACTED and first > 1 and text[previous.start - 1] in "'’":
            break  # "I'm Deputy Director"
        if previous.text in ("and", "und") and gap == " " and _joins_capitals(text, toks, first):
            first -= 2
            continue
        if (
            gap not in (" ", "-", "'", "’", " & ", "\n")
            or previous.text in grammar.connectors() | grammar.ends() | phrases.articles()
        ):
            break
        if (
            previous.text in names.small_words()
            or previous.text.isdigit()
            or (
                text[previous.start].isupper()
                and not text[toks[first].start].isupper()
                and text[toks[first].start].isalpha()
            )
        ):
            break
        first -= 1
    return first
