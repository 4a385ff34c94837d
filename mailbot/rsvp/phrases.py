"""How far a phrase goes in a text: over names, connecting words and plain words until something shows its end.

Where it begins is for organisations and titles to say. A phrase is always a piece of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from mailbot.rsvp import grammar, language, names, places, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.words import Token

_ACRONYM = re.compile(r"[A-ZÀ-Þ][\w&.-]*[A-ZÀ-Þ][\w&.-]*|[A-ZÀ-Þ]{2,}")
STOPPER = re.compile(r"[,،;:!?|•·=\n\"“”«»…]|\.(?:\s|$)|\s[-–—]\s|[–—]|\(|\)|\[|\]|/\s|\s/")


_OPENING = frozenset(
    ["the", "i", "from", "la", "le", "el", "a", "o", "les", "los", "as", "os", "il", "die", "der", "das"]
)
_WRAP = 50
"""Characters of a line from which on its end may be a mail program's, in the middle of a name."""
_NAMED = re.compile(
    r"(?:[A-ZÀ-Þ][\w'’-]*(?:\s(?:&|et|and|y|e|und|de|des|du|da|do|di|del|of|la|le)){0,2}\s)*[A-ZÀ-Þ][\w'’-]*$"
)
_FUTURE = re.compile(
    r"\w{3}(?:ront|rons)$|\w{2}(?:ranno|remos|remo|rei)$|(?:seront|auront|seran|estaran|iran|serao|estarao|irao)$|"
    r"\w{3}[aei]r(?:an|ao)$"
)
"""How verbs end that say what people will do: "saranno", "suivront", "asistirán"."""
_CLITIC = re.compile(r"[mjtns]['’](?=[^\W\d_])")
"""A French pronoun or negation before its verb: "m'a confié", "n'est"; no name holds one in small letters."""
_NUMBER = re.compile(r"[(+]?\d[\d .()/-]{4,}\d")
"""Digits that are a telephone number rather than a name's "No. 3" or a year."""
_QUOTED = re.compile(r"\s[\"“«„]\s?[^\"”»“\n]{2,50}\s?[\"”»“]")
_LEGAL_FORM = re.compile(
    r",?\s(?:A\.\s?C|a\.\s?s\.\s?b\.\s?l|asbl|ASBL|e\.\s?V|e\.\s?G|g?GmbH|AG|S\.\s?A(?:\.\s?S)?|S\.\s?L|S\.\s?C|I\.\s?A\.\s?P|"
    r"SARL|SAS|SCOP|SCIC|S\.?p\.?A|S\.?r\.?l|[Oo]nlus|ONLUS|APS|ETS|Lda|Ltda|Ltd|Limited|Inc|LLC|PLC|plc|CIC|Pty|R\.\s?L|S\.\s?Coop|I\.\s?P)"
    r"(?:\.(?=\W|$)|(?=[\s,;:)]|$))"
)
"""What a name ends with that says which kind of body it is: nothing but an organisation has one."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A title or an organisation in a text. `strong` says that a known word carries it."""

    start: int
    end: int
    text: str
    language: str
    strong: bool = True


@cache
def articles() -> frozenset[str]:
    return frozenset(w for w in words.lexicon().single_words("titles.before"))


def without_connector(text: str) -> str:
    """Return a phrase without the "of the" that it ends with."""
    spoken = text.rstrip(" ,;-–").split(" ")
    while len(spoken) > 1 and all(
        w in grammar.connectors() | {"at", "with", "bei", "chez", "presso", "junto", "within"}
        for w in re.split(r"['’]", fold(spoken[-1]))
        if w
    ):
        spoken.pop()
    return re.sub(r"\s(?:l|d|dell|nell)['’]$", "", " ".join(spoken))


def after_connector(text: str) -> str:
    """Return what follows a leading "of", "de la", "du" … of a phrase: "of the X" → "X"."""
    folded = fold(text)
    rest = text
    for token in words.tokens(folded):
        if token.text not in grammar.connectors() | articles() | {"at", "with", "w", "chez", "bei", "presso", "from"}:
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
    return word in grammar.connectors()


def ends_phrase(word: str) -> bool:
    """Say whether a folded word can't stand inside a title or an organisation: a pronoun, a verb."""
    return word in grammar.ends()


def is_title_word(word: str) -> bool:
    return bool(words.of(words.scan(word), "titles.heads"))


def _starts_sentence(text: str, start: int) -> bool:
    before = text[:start].rstrip(" ")
    return not before or before[-1] in ".!?\n:;"


def _wrapped(text: str, end: int) -> bool:
    """Say whether the line that ends here is so long that the break may be a mail program's."""
    return end - text.rfind("\n", 0, end) > _WRAP


def with_legal_form(text: str, end: int) -> int:
    """Take in "e.V.", ", A.C.", "Ltd" behind a name."""
    form = _LEGAL_FORM.match(text, end)
    return form.end() if form else end


def is_legal_body(text: str) -> bool:
    """Say whether a text is a name that ends with a legal form: "Letzassist a.s.b.l."."""
    form = next((f for f in _LEGAL_FORM.finditer(text) if f.end() == len(text)), None)
    return form is not None and form.start() > 2 and text[:1].isupper() and len(text.split()) <= 9


def legal_bodies(text: str) -> list[Phrase]:
    """Return the capitalised names before a legal form, wherever they stand in a text."""
    found = []
    for form in _LEGAL_FORM.finditer(text):
        name = _NAMED.search(text, max(0, form.start() - 90), form.start())
        if name and len(name[0]) > 2 and fold(name[0].split()[0]) not in names.small_words():
            found.append(Phrase(name.start(), form.end(), text[name.start() : form.end()], ""))
    return found


def leftmost(text: str, toks: list[Token], at: int) -> int:
    """Go left over capitalised words: "Uganda Market Vendors and Hawkers Union" begins at "Uganda"."""
    first = at
    while first > 0:
        previous = toks[first - 1]
        gap = text[previous.end : toks[first].start]
        if gap not in (" ", "-", "'", "’", " & ", "' ", "’ ") and not (gap == "\n" and _wrapped(text, previous.end)):
            break
        if (
            gap in ("'", "’", "-")
            and not text[previous.start].isupper()
            and first >= 2
            and text[toks[first - 2].end : previous.start] in ("'", "’")
        ):
            first -= 2  # "Na'in Cooperative": one word to the eye, two to the lexicon
            continue
        split_word = first > 1 and len(previous.text) < 4 and text[toks[first - 2].end : previous.start] in ("'", "’")
        if split_word and text[previous.start].islower() and text[toks[first - 2].start].isupper() and gap == " ":
            first -= 2  # "Savai'i Weavers"
            continue
        opens = _starts_sentence(text, previous.start) or len(previous.text) < 4
        shouted = len(previous.text) > 1 and text[previous.start : previous.end].isupper()
        shouted = shouted and not text[toks[first].start : toks[first].end].isupper()  # "UN Social Pact Office"
        capital = text[previous.start].isupper() and (shouted or not (opens and previous.text in names.small_words()))
        sentence_start = _starts_sentence(text, previous.start) and (
            previous.text in grammar.connectors() or previous.text in ("the", "our", "from")
        )
        if capital and not sentence_start and (shouted or previous.text not in _OPENING):
            first -= 1
            continue
        joins = previous.text in ("and", "of", "s", "for") or gap == " & "
        joins = joins or (previous.text == "in" and first > 1 and toks[first - 2].text.endswith(("s", "men", "people")))
        if (
            joins
            and first >= 2
            and text[toks[first - 2].start].isupper()
            and toks[first - 2].text not in names.small_words()
            and text[toks[first - 2].end : previous.start] in (" ", "'", "’")
        ):
            if previous.text in ("of", "for") and is_title_word(toks[first - 2].text):
                break
            first -= 2
            continue
        break
    return first


def rightmost(text: str, folded: str, toks: list[Token], last: int, *, capitals: bool, ends: int) -> int:
    """Go right over what belongs to the phrase; connecting words count only with what they connect."""
    end = toks[last].end
    index = last + 1
    while index < len(toks):
        token = toks[index]
        stopped = STOPPER.search(text[toks[index - 1].end : token.start])
        if token.start >= ends or stopped or _leads_away(text, toks, index):
            break
        capital = text[token.start].isupper() or not text[token.start].isalpha()
        place = _place_behind(text, toks, index)
        if place and not re.match(r"\s\([A-Z][A-Z0-9-]{2,12}\)", text[place:]):
            break
        if place:
            end = place  # "… au Kivu (CERK)": the place is the name's
            index = next((i for i in range(index, len(toks)) if toks[i].start >= place), len(toks))
            continue
        if token.text == "i" and text[token.start] == "I":
            break
        if token.text in grammar.connectors() and not (capital and len(token.text) > 3 and not capitals):
            if token.text in grammar.words_that("and") and not _goes_on(text, toks, index):
                break
            index += 1
            continue
        verb = not capital and _FUTURE.search(token.text)
        if verb or (token.text in grammar.ends() and not (capital and not capitals and len(token.text) > 2)):
            break
        if not capital and capitals and text[token.start - 1] not in "-'’":
            break
        end = token.end
        index += 1
    return end


def _leads_away(text: str, toks: list[Token], index: int) -> bool:
    """Say whether a telephone number, "m'a confié", "à suivre" or "a participar" begins here, which no name holds."""
    if _CLITIC.match(text, toks[index].start) or _NUMBER.match(text, toks[index].start):
        return True
    if toks[index].text not in grammar.words_that("into_verb") or index + 1 >= len(toks):
        return False
    verb = toks[index + 1]
    if text[verb.start].isupper() or len(verb.text) < 4:
        return False
    if toks[index].text == "a":
        return verb.text.endswith(("er", "ir", "re", "ar", "oir")) and not verb.text.endswith(("taire", "itre"))
    return bool(words.of(words.scan(verb.text), "attendance.yes"))


def _place_behind(text: str, toks: list[Token], index: int) -> int:
    """Return where a place ends that a word like "in", "au" leads to, 0 where it leads to none."""
    if toks[index].text not in grammar.words_that("into_place") or index + 1 >= len(toks):
        return 0
    start = toks[index + 1].start
    length = places.at_start(text[start : start + 40]) if text[start].isupper() else 0
    if not length and _names_a_place(text, toks, index):
        length = toks[index + 1].end - start
    return start + length if length else 0


def _names_a_place(text: str, toks: list[Token], index: int) -> bool:
    """Say whether an unknown name behind "à", "em", "in" is a place's: not behind many people, who are in a trade.

    "Casa do Migrante em Foz" ends before the place; "Trabalhadores em Educação", "Women in Trade" do not.
    """
    word, before = text[toks[index].start : toks[index].end], toks[index - 1].text
    after = toks[index + 1]
    if (
        not text[after.start].isupper()
        or text[after.start : after.end].isupper()
        or not text[toks[index - 1].start].isupper()
    ):
        return False
    if after.text in names.small_words() or words.of(words.scan(after.text), "organisations.heads", "titles.heads"):
        return False
    many = before.endswith(("s", "i", "men", "people", "youth"))
    return word in ("à", "em", "in") and not many and before not in grammar.words_that("takes_to")


def _goes_on(text: str, toks: list[Token], index: int) -> bool:
    """Say whether a phrase goes on behind "and": with a name, or with a word like those before it, not with a verb."""
    behind = next((t for t in toks[index + 1 : index + 4] if t.text not in grammar.connectors()), None)
    if behind is None or behind.text in grammar.ends() or behind.text in names.small_words():
        return False
    if text[behind.start].isupper():
        return True
    said = words.scan(behind.text)
    if words.of(said, "titles.heads"):
        return True  # "promotora de salud y fiscal"
    if words.of(said, "attendance.yes", "organisations.cues"):
        return False
    if re.match(r"[.,;)\n]|$", text[behind.end :]) and not behind.text.endswith(("o", "e", "rei", "ai", "ro")):
        return True  # "secretario de deportes y salud.": a verb would have gone on
    return (
        behind.text.endswith(("s", "e", "cion", "cao", "sion", "dad", "tion", "ia", "ment", "ung", "eur"))
        or toks[index - 1].text[-2:] == behind.text[-2:]
    )


def with_bracket(text: str, folded: str, toks: list[Token], end: int) -> int:
    """Take in brackets right behind that hold an acronym, a place or the full name, and what goes on behind them."""
    quoted = _QUOTED.match(text, end)
    if quoted:  # 'Club de Madres "Micaela Presente"'
        end = quoted.end()
        of = re.match(r" (?:de|du|des|of|do|da|del|della|di|d['’]) ?([A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)*)", text[end:])
        end += of.end() if of else 0
    bracket = re.match(r"[’']?\s?\(([^()]{2,80})\)|,\s([A-Z][A-Z0-9&-]{2,12})(?=[,.;\s])", text[end:])
    if not bracket:
        return end
    inside = bracket[1] or bracket[2]
    holds_org = inside[:1].isupper() and bool(words.of(words.scan(fold(inside)), "organisations.heads"))
    if not (is_acronym(inside) or places.in_text(inside) or holds_org or (bracket[1] and inside.isupper())):
        return end
    if places.in_text(inside) and any(c.isdigit() for c in inside):
        return end
    end += bracket.end()
    behind = re.match(r" (?:de|du|des|of|do|da|del|della|d['’]) ?([A-ZÀ-Þ][\w-]+)", text[end:])
    return end + behind.end() if behind and places.in_text(behind[1]) else end


def with_acronym_before(text: str, start: int, end: int) -> tuple[int, int]:
    """Take in "FENAPORTO - " or "SITRASEP (" before the full name."""
    before = re.search(r"([^\s,;:(]{2,20})\s?(?:[-–—]\s?|\()$", text[:start])
    if before and is_acronym(before[1]):
        opened = text[:start].endswith("(")
        if opened and text[end : end + 1] == ")":
            return before.start(), end + 1
        if not opened:
            return before.start(), end
    return start, end


def cut_connectors(text: str, toks: list[Token], start: int, end: int) -> int:
    """Leave out connecting words that a phrase would end with."""
    inside = [t for t in toks if start <= t.start and t.end <= end]
    while len(inside) > 1 and (
        inside[-1].text in grammar.connectors()
        or inside[-1].text
        in (
            "at",
            "sein",
            "for",
            "by",
            "bei",
            "beim",
            "presso",
            "with",
            "dentro",
            "junto",
            "pela",
            "pelo",
            "ante",
            "pres",
        )
    ):
        inside.pop()
    return inside[-1].end if inside else end


def from_word(text: str, folded: str, toks: list[Token], index: int) -> Phrase:
    """Return the phrase that begins with a word and goes on as an organisation's name does."""
    end = rightmost(text, folded, toks, index, capitals=language.tell(text) in ("en", "de"), ends=len(text))
    end = cut_connectors(text, toks, toks[index].start, with_bracket(text, folded, toks, end))
    return Phrase(toks[index].start, end, text[toks[index].start : end], "", strong=False)
