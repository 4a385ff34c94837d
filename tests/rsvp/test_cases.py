"""Invented replies in six languages are read as a careful registrar would read them (cases.toml)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from mailbot import message, reading
from tests.corpus import score
from tests.rsvp.replies import INVITATION, reply

CASES: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "cases.toml").read_text(encoding="utf-8"))["case"]
FIELDS = ("email", "name", "title", "phone", "organisation", "mode", "needs_access")


def errors(case: dict[str, Any]) -> list[str]:
    """Return what of a case is read otherwise than it should be."""
    raw = reply(case["text"], case["from"], case.get("subject", "Re: webinar"))
    said = reading.to_json("case", reading.read(message.read(raw), INVITATION))
    kind = case.get("kind", "registration")
    if said["kind"] != kind:
        return [f"kind {kind}, said {said['kind']}"]
    if kind not in ("registration", "decline"):
        return []
    people = case.get("people") or [{f: case[f] for f in FIELDS if f in case}]
    found = []
    for true, person in score.pair(people, said["participants"]):
        if true is None or person is None:
            found.append(f"participant {true} {person}")
            continue
        for field in FIELDS:
            if field == "email" and field not in true:
                continue
            right, value = score.value(field, true), score.value(field, person)
            if right is None and value is None:
                continue
            if right is None or value is None or not score.same(field, right, value):
                found.append(f"{field}: {right!r}, said {value!r}")
    return found


@pytest.mark.parametrize("case", CASES, ids=[c["why"] for c in CASES])
def test_a_reply_is_read_as_a_registrar_would(case: dict[str, Any]) -> None:
    if case.get("known_wrong"):
        pytest.xfail(case["known_wrong"])
    assert errors(case) == []
