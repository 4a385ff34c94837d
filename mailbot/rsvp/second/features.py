"""What the second reader sees of each token: its form and neighbours, its line, the labels and lexicons around it.

Features are short strings; the model knows what each is worth. The same function serves training and reading, so that
both see alike. Nothing here decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from mailbot.rsvp import labels, names, places, signature, words
from mailbot.rsvp.fold import fold
from mailbot.rsvp.own_words import Segment
from mailbot.rsvp.second.tokens import Token, shape, tokens

LONG = 400
"""Characters from which on a line is not looked at for labels."""
_LISTS = {
    "titles.heads": "TH",
    "organisations.heads": "OH",
    "organisations.units": "OU",
    "organisations.before": "OB",
    "titles.before": "TB",
    "people.honorifics": "HON",
    "people.introductions": "INTRO",
    "people.offices": "OFF",
    "people.me": "ME",
    "people.particles": "PART",
    "letters.closings": "CLOS",
    "letters.greetings": "GR",
    "letters.disclaimers": "DISC",
    "mode.online": "MON",
    "mode.in_person": "MIP",
    "mode.place": "MPL",
    "attendance.yes": "YES",
    "attendance.proxy": "PROXY",
    "attendance.assistant": "ASS",
    "correction.cues": "COR",
    "question.cues": "Q",
    "negation.words": "NEG",
}
"""The lexicon's lists that tell something of a word's part in a phrase, by a short name."""
_ASKED = {"given": "name", "family": "name", "mobile": "phone", "office": "phone"}
_ENUMERATED = re.compile(r"\W*(\d{1,2}|[a-eA-E])\s?[.)/:\-–]+\s")
_BULLET = re.compile(r"\s*[-•*–·>✓]\s")
_LINE_NEAR = ("LB", "CLOS", "len", "dig", "at")


@dataclass(slots=True)
class _Line:
    """A line of the text: what is known of it as a whole, and which stretch of it answers which label."""

    seen: list[str]
    answers: list[tuple[int, int, str]] = field(default_factory=list)


def features(segments: Sequence[Segment], shown: str, address: str) -> tuple[str, list[Token], list[list[str]]]:
    """Return the own words, their tokens, and the features of each token.

    `shown` and `address` are the sender's display name and address.
    """
    text = "\n".join(s.text for s in segments)
    toks = tokens(text)
    folded = fold(text)
    lines = _lines(text, segments)
    alone = _alone(text, folded, toks, shown, address)
    return text, toks, _together(folded, toks, alone, lines)


def _alone(text: str, folded: str, toks: list[Token], shown: str, address: str) -> list[list[str]]:
    """Return what is seen of each token without its neighbours."""
    listed = _listed(folded, toks)
    name, local, domain = set(names.parts_of(shown)), *_address(address)
    local_words, domain_words = set(re.split(r"[^a-z]+", local)), set(re.split(r"[^a-z]+", domain))
    seen = []
    for token, in_lists in zip(toks, listed, strict=True):
        low = folded[token.start : token.end] if token.is_word or len(token.form) == 1 else token.form
        one = [f"w={low}", f"s={shape(token)}", *in_lists]
        if token.form[0].isupper() and places.at_start(text[token.start : token.start + 40]):
            one.append("PL")
        if low in name:
            one.append("disp")
        if len(low) > 2 and (low in local_words or (len(low) > 3 and low in local)):
            one.append("local")
        if len(low) > 2 and low in domain_words:
            one.append("dom")
        elif len(low) > 3 and token.is_word and low[:4] in domain:
            one.append("dom4")
        seen.append(one)
    return seen


def _address(address: str) -> tuple[str, str]:
    local, _, domain = fold(address).partition("@")
    return local, domain.replace(".example", "")


def _listed(folded: str, toks: list[Token]) -> list[list[str]]:
    """Return for each token the lists in whose phrases it stands; "1" marks a phrase's first word."""
    starts: dict[int, list[tuple[int, str]]] = {}
    for hit in words.scan(folded):
        short = _LISTS.get(hit.key)
        if short:
            starts.setdefault(hit.start, []).append((hit.end, short))
    found: list[set[str]] = [set() for _ in toks]
    for at, token in enumerate(toks):
        for end, short in starts.get(token.start, ()):
            inside = at
            while inside < len(toks) and toks[inside].start < end:
                found[inside].add(short if inside > at else f"{short}1")
                inside += 1
    return [sorted(one) for one in found]


def _lines(text: str, segments: Sequence[Segment]) -> list[_Line]:
    """Return what is seen of each line as a whole."""
    rows = text.split("\n")
    segment = [(s.where, _asked(s.prompt)) for s in segments for _ in range(s.text.count("\n") + 1)]
    filled = [at for at, row in enumerate(rows) if row.strip()]
    rank = {at: number for number, at in enumerate(filled)}
    offsets = [0, *accumulate(len(row) + 1 for row in rows)]
    closed = -1
    below = 0
    lines = []
    for at, row in enumerate(rows):
        answers, label = _answers(row, offsets[at])
        seen = [f"LB={label}"] if label else []
        closes = bool(row.strip()) and signature.is_closing(row)
        if closes:
            seen.append("CLOSING")
        below += closed >= 0 and bool(row.strip())
        seen.append("aft" if closed >= 0 else "bef")
        if closed >= 0:
            seen.append(f"aft{min(5, below)}")
        elif closes:
            closed = at
        if at in rank:
            seen += [f"top{min(rank[at], 4)}", f"bot{min(len(filled) - 1 - rank[at], 5)}"]
        seen += _look(row)
        if at < len(segment):
            seen += [f"seg={segment[at][0]}", *segment[at][1]]
        lines.append(_Line(seen, answers))
    return lines


def _asked(prompt: str) -> list[str]:
    """Return what the quoted words above an answer ask for."""
    if not prompt:
        return []
    asked = labels.asked_for(prompt)
    return ["PR=" + ("+".join(asked) or labels.field_of(prompt)[0] or "some")]


def _answers(row: str, offset: int) -> tuple[list[tuple[int, int, str]], str]:
    """Return the stretches of a line that answer a label, and the first label's field."""
    if not row.strip() or len(row) >= LONG:
        return [], ""
    found, at = [], 0
    labelled = labels.split(row)
    for one in labelled:
        start = row.find(one.value, at) if one.value else -1
        if start >= 0:
            at = start + len(one.value)
            found.append((offset + start, offset + at, _ASKED.get(one.field, one.field)))
    return found, labelled[0].field if labelled else ""


def _look(row: str) -> list[str]:
    """Return how a line looks: its length, what it opens and ends with, what stands in it."""
    seen = [f"len{0 if len(row) < 25 else 1 if len(row) < 60 else 2 if len(row) < 110 else 3}"]
    number = _ENUMERATED.match(row)
    if number:
        seen.append(f"enum{min(int(number[1]) if number[1].isdigit() else ord(number[1].lower()) - 96, 9)}")
    elif _BULLET.match(row):
        seen.append("bullet")
    seen += [name for mark, name in ((":", "colon"), ("@", "at")) if mark in row]
    if any(c.isdigit() for c in row):
        seen.append("dig")
    if row.rstrip().endswith((".", "!", "?")):
        seen.append("stop")
    if row.count(",") > 2:
        seen.append("commas")
    return seen


def _together(folded: str, toks: list[Token], alone: list[list[str]], lines: list[_Line]) -> list[list[str]]:
    """Return the features of each token: its own, those of its neighbours, those of its line."""
    shapes = [shape(t) for t in toks]
    near = [[[f"{d}{x}" for x in one if d not in (-3, 3) or x[:2] != "w="] for one in alone] for d in _AROUND]
    line_seen = [[f"L{x}" for x in line.seen] for line in lines]
    line_near = _near_lines(lines)
    number, commas, found = 0, 0, []
    for at, token in enumerate(toks):
        if at and toks[at - 1].is_line_end:
            number, commas = number + 1, 0
        commas += token.form in ",;|/"
        one = [*alone[at], *_parts(folded, token)]
        for seen, step in zip(near, _AROUND, strict=True):
            there = at + step
            one += seen[there] if 0 <= there < len(toks) else (f"{step}END",)
        if 0 < at < len(toks) - 1:
            one.append(f"s3={shapes[at - 1]}{shapes[at]}{shapes[at + 1]}")
        if at > 1:
            one.append("w-2-1=" + "_".join(folded[t.start : t.end] for t in toks[at - 2 : at]))
        one += line_seen[number]
        one += line_near[number]
        one += _answering(lines[number], token, shapes[at])
        one.append(f"c{min(commas, 5)}")
        if at == 0 or toks[at - 1].is_line_end:
            one.append("first")
        if at + 1 == len(toks) or toks[at + 1].is_line_end:
            one.append("last")
        found.append(one)
    return found


_AROUND = (-3, -2, -1, 1, 2, 3)
"""The neighbours that are seen; of the third only what kind of word it is."""


def _parts(folded: str, token: Token) -> tuple[str, ...]:
    """Return how a longer word begins and ends: titles and names of one language are alike there."""
    low = folded[token.start : token.end]
    return (f"p={low[:4]}", f"x={low[-3:]}") if token.is_word and len(low) > 3 else ()


def _answering(line: _Line, token: Token, written: str) -> tuple[str, ...]:
    """Return which label the token answers, if one."""
    for start, end, name in line.answers:
        if start <= token.start < end:
            return (f"V={name}", f"V={name}{written}", *((f"V1={name}",) if token.start == start else ()))
    return ()


def _near_lines(lines: list[_Line]) -> list[list[str]]:
    """Return what is seen of the filled lines above and below each line."""
    blank = ["len0" in line.seen and not any(x[:3] == "top" for x in line.seen) for line in lines]

    def told(prefix: str, at: int) -> list[str]:
        return [f"{prefix}{x}" for x in lines[at].seen if x.startswith(_LINE_NEAR)]

    above: list[list[str]] = []
    last = -1
    for at in range(len(lines)):
        above.append([*(told("P", last) if last >= 0 else ["Pnone"]), *(["gap"] if at and blank[at - 1] else [])])
        last = last if blank[at] else at
    last = -1
    found: list[list[str]] = []
    for at in range(len(lines) - 1, -1, -1):
        found.append([*above[at], *(told("N", last) if last >= 0 else ["Nnone"])])
        last = last if blank[at] else at
    return found[::-1]
