"""Teach the second reader from the development corpora, and write its model.

    python bench/train.py [--folds N]

Each message's truth is found again in its own words and marked there; beside every message stand copies in which
titles and organisations are other messages', so that the model learns what stands around them rather than the words
themselves. The held-back parts and the corpora that only measure are never read. `--folds N` writes nothing: it trains
N times on a part, and prints how the model reads what it was not taught. The same corpora yield the same model.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from score import CORPUS, DEVELOPMENT, invitation, truths  # noqa: E402 -- found through the path above

from mailbot import message  # noqa: E402 -- found through the path above
from mailbot.rsvp.fold import fold  # noqa: E402 -- as above
from mailbot.rsvp.own_words import Segment, cut  # noqa: E402 -- as above
from mailbot.rsvp.phrases import is_acronym  # noqa: E402 -- as above
from mailbot.rsvp.second import gist  # noqa: E402 -- as above
from mailbot.rsvp.second.features import features  # noqa: E402 -- as above
from mailbot.rsvp.second.model import MODEL, _joined  # noqa: E402 -- as above
from mailbot.rsvp.second.tokens import Token, tokens  # noqa: E402 -- as above

COPIES = 2
"""Copies of each message with other titles and organisations; a third taught nothing more."""
SEED = 20181023
SETTINGS = {"c1": 0.2, "c2": 0.05, "max_iterations": 150, "feature.minfreq": 2}
"""c1 keeps few features (and the model small), c2 their weights low; chosen by --folds."""
CHOICE_SETTINGS = {"c1": 0.5, "c2": 0.3, "max_iterations": 100, "feature.minfreq": 2}
CROSSED = 0.5
"""Of the copies' values those that are put together from two others."""
_TAIL = re.compile(
    r"(?<=\w)\s(?=(?:de|du|des|of|for|del|da|do|dos|das|der|für|di|della|à|en|in|au|aux|para|por|per)\s|d['’]|dell['’])"
)
_ARTICLES = ("the ", "la ", "le ", "el ", "les ", "os ", "as ", "o ", "a ", "l'", "l’")

Marked = tuple[int, int, str]
"""A stretch of the own words and the field that it is: (start, end, field)."""


@dataclass(frozen=True)
class Lesson:
    """One message to learn from: whose it is, its own words, and what is marked in them."""

    file: str
    language: str
    segments: tuple[Segment, ...]
    shown: str
    address: str
    marked: tuple[Marked, ...]

    @property
    def text(self) -> str:
        return "\n".join(s.text for s in self.segments)


def lessons(corpora: Iterable[int] = DEVELOPMENT) -> tuple[list[Lesson], dict[tuple[str, str], list[str]]]:
    """Return the development messages that register or decline, and all values by language and field."""
    known = invitation()
    found, values = [], _bank()
    for truth in truths(held=False, corpora=corpora):
        if truth["kind"] not in ("registration", "decline"):
            continue
        read = message.read((CORPUS / truth["file"]).read_bytes())
        own = cut(read, known)
        for person in truth["participants"]:
            for field in ("title", "organisation"):
                if person.get(field):
                    values.setdefault((truth["language"], field), []).append(person[field])
        shown, address = (read.from_.name, read.from_.email) if read.from_ else ("", "")
        marked = tuple(mark(own.text, truth["participants"]))
        found.append(Lesson(truth["file"], truth["language"], own.segments, shown, address, marked))
    return found, values


def _bank() -> dict[tuple[str, str], list[str]]:
    """Return titles and organisations that stand in no message, by language and field."""
    found = {}
    for file in sorted((CORPUS / "values").glob("*.toml")):
        for field, listed in tomllib.loads(file.read_text(encoding="utf-8")).items():
            found[file.stem, field] = list(listed)
    return found


def mark(text: str, people: Sequence[dict[str, Any]]) -> list[Marked]:
    """Return where the true values stand in a text; the longer of two that overlap."""
    plain, places = _plain(text)
    found: set[Marked] = set()
    for person in people:
        for field in ("name", "title", "organisation"):
            if person.get(field):
                found |= {(places[a], places[b - 1] + 1, field) for a, b in _stands(plain, field, person[field])}
        if person.get("phone"):
            found |= set(_numbers(text, person["phone"]))
    kept: list[Marked] = []
    for start, end, field in sorted(found, key=lambda m: (m[0] - m[1], m[0], m[2])):
        if all(end <= k[0] or k[1] <= start for k in kept):
            kept.append((start, end, field))
    return sorted(kept)


def _plain(text: str) -> tuple[str, list[int]]:
    """Return a text's letters and digits with single blanks between, and where each stood."""
    out, places, before = [], [], " "
    for at, char in enumerate(fold(text)):
        one = char if char.isalnum() else " "
        if one != " " or before != " ":
            out.append(one)
            places.append(at)
        before = one
    return "".join(out), places


def _stands(plain: str, field: str, value: str) -> Iterator[tuple[int, int]]:
    """Yield where a value stands: as a whole; an organisation also each half of "Full name (ACR)"; else less of it."""
    whole = list(_find(plain, value))
    yield from whole
    halves = re.fullmatch(r"(.+?)\s*\(([^()]+)\)\s*(.*)", value.strip())
    if field == "organisation":
        both = [halves[1], halves[2]] if halves else re.split(r"\s+[-–—]\s+", value)
        for half in both if len(both) == 2 else ():
            yield from _find(plain, half)
        bare = next((value[len(a) :] for a in _ARTICLES if value.lower().startswith(a)), "")
        if not whole and bare:
            yield from _find(plain, bare)
    elif not whole and field == "title" and halves:
        yield from _find(plain, halves[1])
    elif not whole and field == "name":
        parts = value.split()
        turned = [" ".join(parts[k:] + parts[:k]) for k in range(1, len(parts))]
        ends = [f"{parts[0]} {parts[-1]}"] if len(parts) > 2 else []
        for other in (*turned, *ends):
            stood = list(_find(plain, other))
            if stood:
                yield from stood
                return


def _find(plain: str, value: str) -> Iterator[tuple[int, int]]:
    wanted = " ".join("".join(c if c.isalnum() else " " for c in fold(value)).split())
    if wanted:
        yield from (m.span() for m in re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", plain))


def _numbers(text: str, phone: str) -> Iterator[Marked]:
    tail = re.sub(r"\D", "", phone)[-7:]
    for token in tokens(text):
        if token.form[0] == "9" and re.sub(r"\D", "", text[token.start : token.end]).endswith(tail):
            yield token.start, token.end, "phone"


def copied(lesson: Lesson, values: dict[tuple[str, str], list[str]], chance: random.Random) -> Lesson | None:
    """Return a lesson with titles and organisations of others in place of its own; None where it has none to change."""
    text, marked, out, last, said = lesson.text, [], "", 0, {}
    if not any(field in ("title", "organisation") for _, _, field in lesson.marked):
        return None
    for start, end, field in lesson.marked:
        old = text[start:end]
        if "\n" in old:
            return None
        new = said.setdefault((field, fold(old)), _other(old, values.get((lesson.language, field), []), field, chance))
        out += text[last:start]
        marked.append((len(out), len(out) + len(new), field))
        out += new
        last = end
    lines = (out + text[last:]).split("\n")
    segments, at = [], 0
    for segment in lesson.segments:
        count = segment.text.count("\n") + 1
        segments.append(replace(segment, text="\n".join(lines[at : at + count])))
        at += count
    return replace(lesson, segments=tuple(segments), marked=tuple(marked))


def _other(old: str, values: list[str], field: str, chance: random.Random) -> str:
    """Return another value of the same field, written in the same manner; the old one where there is no other."""
    if field == "organisation" and is_acronym(old):
        values = [m[1] for v in values if (m := re.search(r"\(([A-Z][\w-]+)\)", v))] or [
            v for v in values if is_acronym(v)
        ]
    elif field == "organisation":
        values = [re.sub(r"\s*\([^)]*\)", "", v) for v in values]
    if field not in ("title", "organisation") or not values:
        return old
    new = _crossed(chance.choice(values), chance.choice(values)) if chance.random() < CROSSED else chance.choice(values)
    return new.upper() if old.isupper() else new.lower() if old.islower() else new or old


def _crossed(one: str, other: str) -> str:
    """Return the head of one value with the tail of another ("chief of" "pensions"); one where either has none."""
    head, tail = _TAIL.split(one, 1)[0], _TAIL.search(other)
    return f"{head.rstrip()} {other[tail.start() :].lstrip()}" if tail and _TAIL.search(one) else one


def tags(toks: Sequence[Token], marked: Sequence[Marked]) -> list[str]:
    """Return the model's tags: B- for a stretch's first token, I- for the others, O outside."""
    found: list[str] = []
    for token in toks:
        inside = next((m for m in marked if m[0] <= token.start and token.end <= m[1]), None)
        if inside is None:
            found.append("O")
        else:
            goes_on = token.start > inside[0] and found and found[-1][2:] == inside[2]
            found.append(f"{'I' if goes_on else 'B'}-{inside[2]}")
    return found


def choices(question: gist.Question, corpora: Iterable[int] = DEVELOPMENT) -> Iterator[tuple[list[str], str]]:
    """Yield what is seen of each message that a question concerns, and the true answer."""
    known = invitation()
    for truth in truths(held=False, corpora=corpora):
        answer = _choice(question, truth)
        if answer:
            own = cut(message.read((CORPUS / truth["file"]).read_bytes()), known)
            yield gist.features(own.segments), answer


def _choice(question: gist.Question, truth: dict[str, Any]) -> str:
    kind, people = truth["kind"], truth["participants"]
    if question == "kind":
        return kind if kind in ("registration", "decline", "question", "unrelated") else ""
    if kind != "registration":
        return ""
    if question == "access":
        return "yes" if any(p.get("needs_access") for p in people) else "no"
    modes = {p.get("mode") or "none" for p in people}
    return "mixed" if len(modes) > 1 else modes.pop()


def train_choice(question: gist.Question, to: Path) -> None:
    """Train the model of a question and write it."""
    import pycrfsuite

    trainer = pycrfsuite.Trainer(verbose=False, params=CHOICE_SETTINGS)
    for seen, answer in choices(question):
        trainer.append([seen], [answer])
    trainer.train(str(to))


def train(taught: Sequence[Lesson], values: dict[tuple[str, str], list[str]], to: Path) -> None:
    """Train a model and write it."""
    import pycrfsuite

    chance = random.Random(SEED)  # noqa: S311 -- not for secrets: the same corpora shall yield the same model
    trainer = pycrfsuite.Trainer(verbose=False, params=SETTINGS)
    for lesson in taught:
        copies = [copied(lesson, values, chance) for _ in range(COPIES)]
        for one in (lesson, *(c for c in copies if c)):
            _, toks, seen = features(one.segments, one.shown, one.address)
            if toks:
                trainer.append(seen, tags(toks, one.marked))
    trainer.train(str(to))


def measure(taught: Sequence[Lesson], model: Path, counts: Counter[tuple[str, str]]) -> None:
    """Count what a model marks right, wrong and not at all: different texts of a message, by field."""
    import pycrfsuite

    tagger = pycrfsuite.Tagger()
    tagger.open(str(model))
    for lesson in taught:
        text, toks, seen = features(lesson.segments, lesson.shown, lesson.address)
        told = {(s.field, fold(s.text)) for s in _joined(text, toks, tagger.tag(seen), [1.0] * len(toks))}
        true = {(field, fold(text[a:b])) for a, b, field in lesson.marked}
        for field, _ in told & true:
            counts[field, "right"] += 1
        for field, _ in told - true:
            counts[field, "wrong"] += 1
        for field, _ in true - told:
            counts[field, "missed"] += 1


def main() -> int:
    """Train on everything and write the model, or in folds and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folds", type=int, default=0)
    options = parser.parse_args()
    taught, values = lessons()
    if not options.folds:
        train(taught, values, MODEL)
        for question in gist.QUESTIONS:
            train_choice(question, gist.FOLDER / f"{question}.crfsuite")  # type: ignore[arg-type]  # the literals
        print(json.dumps({"lessons": len(taught), "bytes": MODEL.stat().st_size}))  # noqa: T201 -- a command
        return 0
    random.Random(SEED).shuffle(taught)  # noqa: S311 -- as above
    counts: Counter[tuple[str, str]] = Counter()
    part = ROOT / "build-fold.crfsuite"
    for fold_number in range(options.folds):
        train([t for n, t in enumerate(taught) if n % options.folds != fold_number], values, part)
        measure([t for n, t in enumerate(taught) if n % options.folds == fold_number], part, counts)
    part.unlink()
    for field in ("name", "title", "organisation", "phone"):
        right, wrong, missed = (counts[field, k] for k in ("right", "wrong", "missed"))
        print(f"{field:<14} F1 {2 * right / (2 * right + wrong + missed):.3f}")  # noqa: T201 -- a command
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
