"""The second reader: a linear-chain model that marks names, titles, organisations and telephones in the own words.

It learned from the development corpora (bench/train.py) and reads by likeness, where the rules read by grammar. It is
never the only witness of a value that is said to be sure; what the two readers make of each other is for `weigh`.
(Conditional random fields: Lafferty, McCallum, Pereira, ICML 2001.)
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from mailbot.rsvp.own_words import Segment
from mailbot.rsvp.second.features import features
from mailbot.rsvp.second.tokens import Token

MODEL = Path(__file__).parent / "spans.crfsuite"
FIELDS = ("name", "title", "organisation", "phone")
MOST = 4_000
"""Tokens that are read at most: replies have some hundred, and the time grows with them."""
_DOTTED = re.compile(r"\b\w\.\w$")
_LOCK = threading.Lock()
"""The tagger keeps the text it was given last: one at a time."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the own words that is somebody's `field`; `probability` is that of its least sure token, 0 to 1."""

    field: str
    start: int
    end: int
    text: str
    probability: float


def spans(segments: Sequence[Segment], shown: str, address: str) -> tuple[Span, ...]:
    """Return what the model marks in the own words, in order; offsets count in the segments joined by line ends."""
    text, toks, seen = features(segments, shown, address)
    toks, seen = toks[:MOST], seen[:MOST]
    if not toks:
        return ()
    with _LOCK:
        tagger = _tagger()
        tagger.set(seen)
        tags: list[str] = tagger.tag()
        sure = [tagger.marginal(tag, at) if tag != "O" else 1.0 for at, tag in enumerate(tags)]
    return tuple(_whole(text, s) for s in _joined(text, toks, tags, sure))


@cache
def _tagger() -> Any:
    """Open the model once; the library is loaded with it, not before."""
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(MODEL))
    return tagger


def _whole(text: str, span: Span) -> Span:
    """Return a span with the bracket that it opens, and the full stop of "A.C." that ends it."""
    after = text[span.end : span.end + 1]
    opened = span.text.count("(") > span.text.count(")")
    if (after == ")" and opened) or (after == "." and _DOTTED.search(span.text)):
        return replace(span, end=span.end + 1, text=span.text + after)
    return span


def _joined(text: str, toks: list[Token], tags: list[str], sure: list[float]) -> list[Span]:
    """Join the tokens of one stretch: "B-name I-name" is one name."""
    found: list[Span] = []
    before = "O"
    for token, tag, chance in zip(toks, tags, sure, strict=True):
        if tag == "O":
            before = tag
            continue
        field = tag[2:]
        if tag[0] == "I" and before[2:] == field:
            last = found.pop()
            end = token.end
            found.append(Span(field, last.start, end, text[last.start : end], min(last.probability, chance)))
        else:
            found.append(Span(field, token.start, token.end, text[token.start : token.end], chance))
        before = tag
    return found
