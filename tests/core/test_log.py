"""A line an event: never two, never a command to a terminal, never lost in JSON."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, own = logging.getLogger(), log.LOG
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])


def lines(*, as_json: bool = False, **values: object) -> list[str]:
    stream = io.StringIO()
    log.to(stream, as_json=as_json)
    log.say("mail_planned", **values)
    return stream.getvalue().split("\n")


def test_values_are_quoted_where_they_need_it_and_none_is_left_out() -> None:
    (line, rest) = lines(to="a@b.example", reason='no "such" user', empty="", nothing=None, n=3)
    assert rest == ""
    assert line.split(" ", 1)[1] == r'INFO mail_planned to=a@b.example reason="no \"such\" user" empty="" n=3'


@given(st.text())
def test_no_value_starts_a_line_or_steers_a_terminal(text: str) -> None:
    for as_json in (False, True):
        found = lines(as_json=as_json, value=text)
        assert len(found) == 2
        assert not any(ord(c) < 32 or c in "\x7f\x9b\u2028\u2029\x85" for c in found[0]) or as_json
        assert "\x1b" not in found[0]


def test_an_event_named_among_the_values_does_not_hide_what_happened() -> None:
    line = json.loads(lines(as_json=True, event="webinaire-2")[0])
    assert (line["message"], line["event"], line["level"]) == ("mail_planned", "webinaire-2", "info")


def test_a_long_value_is_cut_in_the_line_for_people() -> None:
    assert len(lines(value="x" * 10_000)[0]) < 400


def test_a_librarys_chatter_is_left_out_and_its_exceptions_are_one_line() -> None:
    stream = io.StringIO()
    log.to(stream)
    logging.getLogger("imapclient").debug("LOGIN anne secret")
    logging.getLogger("some.library").info("chatter")
    try:
        _ = 1 / 0
    except ZeroDivisionError:
        logging.getLogger("some.library").exception("it\nbroke")
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith('ERROR it broke error="ZeroDivisionError: division by zero"\n')
