"""What a message as a whole seems to say: its kind, the way to take part, the wish for a computer; learned.

One choice a message and question (a maximum entropy model: Berger, Della Pietra, Della Pietra, Computational
Linguistics 22, 1996), from its words, pairs of words, and the lexicons' findings. Like the spans it is a second
opinion: `weigh` says what becomes of it.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from mailbot.rsvp import labels, words
from mailbot.rsvp.attendance import sentences
from mailbot.rsvp.fold import fold
from mailbot.rsvp.own_words import Segment
from mailbot.rsvp.second.tokens import tokens

FOLDER = Path(__file__).parent
QUESTIONS = ("kind", "mode", "access")
Question = Literal["kind", "mode", "access"]
MOST = 4_000
"""Characters of own words that are looked at: what is meant is said early."""
STEM = 6
"""Letters of a word that count: endings differ, what is meant does not."""
_REACH = 40
"""Characters that a "not" reaches forward."""
_TABLES = ("mode", "attendance", "negation", "equipment", "question", "correction", "unrelated")
_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Opinion:
    """The likeliest choice and its probability, 0 to 1; `words` is the sentence that speaks most for it."""

    choice: str
    probability: float
    words: str


def opinion(question: Question, segments: Sequence[Segment]) -> Opinion:
    """Return what a message seems to say.

    kind: registration, decline, question or unrelated; mode: online, in_person, mixed (people differ) or none;
    access: yes or no.
    """
    text = said(segments)
    seen = features(segments)
    with _LOCK:
        model = _model(question)
        model.set([seen])
        choice: str = model.tag()[0]
        probability: float = model.marginal(choice, 0)
    return Opinion(choice, probability, _speaking(question, choice, text))


def said(segments: Sequence[Segment]) -> str:
    """Return the own words without the signature, as far as they are looked at."""
    return "\n".join(s.text for s in segments if s.where != "signature")[:MOST]


def features(segments: Sequence[Segment]) -> list[str]:
    """Return what is seen of a message, without order."""
    text = said(segments)
    folded = fold(text)
    seen = _words(folded) | _findings(folded)
    rows = [row for row in text.split("\n") if row.strip()]
    labelled = sum(bool(labels.split(row)) for row in rows if len(row) < 400)
    spoken = sum(1 for token in tokens(text) if token.is_word)
    seen |= {f"labels{min(labelled, 6)}", f"asks{min(text.count('?'), 3)}", f"long{min(spoken // 20, 6)}"}
    seen |= {f"seg={s.where}" for s in segments}
    return sorted(seen)


def _words(folded: str) -> set[str]:
    stems = [folded[t.start : t.end][:STEM] for t in tokens(folded) if not t.is_line_end]
    return {f"w={s}" for s in stems} | {f"b={a}_{b}" for a, b in itertools.pairwise(stems)}


def _findings(folded: str) -> set[str]:
    """Return the lexicons' findings, those behind a "not" apart, and which way to take part comes first and last."""
    hits = [h for h in words.scan(folded) if h.key.partition(".")[0] in _TABLES]
    nots = [h for h in hits if h.key == "negation.words"]
    seen: set[str] = set()
    for hit in hits:
        seen |= {f"h={hit.key}", f"t={hit.key}={folded[hit.start : hit.end]}"}
        near = (folded[n.end : hit.start] for n in nots if n.start < hit.start and hit.start - n.end < _REACH)
        if any(not set(between) & set(".!?;,\n") for between in near):
            seen.add(f"not={hit.key}")
    online = [h.start for h in hits if h.key == "mode.online"]
    there = [h.start for h in hits if h.key in ("mode.in_person", "mode.place")]
    seen |= {f"online{min(len(online), 3)}", f"there{min(len(there), 3)}"}
    if online and there:
        seen.add("first=online" if online[0] < there[0] else "first=there")
        seen.add("last=online" if online[-1] > there[-1] else "last=there")
    return seen


@cache
def _model(question: Question) -> Any:
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(FOLDER / f"{question}.crfsuite"))
    return tagger


@cache
def _weights(question: Question) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = _model(question).info().state_features
    return found


def _speaking(question: Question, choice: str, text: str) -> str:
    """Return the sentence of a text whose words weigh most for a choice."""
    weights = _weights(question)

    def weight(span: tuple[int, int]) -> float:
        folded = fold(text[span[0] : span[1]])
        return sum(weights.get((one, choice), 0.0) for one in _words(folded) | _findings(folded))

    best = max(sentences(text), key=weight, default=(0, 0))
    return text[best[0] : best[1]].strip()
