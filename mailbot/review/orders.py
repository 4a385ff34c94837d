"""What an organiser's lines ask for: one order each, with the number of the thing that it is about.

Pure: text in, orders out. A line that none of the known phrases fits is left to the reader of participants' replies,
so that corrections can be written as participants write them. What could be meant in two ways is no order.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files

from mailbot.phrases import fold

CORRECT, UNCLEAR = "correct", "unclear"
"""What a line asks for that is no known phrase, and one that says that nothing is to be done, or not yet."""
NOT_YET = "not_yet"
"""The phrases that make a line unclear whatever stands behind them: "do not accept"."""

WITH_MORE = ("accept", "decline")
"""Orders behind which corrections may follow on the same line; "remove the number" must not remove a person."""

MOST_LINES = 60  # of an answer that are looked at
MOST_TEXT = 2000  # characters of one order

_NUMBERED = re.compile(r"^\W{0,4}(?:n[o°]\.?\s*)?(\d{1,9})\s{0,3}[:.)\u2013\u2014·-]?\s{1,4}(?=[^\d\s])(.+)$", re.I)
_SIGNATURE = re.compile(r"^--\s?$|^_{3,}$")
_EDGE = " \t.,;:!?\"'«»“”‘’()[]*·–—-"


@dataclass(frozen=True, slots=True)
class Order:
    """One thing asked for: `number` says about what (None: not said), `verb` what, `rest` is what stands behind it.

    `words` are the organiser's own.
    """

    number: int | None
    verb: str
    rest: str
    words: str


@functools.cache
def _phrases() -> tuple[tuple[str, str], ...]:
    """Return the phrases, folded, each with what it asks for, the longest first."""
    table = tomllib.loads((files("mailbot.review") / "words.toml").read_text("utf-8"))
    found = {fold(p): verb for verb, by_language in table.items() if verb != "polite" for ps in by_language.values()
             for p in ps}  # fmt: skip
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))


@functools.cache
def _polite() -> frozenset[str]:
    table = tomllib.loads((files("mailbot.review") / "words.toml").read_text("utf-8"))
    return frozenset(fold(p) for ps in table["polite"].values() for p in ps)


def read(text: str, numbers: Collection[int]) -> list[Order]:
    """Return what a text asks for; `numbers` are those of the things that it may speak of."""
    lines = _own_lines(text)
    blocks: list[tuple[int | None, list[str]]] = []
    for line in lines:
        numbered = _NUMBERED.match(line)
        if numbered and int(numbered[1]) in numbers:
            blocks.append((int(numbered[1]), [numbered[2]]))
        elif blocks and blocks[-1][0] is not None and line.strip():
            blocks[-1][1].append(line)
        elif blocks and blocks[-1][0] is not None:
            blocks.append((None, []))  # an empty line ends what a number stands before
        elif not blocks:
            blocks.append((None, [line]))
        else:
            blocks[-1][1].append(line)
    numbered_ones = [(number, ls) for number, ls in blocks if number is not None]
    wanted = numbered_ones or blocks[:1]
    return [_order(number, "\n".join(ls).strip()[:MOST_TEXT]) for number, ls in wanted if "\n".join(ls).strip()]


def _own_lines(text: str) -> list[str]:
    found: list[str] = []
    for line in text.splitlines()[:MOST_LINES]:
        if _SIGNATURE.match(line.strip()):
            break
        if found or line.strip():
            found.append(line.rstrip())
    return found


def _order(number: int | None, words: str) -> Order:
    first, _, below = words.partition("\n")
    verb, rest = _verb(first)
    if verb == "same_person":
        return Order(number, verb, rest.splitlines()[0] if rest else "", words)
    if verb == NOT_YET:
        return Order(number, UNCLEAR, "", words)
    if not verb:
        return Order(number, CORRECT, words, words)
    more = "\n".join(filter(None, (rest, below.strip() if verb in WITH_MORE else "")))
    if fold(rest).strip(_EDGE) in _polite():
        more = below.strip() if verb in WITH_MORE else ""
    elif rest and verb not in WITH_MORE:
        return Order(number, CORRECT, words, words)  # such as "no computer needed", "done by phone: 77 …"
    return Order(number, verb, more, words)


def _verb(line: str) -> tuple[str, str]:
    """Return what a line begins with that is known, and what stands behind it, as written; "" where nothing is."""
    text = line.strip(_EDGE)
    folded = fold(text)
    for phrase, verb in _phrases():
        if folded.startswith(phrase) and (len(folded) == len(phrase) or not folded[len(phrase)].isalnum()):
            # Folding may change the length: the words behind are counted from the end.
            behind = folded[len(phrase) :]
            return verb, text[len(text) - len(behind) :].strip(_EDGE) if behind else ""
    return "", ""
