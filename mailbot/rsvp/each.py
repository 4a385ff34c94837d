"""Which of several people a way of taking part is said of: "Ana will be in Geneva, the others follow online".

Told sentence by sentence from who is named, spoken of as "I" or "she", or counted among "all" and "the others". Decides
nothing where one way is meant for everybody.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mailbot.rsvp import grammar, names, ways, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.ways import Mode

_SENTENCE = re.compile(r"[.;!?](?=\s|$)|\n")
_TOKEN = re.compile(r"[^\W\d_]+")
_EVERYBODY = frozenset(
    [
        "both",
        "all",
        "everybody",
        "everyone",
        "we",
        "nous",
        "tous",
        "toutes",
        "deux",
        "nosotros",
        "nosotras",
        "todos",
        "todas",
        "ambos",
        "ambas",
        "wir",
        "alle",
        "beide",
        "tutti",
        "tutte",
        "noi",
        "entrambi",
        "nadie",
        "nobody",
        "personne",
        "niemand",
        "ninguem",
        "nessuno",
    ]
)
_OTHERS = frozenset(
    [
        "other",
        "others",
        "rest",
        "autres",
        "demas",
        "otros",
        "otras",
        "outros",
        "outras",
        "altri",
        "altre",
        "anderen",
        "ubrigen",
    ]
)
_THEM = frozenset(["he", "she", "il", "elle", "ella", "el", "ele", "ela", "lui", "lei", "er", "sie", "egli"])
_SHORTEST = 3
"""Letters of a name's part below which it may be any word."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of several people: the name, and whether they write."""

    name: str
    writes: bool


def way_of(text: str, people: Sequence[Person], one: Person) -> Mode | None:
    """Return the way of taking part that a text says of one of several people; None where it tells them not apart."""
    folded = fold(text)
    found = ways.told(text, folded, words.scan(folded))
    if len({m.value for m in found}) < 2:
        return None
    said: dict[int, list[Mode]] = {}
    everybody: list[Mode] = []
    others: list[Mode] = []
    for mode in found:
        who = _subjects(folded, mode, found, people)
        if who == "others":
            others.append(mode)
        elif isinstance(who, str):
            everybody.append(mode)
        else:
            for index in who:
                said.setdefault(index, []).append(mode)
    mine = said.get(people.index(one)) or others or everybody
    return mine[-1] if len({m.value for m in mine}) == 1 else None


def _subjects(folded: str, mode: Mode, found: Sequence[Mode], people: Sequence[Person]) -> set[int] | str:
    """Return whom a way is said of: places in `people`, "others" or "everybody"."""
    start = max((m.end() for m in _SENTENCE.finditer(folded, 0, mode.start)), default=0)
    end = next((m.start() for m in _SENTENCE.finditer(folded, mode.end)), len(folded))
    before = max((m.end for m in found if start <= m.start < mode.start), default=start)
    after = min((m.start for m in found if m.start > mode.start), default=end)
    # What stands since the way before it says whom this one is about; else whoever the sentence began with.
    spans = ((before, mode.start), (start, mode.start), (mode.end, min(after, end)))
    for span in spans:
        who = _spoken_of(folded, span, people)
        if who:
            return who
    return "everybody"


def _spoken_of(folded: str, span: tuple[int, int], people: Sequence[Person]) -> set[int] | str:
    who: set[int] = set()
    for token in _TOKEN.finditer(folded, *span):
        word = token.group()
        named = {i for i, p in enumerate(people) if word in _parts(p.name)}
        if named:
            who |= named
        elif word in _OTHERS:
            return "others"
        elif word in _EVERYBODY:
            return "everybody"
        elif word in grammar.words_that("first_person"):
            who |= {i for i, p in enumerate(people) if p.writes}
        elif word in _THEM and not who:
            who |= _last_named(folded[: token.start()], people)
    return who


def _last_named(folded: str, people: Sequence[Person]) -> set[int]:
    at = {
        i: max((folded.rfind(part) for part in _parts(p.name)), default=-1)
        for i, p in enumerate(people)
        if not p.writes
    }
    last = max(at.values(), default=-1)
    return {i for i, place in at.items() if place == last and last >= 0}


def _parts(name: str) -> set[str]:
    return {p for p in re.split(r"\W+", fold(names.bare_name(name))) if len(p) >= _SHORTEST}
