"""Hostile input costs little: what breaks a bound never reaches the parser, and is held with the bound's word."""

from __future__ import annotations

import mailparser
import pytest

from mailbot.message import Limits, read
from mailbot.message.bounds import without_far_ends, without_trace

FROM = b"From: a@b.example\r\n"
MIXED = FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(depth: int) -> bytes:
    """Return a message of that many multiparts inside each other."""
    levels = (b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return FROM + b"".join(levels) + b"Content-Type: text/plain\r\n\r\nhello\r\n"


HOSTILE = {
    "size": ("too_large", FROM + b"\r\n" + b"x" * 50_000_001),
    "unencoded": ("too_large", FROM + b"\r\n" + b"x" * 8_000_001),
    "lines": ("too_large", FROM + b"\r\n" + b"\r\n" * 100_001),
    "carriage returns": ("too_large", FROM + b"\r\n" + b"a\r" * 300_000),
    "header bytes": ("too_many_headers", FROM + b"X: " + b"x" * 131_072 + b"\r\n\r\n"),
    "header count": ("too_many_headers", FROM + b"Received: x\r\n" * 1_001 + b"\r\n"),
    "encoded words": ("too_many_headers", FROM + b"Subject:" + b" =?utf-8?q?a?=" * 2_001 + b"\r\n\r\n"),
    "content type": ("too_many_headers", FROM + b"Content-Type: text/plain" + b";" * 9_000 + b"\r\n\r\n"),
    "folded content type": (
        "too_many_headers",
        FROM + b"Content-Type: text/plain" + b";\r\n a=b" * 2_000 + b"\r\n\r\n",
    ),
    "boundaries": ("too_deep", nested(300)),
    "messages": ("too_deep", FROM + b"Content-Type: message/rfc822\r\n\r\n" * 31),
    "parts": ("too_many_parts", MIXED + b"--b\r\n\r\n\r\n" * 501),
}


@pytest.fixture
def no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if the parser is asked at all."""

    def asked(_raw: bytes) -> None:
        pytest.fail("the parser was asked")

    monkeypatch.setattr(mailparser.MailParser, "from_bytes", asked)


@pytest.mark.usefixtures("no_parser")
@pytest.mark.parametrize("case", HOSTILE)
def test_what_breaks_a_bound_is_held_before_any_parser_sees_it(case: str) -> None:
    word, raw = HOSTILE[case]
    found = read(raw)
    assert found.held == word
    assert found.text == ""


def test_a_tree_deeper_than_the_limit_is_held() -> None:
    assert read(nested(14)).held == "too_deep"
    assert read(nested(8)).held == ""
    assert "hello" in read(nested(8)).text


def test_a_held_message_still_says_whose_it_is() -> None:
    found = read(b"From: Marie <marie@b.example>\r\nSubject: hello\r\n\r\n" + b"\r\n" * 100_001)
    assert (found.held, found.from_ and found.from_.name, found.subject) == ("too_large", "Marie", "hello")


def test_a_large_attachment_is_cut_and_the_words_beside_it_are_read() -> None:
    attachment = b"--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 19 + b"\r\n"
    raw = MIXED + attachment + (b"QUJD" * 19 + b"\r\n") * 20_000 + b"--b\r\n\r\nMarie Dupont\r\n--b--\r\n"
    found = read(raw)
    assert found.text.strip() == "Marie Dupont"
    assert found.size == len(raw)
    assert 150_000 < len(found.parts[0].payload) <= Limits().attachment
    assert "attachment_cut" in found.defects


def test_nothing_is_cut_of_a_message_without_large_attachments() -> None:
    raw = FROM + b"\r\n" + b"hello there\r\n" * 50_000
    assert without_far_ends(raw, Limits()) == (raw, False)


def test_trace_fields_are_kept_from_the_parser_but_not_from_the_message() -> None:
    raw = (
        b"Received: from a\r\n\tby b; Mon, 1 Oct 2018\r\n"
        + FROM
        + b"received: c\r\nSubject: x\r\n\r\nReceived: text\r\n"
    )
    assert without_trace(raw) == FROM + b"Subject: x\r\n\r\nReceived: text\r\n"
    assert read(raw).all("received") == ("from a by b; Mon, 1 Oct 2018", "c")


def test_a_parser_that_fails_does_not_lose_the_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_raw: bytes) -> None:
        raise AttributeError("leaked")

    monkeypatch.setattr(mailparser.MailParser, "from_bytes", fails)
    found = read(FROM + b"\r\nMarie Dupont")
    assert (found.text, found.held) == ("Marie Dupont", "")
    assert "parser_failed" in found.defects


def test_a_text_beyond_the_limit_is_cut_and_says_so() -> None:
    found = read(FROM + b"\r\nMarie" + b" x" * 1_000_000)
    assert (len(found.text), found.text[:5]) == (Limits().text, "Marie")
    assert "text_cut" in found.defects
