"""The lexicons: which words in which language mean what.

Loads the tables of `lexicon/` and finds their phrases in text.

All languages are looked for at once, since people mix them. `scan` is one pass over the text whatever the number of
phrases. Nothing is loaded before the first use, and nothing here decides what a finding means.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from mailbot.rsvp.fold import fold

LANGUAGES = ("fr", "en", "es", "pt", "de", "it", "ar", "ru")
FOLDER = Path(__file__).parent / "lexicon"
BY_LANGUAGE = ("titles.heads", "organisations.heads")
SHORT = 7
"""Letters, with the star, below which a stem would be found in too many other words."""
GAP = 4
"""Words that "…" in a phrase may stand for, at most: more, and the two halves belong to different thoughts."""

REMEMBERED = 256
"""Texts whose findings are kept: the rules ask the same line some four times; the next message says other things."""

_TOKEN = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[,;:!?()\"\[\]|<>=•·]|\.\s|\n\s*\n")
_SENTENCE = re.compile(r"[;:!?|]|\.\s|\n\s*\n")


class Token(NamedTuple):
    """One word of a text: where it stands, and its folded form."""

    start: int
    end: int
    text: str


class Hit(NamedTuple):
    """One phrase found: `key` is "table.list" of the lexicon ("mode.online")."""

    key: str
    start: int
    end: int
    language: str


@dataclass(frozen=True, slots=True)
class _Phrase:
    key: str
    language: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All languages, ready to be looked up.

    `alone` are phrases of one whole word, `pairs` those whose first two words are whole, `loose` the others that begin
    with a whole word, `stems` those that begin with a stem, by its first letters: most of a text is told by one look.
    """

    tables: dict[str, dict[str, dict[str, list[str]]]]
    alone: dict[str, list[_Phrase]]
    pairs: dict[tuple[str, str], list[_Phrase]]
    loose: dict[str, list[_Phrase]]
    stems: dict[str, list[tuple[str, _Phrase]]]

    def add(self, phrase: _Phrase) -> None:
        """Put a phrase where it is looked for."""
        first, second = phrase.words[0], phrase.words[1] if len(phrase.words) > 1 else ""
        if first.endswith("*"):
            self.stems.setdefault(first[:3], []).append((first[:-1], phrase))
        elif not second:
            self.alone.setdefault(first, []).append(phrase)
        elif second == "..." or second.endswith("*"):
            self.loose.setdefault(first, []).append(phrase)
        else:
            self.pairs.setdefault((first, second), []).append(phrase)

    def single_words(self, key: str) -> frozenset[str]:
        """Return the folded one-word phrases of a list in all languages, without stars."""
        table, _, name = key.partition(".")
        found = (p for tables in self.tables.values() for p in tables.get(table, {}).get(name, ()))
        return frozenset(fold(p).strip(" .*") for p in found if " " not in p.strip())


def tokens(folded: str) -> list[Token]:
    """Return the words of a folded text with their places."""
    return [Token(m.start(), m.end(), m.group()) for m in _TOKEN.finditer(folded)]


@cache
def lexicon() -> Lexicon:
    """Load every language file and index its phrases by their first word."""
    tables: dict[str, dict[str, dict[str, list[str]]]] = {}
    for language in LANGUAGES:
        with (FOLDER / f"{language}.toml").open("rb") as file:
            tables[language] = tomllib.load(file)
    lex = Lexicon(tables, {}, {}, {}, {})
    seen: set[tuple[str, str, tuple[str, ...]]] = set()
    for phrase in _phrases(tables):
        # Only of what is chosen by language need every language's finding be kept.
        language = phrase.language if phrase.key in BY_LANGUAGE else ""
        if (phrase.key, language, phrase.words) not in seen:
            seen.add((phrase.key, language, phrase.words))
            lex.add(phrase)
    return lex


@cache
def places() -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Return the places by their first word: (country, words of the place)."""
    with (FOLDER / "places.toml").open("rb") as file:
        table: dict[str, list[str]] = tomllib.load(file)
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for country, names in table.items():
        for name in names:
            words = tuple(_split(name))
            if words:
                found.setdefault(words[0].rstrip("*")[:3], []).append((country, words))
    return {first: tuple(rows) for first, rows in found.items()}


@lru_cache(maxsize=REMEMBERED)
def scan(folded: str) -> Sequence[Hit]:
    """Return every phrase of every lexicon in a folded text, by place; phrases may overlap."""
    toks = tokens(folded)
    lex = lexicon()
    hits: list[Hit] = []
    last = len(toks) - 1
    for at, token in enumerate(toks):
        text = token.text
        hits.extend(Hit(p.key, token.start, token.end, p.language) for p in lex.alone.get(text, ()))
        several = list(lex.loose.get(text, ()))
        if at < last:
            several += lex.pairs.get((text, toks[at + 1].text), ())
        for stem, phrase in lex.stems.get(text[:3], ()):
            if text.startswith(stem):
                several.append(phrase)
        for phrase in several:
            end = _matches(phrase.words, folded, toks, at)
            if end:
                hits.append(Hit(phrase.key, token.start, end, phrase.language))
    return tuple(hits)


def matches(words: tuple[str, ...], folded: str, toks: list[Token], at: int) -> int:
    """Return where a phrase ends that begins with the word number `at`, 0 where it does not stand there."""
    return _matches(words, folded, toks, at)


def of(hits: Iterable[Hit], *keys: str) -> list[Hit]:
    """Return the hits of some lists only."""
    return [h for h in hits if h.key in keys]


def within(hits: Iterable[Hit], start: int, end: int) -> list[Hit]:
    """Return the hits that lie inside a span."""
    return [h for h in hits if start <= h.start and h.end <= end]


def _phrases(tables: dict[str, dict[str, dict[str, list[str]]]]) -> Iterator[_Phrase]:
    for language, by_table in tables.items():
        for table, lists in by_table.items():
            if table in ("words", "labels"):
                continue  # looked up otherwise: see language.py, labels.py
            for name, phrases in lists.items():
                for phrase in phrases:
                    for words in _forms(tuple(_split(phrase)), name):
                        yield _Phrase(f"{table}.{name}", language, words)


def _forms(words: tuple[str, ...], name: str) -> Iterator[tuple[str, ...]]:
    """Yield a phrase; of a short stem only its plurals, or "lega*" would find "legal"."""
    if not words:
        return
    if name == "heads" and words[-1].endswith("*") and len(words[-1]) < SHORT:
        stem = words[-1][:-1]
        yield from (
            (*words[:-1], stem + ending) for ending in ("", "s", "es", "e", "a", "as", "o", "os", "i", "n", "en")
        )
    else:
        yield words


def _split(phrase: str) -> list[str]:
    """Return the words of a phrase as it is written in a lexicon; "…" stands as itself, a star stays at its word."""
    return re.findall(r"\.\.\.|[^\W_]+\*?|\.(?=\s|$)(?<=\s\.)", fold(phrase.replace(" … ", " ... ")))


def _matches(words: tuple[str, ...], folded: str, toks: list[Token], at: int) -> int:
    index, previous, gap = at, -1, 0
    for word in words:
        if word == "...":
            gap = GAP
            continue
        for step in range(gap + 1):
            if index + step >= len(toks):
                return 0
            if _same(word, toks[index + step].text):
                index += step
                break
        else:
            return 0
        if previous >= 0:
            between = folded[toks[previous].end : toks[index].start]
            if len(between) > 1 or between not in " '-":
                edge = folded[toks[previous].end : toks[index].start]
                if (_SENTENCE if gap else _BREAK).search(edge):
                    return 0
        previous, index, gap = index, index + 1, 0
    return toks[previous].end


def _same(word: str, text: str) -> bool:
    return text.startswith(word[:-1]) if word.endswith("*") else text == word
