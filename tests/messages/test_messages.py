"""What is read from each message of the rehearsal and from others like them, held in a golden file a message.

The golden `<name>.toml` stands here; its message `<name>.eml` too, or among the rehearsal's, or in the first corpus.
`pytest tests/messages --update-golden` writes the goldens anew: look at what changed before you keep it. Where a
corpus says what a careful person would have noted, the golden lists what differs, so that no fault hides in it.
"""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from mailbot import config, message, reading
from mailbot.intake import invitation_of
from mailbot.rsvp.answer import Answer, Invitation, Reading

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"
REHEARSAL = Path(config.__file__).parent.parent / "rehearsal"
PLACES = (HERE, REHEARSAL / "messages", CORPUS / "1")
GOLDENS = sorted(p.stem for p in HERE.glob("*.toml"))
MESSAGES = sorted({p.stem for place in PLACES[:2] for p in place.glob("*.eml")} | set(GOLDENS))


@cache
def invitation() -> Invitation:
    told = config.load(REHEARSAL / "config.toml")
    return invitation_of(told.events[0], told)


def find(name: str) -> Path:
    return next(path for place in PLACES if (path := place / f"{name}.eml").exists())


@cache
def read(name: str) -> Reading:
    return reading.read(message.read(find(name).read_bytes()), invitation())


# ---------------------------------------------------------------- goldens


def golden_of(name: str, said: Reading) -> str:
    """Return a reading as the text of its golden: values with their words, place and rule; no confidences."""
    lines = [f"kind = {_quoted(said.kind)}", f"language = {_quoted(said.language)}", f"rule = {_quoted(said.rule)}"]
    lines += [f"{key} = {_quoted(value)}" for key in ("reason", "question") if (value := getattr(said, key))]
    lines += ["correction = true"] if said.correction else []
    lines += [f"review = {_quoted(list(said.review))}"] if said.review else []
    if differences := differing(name, said):
        lines += ["differs_from_truth = [", *(f"  {_quoted(d)}," for d in differences), "]"]
    for answer in said.answers:
        lines += ["", "[[participant]]", *_person(answer)]
    return "\n".join(lines) + "\n"


def _person(answer: Answer) -> list[str]:
    lines = [f"partstat = {_quoted(answer.partstat)}"] if answer.partstat else []
    lines += ["is_sender = false"] if not answer.is_sender else []
    lines += [f"review = {_quoted(list(answer.review))}"] if answer.review else []
    for name, value in answer.values().items():
        shown = {"value": value.value, "words": value.words, "where": value.where, "rule": value.rule}
        lines.append(f"{name} = {{ {', '.join(f'{k} = {_quoted(v)}' for k, v in shown.items())} }}")
    return lines


def _quoted(value: object) -> str:
    """JSON's strings, lists and booleans are TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


# ---------------------------------------------------------------- the truth of the corpus


@cache
def _score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus_score", CORPUS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up by name.
    sys.modules["corpus_score"] = module
    spec.loader.exec_module(module)
    return module


@cache
def _truth() -> dict[str, Any]:
    lines = (CORPUS / "1" / "truth.jsonl").read_text("utf-8").splitlines()
    return {row["file"].removesuffix(".eml"): row for row in map(json.loads, lines)}


def differing(name: str, said: Reading) -> list[str]:
    """Return what a careful person would have noted otherwise, as the corpus's own score sees it."""
    truth = _truth().get(name)
    if truth is None:
        return []
    result = _score().judge(truth, reading.to_json(f"{name}.eml", said))
    return [f"{e['field']}: {e['predicted']} instead of {e['truth']}" for e in result.errors]


# ---------------------------------------------------------------- tests


@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_is_read_as_its_golden_says(name: str, request: pytest.FixtureRequest) -> None:
    golden = HERE / f"{name}.toml"
    now = golden_of(name, read(name))
    if request.config.getoption("--update-golden"):
        golden.write_text(now, "utf-8")
    assert golden.exists(), f"no golden for {name}: pytest tests/messages --update-golden"
    assert now == golden.read_text("utf-8")


@pytest.mark.parametrize("name", GOLDENS)
def test_every_word_of_evidence_stands_in_the_message(name: str) -> None:
    said = read(name)
    for answer in said.answers:
        for value in answer.values().values():
            if value.start is not None:
                assert said.own_text[value.start : value.start + len(value.words)] == value.words


@pytest.mark.parametrize("name", GOLDENS)
def test_a_golden_is_a_table_that_people_and_programs_can_read(name: str) -> None:
    table = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))
    assert table["kind"]
    assert len(table.get("participant", [])) == len(read(name).answers)


def test_the_goldens_hold_every_kind_and_language() -> None:
    tables = [tomllib.loads((HERE / f"{name}.toml").read_text("utf-8")) for name in GOLDENS]
    kinds = {"registration", "decline", "question", "calendar_reply", "auto_reply", "bounce", "unrelated"}
    assert {t["kind"] for t in tables} >= kinds
    assert {t["language"] for t in tables} >= {"fr", "en", "es", "pt", "de", "it"}


def test_what_differs_from_a_careful_person_s_notes_asks_for_a_look() -> None:
    silent = []
    for name in GOLDENS:
        said = read(name)
        if name not in _truth() or not differing(name, said):
            continue
        line = reading.to_json(name, said)
        if not _score().asks(line):
            silent.append(name)
    assert len(silent) <= 0.02 * len(GOLDENS), silent
