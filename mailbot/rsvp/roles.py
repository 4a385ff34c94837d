"""Titles and organisations in running text: where the phrase begins, and how far it goes.

A phrase begins at a word that the lexicons know as a title or an organisation and goes on over names, connecting words
and plain words until something shows its end: punctuation, a verb or pronoun, a place after "in", the organisation
after a title. Nothing is shortened or completed: a phrase is always a piece of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.rsvp import language, names, places, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Hit, Token

_CONNECTORS = frozenset(
    [
        "de",
        "des",
        "du",
        "d",
        "la",
        "le",
        "les",
        "l",
        "et",
        "e",
        "y",
        "i",
        "of",
        "the",
        "and",
        "for",
        "para",
        "por",
        "pour",
        "a",
        "aux",
        "au",
        "da",
        "do",
        "dos",
        "das",
        "na",
        "no",
        "nos",
        "nas",
        "del",
        "della",
        "dei",
        "delle",
        "dell",
        "degli",
        "di",
        "dal",
        "ai",
        "al",
        "fur",
        "der",
        "den",
        "dem",
        "und",
        "en",
        "em",
        "in",
        "s",
        "sur",
        "sul",
        "contre",
        "in",
        "los",
        "las",
        "el",
        "lo",
        "gli",
        "il",
        "og",
        "zu",
        "zur",
        "zum",
        "von",
        "vom",
        "im",
        "beim",
        "an",
        "aan",
        "und",
        "van",
        "het",
        "ti",
    ]
)
_INTO_PLACE = frozenset(["en", "em", "in", "a", "au", "aux", "im", "bei"])
ENDS = frozenset(
    [
        "i",
        "we",
        "you",
        "he",
        "she",
        "they",
        "it",
        "is",
        "are",
        "am",
        "was",
        "were",
        "will",
        "would",
        "shall",
        "who",
        "which",
        "that",
        "je",
        "j",
        "tu",
        "il",
        "elle",
        "nous",
        "vous",
        "ils",
        "elles",
        "on",
        "qui",
        "que",
        "qu",
        "dont",
        "ou",
        "est",
        "sont",
        "suis",
        "sera",
        "serai",
        "a",
        "ont",
        "ai",
        "me",
        "te",
        "se",
        "ce",
        "cette",
        "mon",
        "ma",
        "mes",
        "son",
        "sa",
        "ses",
        "notre",
        "nos",
        "yo",
        "el",
        "ella",
        "nosotros",
        "que",
        "quien",
        "soy",
        "es",
        "son",
        "somos",
        "estoy",
        "esta",
        "estan",
        "he",
        "ha",
        "han",
        "me",
        "se",
        "mi",
        "mis",
        "su",
        "sus",
        "eu",
        "ele",
        "ela",
        "nos",
        "sou",
        "somos",
        "estou",
        "tenho",
        "tem",
        "vou",
        "vai",
        "ich",
        "wir",
        "er",
        "sie",
        "ist",
        "sind",
        "bin",
        "war",
        "werde",
        "wird",
        "habe",
        "hat",
        "und-ich",
        "io",
        "noi",
        "lui",
        "lei",
        "sono",
        "siamo",
        "ho",
        "hanno",
        "mi",
        "ci",
        "vi",
        "si",
        "participe",
        "participera",
        "participo",
        "participarei",
        "with",
        "avec",
        "con",
        "com",
        "mit",
        "per",
        "from",
        "depuis",
        "desde",
        "dal",
        "shall",
        "my",
        "his",
        "her",
        "their",
        "our",
        "your",
        "its",
        "please",
        "kindly",
        "depuis",
        "ici",
        "aqui",
        "here",
        "wants",
        "want",
        "wish",
        "where",
        "et-je",
        "quiero",
        "queremos",
        "therefore",
        "but",
        "mais",
        "pero",
        "mas",
        "aber",
        "ma",
        "car",
        "porque",
        "donc",
        "aussi",
        "also",
        "tel",
        "telefono",
        "phone",
        "voudrais",
        "souhaite",
        "confirme",
        "confirmo",
        "confirma",
        "confirms",
        "confirm",
        "vai",
        "ira",
        "sera",
        "asistira",
        "asistire",
        "participara",
        "participaremos",
        "acuso",
        "accuse",
        "chez",
        "hereby",
        "intends",
        "mandate",
        "actuellement",
        "currently",
        "which",
        "whose",
        "not",
        "ne",
        "pas",
        "no",
        "nao",
        "non",
        "nicht",
        "como",
        "comme",
        "as",
        "als",
        "ainsi",
        "я и представляю jaimerai",
        "j-ai",
        "could",
        "can",
        "cannot",
        "must",
        "has",
        "have",
        "had",
        "x",
        "xq",
        "voici",
        "here-is",
        "this",
        "these",
        "c'est",
        "since",
    ]
)
_ACRONYM = re.compile(r"[A-ZÀ-Þ][\w&.-]*[A-ZÀ-Þ][\w&.-]*|[A-ZÀ-Þ]{2,}")
_STOPPER = re.compile(r"[,،;:!?|•·=\n\"“”«»…]|\.(?:\s|$)|\s[-–—]\s|[–—]|\(|\)|\[|\]|/\s|\s/")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A title or an organisation in a text. `strong` says that a known word carries it."""

    start: int
    end: int
    text: str
    language: str
    strong: bool = True


@cache
def _before() -> frozenset[str]:
    return frozenset(w for w in words.lexicon().single_words("titles.before"))


def organisations(text: str, hits: list[Hit] | None = None) -> list[Phrase]:
    """Return the organisations of a text in order; overlapping ones are one, from the leftmost word on."""
    folded = fold(text)
    toks = words.tokens(folded)
    hits = words.scan(folded, toks) if hits is None else hits
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
        if phrase:
            found.append(phrase)
    return found


def _only_a_word(text: str, toks: list[Token], at: int, quiet: bool, hits: list[Hit]) -> bool:
    """Say whether a small-written word like "union" or "organisation" is just that, not the beginning of a name."""
    if at and text[toks[at - 1].end : toks[at].start] == " " and _is_title_word(toks[at - 1].text):
        return True  # "Secrétaire central"
    behind = next((i for i in range(at + 1, min(at + 4, len(toks))) if toks[i].text not in _CONNECTORS), None)
    if behind is not None and text[toks[behind].start].isupper():
        if any(h.start == toks[behind].start for h in words.of(hits, "organisations.heads")):
            return True  # "l'organisation du Syndicat …": the name begins later
    return not quiet and not _named_after(text, toks, at)


def titles(text: str, organisations_: list[Phrase] | None = None, hits: list[Hit] | None = None) -> list[Phrase]:
    """Return the titles of a text in order. A title ends where an organisation begins."""
    folded = fold(text)
    toks = words.tokens(folded)
    hits = words.scan(folded, toks) if hits is None else hits
    orgs = organisations(text, hits) if organisations_ is None else organisations_
    found: list[Phrase] = []
    for head in sorted(words.of(hits, "titles.heads"), key=lambda h: (h.start, -h.end)):
        if any(o.start <= head.start < o.end for o in orgs if o.strong) or (found and head.start < found[-1].end):
            continue
        at = next(i for i, t in enumerate(toks) if t.start == head.start)
        if _is_plural(folded, head):
            continue
        found.append(_title(text, folded, toks, at, head, orgs))
    return found


def _is_plural(folded: str, head: Hit) -> bool:
    """Say whether an English word means many people ("the officers", "Himalayan Guides"), which is nobody's title."""
    word = folded[head.start : head.end]
    return head.language == "en" and word.endswith("s") and not word.endswith(("ss", "affairs", "gs", "services"))


def split_title(text: str) -> tuple[str, str] | None:
    """Return title and organisation of "General Secretary of Garments Sramik Oikya", None where nothing shows two."""
    whole = Phrase(0, len(text), text, "")
    of = behind_title(text, whole)
    if of is None:
        return None
    return without_connector(text[: of.start]), of.text


def without_connector(text: str) -> str:
    """Return a phrase without the "of the" that it ends with."""
    spoken = text.rstrip(" ,;-–").split(" ")
    while len(spoken) > 1 and all(w in _CONNECTORS | {"at", "with"} for w in re.split(r"['’]", fold(spoken[-1])) if w):
        spoken.pop()
    return re.sub(r"\s(?:l|d|dell|nell)['’]$", "", " ".join(spoken))


def behind_cue(text: str, hits: list[Hit], key: str, *, capital: bool) -> Phrase | None:
    """Return the phrase right behind a word that announces one ("I represent …", "en tant que …"), None where none is.

    With `capital` it must begin with a capital letter, articles set aside; else it must not.
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
            and (toks[index].text in _CONNECTORS | _before())
            and text[toks[index].start].islower()
        ):
            index += 1
        if index is None or index >= len(toks) or _STOPPER.search(text[cue.end : toks[index].start]):
            continue
        first = toks[index]
        if text[first.start].isupper() != capital or first.text in ENDS or not first.text.isalpha():
            continue
        if not capital and (
            first.text in names.small_words() or words.of(words.scan(first.text), "attendance.yes", "negation.words")
        ):
            continue
        end = _rightmost(
            text, folded, toks, index, capitals=capital and language.tell(text) in ("en", "de"), ends=len(text)
        )
        end = _cut_connectors(text, toks, first.start, end)
        if len(text[first.start : end].split()) <= 8:
            return Phrase(first.start, end, text[first.start : end], cue.language, strong=False)
    return None


def after_connector(text: str) -> str:
    """Return what follows a leading "of", "de la", "du" … of a phrase: "of the X" → "X"."""
    folded = fold(text)
    rest = text
    for token in words.tokens(folded):
        if token.text not in _CONNECTORS | _before() | {"at", "with", "w", "chez", "bei", "presso", "from"}:
            rest = text[token.start :]
            break
    return rest


def is_acronym(text: str) -> bool:
    """Say whether a text is one word like "FENAPORTO", "CoopRév", "SYNTRAMAR-Togo"."""
    text = text.strip(" .,;()")
    return (
        2 <= len(text) <= 20
        and " " not in text
        and sum(c.isupper() for c in text) >= 2
        and not text.isdigit()
        and bool(_ACRONYM.match(text))
    )


def is_connector(word: str) -> bool:
    """Say whether a folded word only connects others."""
    return word in _CONNECTORS


def ends_phrase(word: str) -> bool:
    """Say whether a folded word can't stand inside a title or an organisation: a pronoun, a verb."""
    return word in ENDS


def _named_after(text: str, toks: list[Token], at: int) -> bool:
    """Say whether a small-written head begins a name all the same: "l'association amal des saisonnieres", "the union"."""
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


def _organisation(text: str, folded: str, toks: list[Token], at: int, head: Hit, hits: list[Hit]) -> Phrase | None:
    first = _leftmost(text, toks, at)
    last = at
    while toks[last].end < head.end:
        last += 1
    tongues = {h.language for h in words.of(hits, "organisations.heads") if h.start == head.start}
    end = _rightmost(text, folded, toks, last, capitals=_capitals_only(text, tongues), ends=len(text))
    end = _with_bracket(text, folded, toks, end)
    start, end = _with_acronym_before(text, toks[first].start, end)
    alone = end <= head.end and start == head.start
    if alone and not text[head.start].isupper():
        return None
    unit = start == head.start and any(u.start == head.start for u in words.of(hits, "organisations.units"))
    return Phrase(start, end, text[start:end], head.language, strong=not alone and not unit)


def _capitals_only(text: str, tongues: set[str]) -> bool:
    """Say whether a name goes on over capitalised words only, as in English and German."""
    strict = {"en", "de"}
    if tongues <= strict:
        return True
    return bool(tongues & strict) and language.tell(text) in strict


def _leftmost(text: str, toks: list[Token], at: int) -> int:
    """Go left over capitalised words: "Uganda Market Vendors and Hawkers Union" begins at "Uganda"."""
    first = at
    while first > 0:
        previous = toks[first - 1]
        gap = text[previous.end : toks[first].start]
        if gap not in (" ", "-", "'", "’", " & ", "' ", "’ ", "\n"):
            break
        if (
            gap in ("'", "’", "-")
            and not text[previous.start].isupper()
            and first >= 2
            and text[toks[first - 2].end : previous.start] in ("'", "’")
        ):
            first -= 2  # "Na'in Cooperative": one word to the eye, two to the lexicon
            continue
        capital = text[previous.start].isupper() and previous.text not in names.small_words()
        sentence_start = _starts_sentence(text, previous.start) and (
            previous.text in _CONNECTORS or previous.text in ("the", "our", "from")
        )
        if (
            capital
            and not sentence_start
            and previous.text
            not in ("the", "i", "from", "la", "le", "el", "a", "o", "les", "los", "as", "os", "il", "die", "der", "das")
        ):
            first -= 1
            continue
        joins = previous.text in ("and", "of", "s", "for") or gap == " & "
        if (
            joins
            and first >= 2
            and text[toks[first - 2].start].isupper()
            and toks[first - 2].text not in names.small_words()
            and text[toks[first - 2].end : previous.start] in (" ", "'", "’")
        ):
            if previous.text in ("of", "for") and _is_title_word(toks[first - 2].text):
                break
            first -= 2
            continue
        break
    return first


def _is_title_word(word: str) -> bool:
    return bool(words.of(words.scan(word), "titles.heads"))


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" ")
    return not before or before[-1] in ".!?\n:;"


def _rightmost(text: str, folded: str, toks: list[Token], last: int, *, capitals: bool, ends: int) -> int:
    """Go right over what belongs to the phrase; connecting words count only with what they connect."""
    end = toks[last].end
    index = last + 1
    while index < len(toks):
        token = toks[index]
        if token.start >= ends or _STOPPER.search(text[toks[index - 1].end : token.start]):
            break
        capital = text[token.start].isupper() or not text[token.start].isalpha()
        if (
            token.text in _INTO_PLACE
            and index + 1 < len(toks)
            and text[toks[index + 1].start].isupper()
            and places.in_text(text[toks[index + 1].start : toks[index + 1].start + 30])[:1]
        ):
            nxt = text[toks[index + 1].start : toks[min(index + 2, len(toks) - 1)].end]
            if places.is_place(text[toks[index + 1].start : toks[index + 1].end]) or places.is_place(nxt):
                break
        if token.text == "i" and text[token.start] == "I":
            break
        if token.text in _CONNECTORS and not (capital and len(token.text) > 3 and not capitals):
            if token.text in _AND and not _goes_on(text, toks, index):
                break
            index += 1
            continue
        if token.text in ENDS and not (capital and not capitals and len(token.text) > 2):
            break
        if not capital and capitals and text[token.start - 1] not in "-'’":
            break
        end = token.end
        index += 1
    return end


_AND = frozenset(["and", "et", "y", "e", "i", "und"])


def _goes_on(text: str, toks: list[Token], index: int) -> bool:
    """Say whether a phrase goes on behind "and": with a name, or with a word like those before it, not with a verb."""
    behind = next((t for t in toks[index + 1 : index + 4] if t.text not in _CONNECTORS), None)
    if behind is None or behind.text in ENDS or behind.text in names.small_words():
        return False
    if text[behind.start].isupper():
        return True
    if words.of(words.scan(behind.text), "attendance.yes", "organisations.cues"):
        return False
    return (
        behind.text.endswith(("s", "e", "cion", "cao", "sion", "dad", "tion", "ia", "ment", "ung", "eur"))
        or toks[index - 1].text[-2:] == behind.text[-2:]
    )


def _with_bracket(text: str, folded: str, toks: list[Token], end: int) -> int:
    """Take in brackets right behind that hold an acronym, a place or the full name, and what goes on behind them."""
    bracket = re.match(r"[’']?\s?\(([^()]{2,80})\)|,\s([A-Z][A-Z0-9&-]{2,12})(?=[,.;\s])", text[end:])
    if not bracket:
        return end
    inside = bracket[1] or bracket[2]
    holds_org = bool(words.of(words.scan(fold(inside)), "organisations.heads"))
    if not (is_acronym(inside) or places.in_text(inside) or holds_org or (bracket[1] and inside.isupper())):
        return end
    if places.in_text(inside) and any(c.isdigit() for c in inside):
        return end
    end += bracket.end()
    behind = re.match(r" (?:de|du|des|of|do|da|del|della|d['’]) ?([A-ZÀ-Þ][\w-]+)", text[end:])
    return end + behind.end() if behind and places.in_text(behind[1]) else end


def _with_acronym_before(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in "FENAPORTO - " or "SITRASEP (" before the full name."""
    before = re.search(r"([^\s,;:(]{2,20})\s?(?:[-–—]\s?|\()$", text[:start])
    if before and is_acronym(before[1]):
        opened = text[:start].endswith("(")
        if opened and text[end : end + 1] == ")":
            return before.start(), end + 1
        if not opened:
            return before.start(), end
    return start, end


def _title(text: str, folded: str, toks: list[Token], at: int, head: Hit, orgs: list[Phrase]) -> Phrase:
    first = _title_start(text, toks, at, head)
    last = at
    while last + 1 < len(toks) and toks[last].end < head.end:
        last += 1
    border = min((o.start for o in orgs if o.start >= head.end and o.strong), default=len(text))
    capitals = head.language == "de" and language.tell(text) == "de"
    end = _rightmost(text, folded, toks, last, capitals=capitals, ends=border)
    end = _cut_connectors(text, toks, toks[first].start, end)
    acronym = re.search(
        r"\s(?:de\sla\s|de\sl['’]|de\s|du\s|del\s|da\s|do\s|of\sthe\s|of\s|di\s|della\s|dell['’]|der\s|at\s)([A-Z][A-Z0-9&-]{2,15})$",
        text[toks[first].start : end],
    )
    if acronym:
        end = toks[first].start + acronym.start()
    return Phrase(toks[first].start, end, text[toks[first].start : end], head.language)


def behind_title(text: str, title: Phrase) -> Phrase | None:
    """Return what a title is said to be of where no known word tells it: "General Secretary of Garments Sramik Oikya".

    Looks behind a title that ended before an acronym, else into the title's own last "of …".
    """
    rest = re.match(
        r"\s(?:de\sla\s|de\sl['’]|de\s|du\s|del\s|da\s|do\s|of\sthe\s|of\s|di\s|della\s|dell['’]|der\s|at\s)([A-Z][A-Z0-9&-]{2,15}(?:\s\([^()]{4,80}\))?)",
        text[title.end :],
    )
    if rest:
        return Phrase(title.end + rest.start(1), title.end + rest.end(1), rest[1], title.language)
    inside = re.search(
        r"\s(?:of\sthe|of|at|with|w/|de\sla|de|du|del|da|do|di|della|des|der|bei\sder|bei)\s((?:[A-ZÀ-Þ][\w'’-]*\s?(?:(?:de|of|y|and|do|da|ti|ng|mga)\s)?){2,7}\w*)$",
        title.text,
    )
    articled = re.search(
        r"\s(?:of\sthe|for\sthe|at\sthe|de\sla|de\sl['’]|du|del|da|do|della|dell['’]|bei\sder|beim|au\ssein\sdes?|au\ssein\sdu|au\ssein\sde\sla|pour\sla|por\sla|por\sel|à\sla|à\sl['’]|au|en\sla|en\sel|na|no|nella)\s?([A-ZÀ-Þ][^,;]*)$",
        title.text,
    )
    if articled and not _begins_with_unit(articled[1]):
        return Phrase(title.start + articled.start(1), title.end, articled[1].strip(), title.language, strong=False)
    if not inside or words.of(words.scan(fold(inside[1])), "organisations.units"):
        return None
    return Phrase(title.start + inside.start(1), title.end, inside[1].strip(), title.language, strong=False)


def _begins_with_unit(text: str) -> bool:
    return any(h.start == 0 for h in words.of(words.scan(fold(text)), "organisations.units"))


def from_word(text: str, folded: str, toks: list[Token], index: int) -> Phrase:
    """Return the phrase that begins with a word and goes on as an organisation's name does."""
    end = _rightmost(text, folded, toks, index, capitals=language.tell(text) in ("en", "de"), ends=len(text))
    end = _cut_connectors(text, toks, toks[index].start, _with_bracket(text, folded, toks, end))
    return Phrase(toks[index].start, end, text[toks[index].start : end], "", strong=False)


def _title_start(text: str, toks: list[Token], at: int, head: Hit) -> int:
    """English and German titles have their words before them: "pension secretary", "Assistant General Secretary"."""
    if head.language not in ("en", "de", "ru") and fold(text[head.start : head.end]) not in ("president", "assistant"):
        return at
    first = at
    while first > 0 and at - first < 4:
        previous = toks[first - 1]
        gap = text[previous.end : toks[first].start]
        if gap not in (" ", "-", "'", "’", " & ", "\n") or previous.text in _CONNECTORS | ENDS | _before():
            break
        if (
            previous.text in names.small_words()
            or previous.text.isdigit()
            or (text[previous.start].isupper() and not text[toks[first].start].isupper())
        ):
            break
        first -= 1
    return first


def _cut_connectors(text: str, toks: list[Token], start: int, end: int) -> int:
    """Leave out connecting words that a phrase would end with."""
    inside = [t for t in toks if start <= t.start and t.end <= end]
    while len(inside) > 1 and (
        inside[-1].text in _CONNECTORS
        or inside[-1].text
        in ("at", "sein", "for", "by", "bei", "beim", "presso", "with", "dentro", "junto", "pela", "pelo", "ante")
    ):
        inside.pop()
    return inside[-1].end if inside else end
