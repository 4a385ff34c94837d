"""What becomes of the rules' answers in the light of what the second reader marked.

Where both read the same, the value is as sure as two witnesses are; where they differ, the one that was right more
often is taken, and the value says that it is unsure. What only the second reader saw is offered as unsure. How sure
each case is was measured (agreement.toml).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from mailbot.rsvp import names, phones, values
from mailbot.rsvp.answer import Answer, Value, Where
from mailbot.rsvp.candidates import Candidate
from mailbot.rsvp.context import Context
from mailbot.rsvp.fold import fold
from mailbot.rsvp.own_words import Segment
from mailbot.rsvp.second import gist
from mailbot.rsvp.second.gist import Opinion
from mailbot.rsvp.second.model import FIELDS, Span, spans

Case = Literal["agree", "overlap", "differ", "alone"]
CERTAIN = 0.8
"""The model's probability from which on its word counts in full."""
OFFERED = 0.5
"""The model's probability from which on what only it saw is offered."""
ENOUGH = 0.5
"""A value that is right less often than this is not offered at all."""
SURE_OF = 0.9
"""The model's probability from which on a choice of its counts as sure, and as likely."""
LIKELY = 0.7
OF_GROUP = {"email": 0.85, "mode": 0.75, "needs_access": 0.75, "": 0.7}
"""How sure what only the second reader gives to one of several people is at most, by field; "" for the others."""
_DIGITS = 7
"""The last digits by which a number is known whatever stands before them."""


@dataclass(frozen=True, slots=True)
class Page:
    """The own words as the second reader has them: their segments, the model's spans, and the message's context."""

    segments: tuple[Segment, ...]
    spans: tuple[Span, ...]
    mode: Opinion
    access: Opinion
    context: Context


def read(segments: Sequence[Segment], context: Context) -> Page:
    """Have the second reader read the own words."""
    marked = spans(segments, context.shown, context.address)
    return Page(tuple(segments), marked, gist.opinion("mode", segments), gist.opinion("access", segments), context)


def weighed(answers: tuple[Answer, ...], page: Page, group: Sequence[Answer] = ()) -> tuple[Answer, ...]:
    """Return the answers as sure as the two readers are of them together.

    `group` are several people as the second reader puts them together: what the rules left open is theirs to say.
    """
    if len(answers) > 1 and group:
        answers = tuple(_completed(a, group) for a in answers)
    alone = len(answers) == 1
    one_way = len({a.mode.value if a.mode else "none" for a in answers}) == 1
    return tuple(_attending(_answer(a, page, alone=alone), page, alone=alone, one_way=one_way) for a in answers)


def _completed(answer: Answer, group: Sequence[Answer]) -> Answer:
    """Return one of several people with what only the second reader could give to them, unsure."""
    named = str(answer.name.value) if answer.name else ""
    same = [g for g in group if g.name and named and names.same_person(str(g.name.value), named)]
    if len(same) != 1:
        return answer
    added = {
        name: replace(value, confidence=min(value.confidence, OF_GROUP.get(name, OF_GROUP[""])))
        for name, value in same[0].values().items()
        if getattr(answer, name) is None
    }
    return replace(answer, **added)  # type: ignore[arg-type]  # the names are fields of Answer


def _answer(answer: Answer, page: Page, *, alone: bool) -> Answer:
    changed: dict[str, Value] = {}
    for field in FIELDS:
        value: Value | None = getattr(answer, field)
        marked = [s for s in page.spans if s.field == field]
        if value is not None:
            changed[field] = _value(field, value, marked, page, alone=alone)
        elif alone and (missed := _missed(field, marked, page)):
            changed[field] = missed
    return replace(answer, **changed)  # type: ignore[arg-type]  # the names are fields of Answer


def _attending(answer: Answer, page: Page, *, alone: bool, one_way: bool) -> Answer:
    """Weigh how somebody takes part, and whether they need a computer; of several people only where all do alike."""
    if one_way:
        answer = replace(answer, mode=_chosen("mode", answer.mode, page.mode))
    if alone:
        answer = replace(answer, needs_access=_chosen("access", answer.needs_access, page.access))
    return answer


def _chosen(question: gist.Question, value: Value | None, told: Opinion) -> Value | None:
    """Return the rules' choice, or the model's where that was right more often, as sure as both are together."""
    of_rules = {None: "none", True: "yes", False: "no"}.get(value.value if value else None, value and value.value)  # type: ignore[arg-type]
    if question == "access" and of_rules == "none":
        of_rules = "no"
    known = _table()[question]
    step = "sure" if told.probability >= SURE_OF else "likely" if told.probability >= LIKELY else "open"
    if of_rules == told.choice:
        agreed = known["agree"]
        assert isinstance(agreed, dict)
        return replace(value, confidence=agreed[step]) if value else None
    differ = known[f"differ_{step}"]
    assert isinstance(differ, dict)
    if differ["rules"] >= differ["model"]:
        return replace(value, confidence=min(value.confidence, differ["rules"])) if value else None
    if told.choice in ("none", "mixed", "no"):
        return replace(value, confidence=1 - differ["model"]) if value else None
    chosen: bool | str = True if question == "access" else told.choice
    return Value(chosen, told.words, "body", f"likeness-{question}", differ["model"])


def _value(field: str, value: Value, marked: list[Span], page: Page, *, alone: bool) -> Value:
    """Return the rules' value, or the model's in its place where that was right more often."""
    case, span = compare(field, str(value.value), marked)
    if case == "agree":
        assert span is not None
        agreed = _table()[field]["agree" if span.probability >= CERTAIN else "agree_doubtful"]
        assert isinstance(agreed, dict)
        return replace(value, confidence=agreed[_how(value)])
    if case == "alone" or span is None or (case == "differ" and not alone):
        by_how = _table()[field]["alone"]
        assert isinstance(by_how, dict)
        return replace(value, confidence=min(value.confidence, by_how[_how(value)]))
    both = _table()[field][case]
    assert isinstance(both, dict)
    if case == "overlap" and "\n" in value.words:
        # Put together from several lines or labels, where the model marks each of them by itself.
        return replace(value, confidence=min(value.confidence, both["rules"]))
    goes_further = len(_plain(span.text)) > len(_plain(str(value.value)))
    if both["model"] > both["rules"] and span.probability >= both["sure"] and (goes_further or not both["longer"]):
        return _from_span(span, page, both["model"]) or replace(value, confidence=both["rules"])
    return replace(value, confidence=min(value.confidence, both["rules"]))


def compare(field: str, value: str, marked: Sequence[Span]) -> tuple[Case, Span | None]:
    """Return what the readers make of each other, and the span that speaks for it (the surest of its kind)."""
    same = [s for s in marked if _same(field, s.text, value)]
    near = [s for s in marked if field != "phone" and _overlap(s.text, value)]
    for case, found in (("agree", same), ("overlap", near), ("differ", list(marked))):
        if found:
            return case, max(found, key=lambda s: s.probability)  # type: ignore[return-value]  # the literals above
    return "alone", None


def _missed(field: str, marked: list[Span], page: Page) -> Value | None:
    known = _number(_table()[field]["missed"])
    best = max(marked, key=lambda s: s.probability, default=None)
    if best is None or best.probability < OFFERED or known < ENOUGH:
        return None
    return _from_span(best, page, known)


def _from_span(span: Span, page: Page, confidence: float) -> Value | None:
    """Return a value in its final form from a stretch that the model marked."""
    where = _where(span, page.segments)
    rule = f"likeness-{span.field}"
    found = Candidate(span.field, span.text, span.text, where, rule, confidence)
    if span.field == "phone":
        said = [
            Candidate("phone", f"{n.kind}|{n.text}|{n.whose}|{n.code}", n.text, where, rule, confidence)
            for n in phones.find(span.text)
        ]
        return values.phone(said, page.context)[0]
    if span.field == "name":
        return values.name(found, page.context)
    if span.field == "title":
        return values.title(found, page.context.language)
    return values.organisation(found)


def _where(span: Span, segments: Sequence[Segment]) -> Where:
    at = 0
    for segment in segments:
        if at <= span.start <= at + len(segment.text):
            return segment.where
        at += len(segment.text) + 1
    return "body"


def _how(value: Value) -> str:
    """Return how the rules read a value: by a label, in a list, a sentence, a signature, or a header."""
    head = value.rule.partition("-")[0]
    if head in ("label", "list", "signature"):
        return head
    return "header" if value.where == "header" else "sentence"


def _same(field: str, one: str, other: str) -> bool:
    if field == "phone":
        return _digits(one) == _digits(other)
    a, b = _plain(one), _plain(other)
    return a == b or (field == "name" and sorted(a.split()) == sorted(b.split()))


def _overlap(one: str, other: str) -> bool:
    a, b = f" {_plain(one)} ", f" {_plain(other)} "
    return a in b or b in a


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)[-_DIGITS:]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


@cache
def _table() -> dict[str, dict[str, float | dict[str, float]]]:
    with (Path(__file__).parent / "agreement.toml").open("rb") as file:
        return tomllib.load(file)


def _number(known: float | dict[str, float]) -> float:
    assert isinstance(known, float)
    return known
