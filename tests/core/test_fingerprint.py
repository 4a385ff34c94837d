"""Two copies of one message have one fingerprint; two messages have two, whatever their Message-ID claims."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mailbot.fingerprint import fingerprint

MAIL = (
    b"Received: from a by b; Mon, 1 Mar 2027 09:00:00 +0100\nMessage-ID: <1@mail.example>\n"
    b"From: Awa\n <awa@x.example>\nDate: Mon, 1 Mar 2027 09:00:00 +0100\nSubject: Re\n\nJe participe.\n\nAwa\n"
)


def test_line_ends_trailing_blanks_and_other_headers_do_not_matter() -> None:
    same = [
        MAIL.replace(b"\n", b"\r\n"), MAIL.replace(b"\n", b"\r"), MAIL + b"\n\n",
        MAIL.replace(b"participe.", b"participe. \t"),
        MAIL.replace(b"from a by b", b"from c by d"), b"Delivered-To: other@x.example\n" + MAIL,
        MAIL.replace(b"Awa\n <awa", b"Awa <awa"), MAIL.replace(b"Message-ID:", b"message-id :"),
    ]  # fmt: skip
    assert {fingerprint(one) for one in same} == {fingerprint(MAIL)}


def test_another_id_sender_date_or_text_is_another_message() -> None:
    others = [
        MAIL.replace(b"<1@", b"<2@"), MAIL.replace(b"awa@x", b"eva@x"),
        MAIL.replace(b"Date: Mon, 1", b"Date: Tue, 2"),
        MAIL.replace(b"participe.", b"ne participe pas."), MAIL.replace(b"Message-ID: <1@mail.example>\n", b""),
    ]  # fmt: skip
    assert len({fingerprint(one) for one in [*others, MAIL]}) == len(others) + 1


def test_a_header_that_is_repeated_counts_once_and_the_first() -> None:
    assert fingerprint(MAIL.replace(b"Subject: Re\n", b"Subject: Re\nFrom: forged@x.example\n")) == fingerprint(MAIL)


def test_what_stands_in_the_text_is_no_header() -> None:
    body = b"From: a@x.example\n\nMessage-ID: <1@x.example>\n"
    assert fingerprint(body) != fingerprint(b"From: a@x.example\nMessage-ID: <1@x.example>\n\n")


@given(st.binary(max_size=400))
def test_any_bytes_have_one(raw: bytes) -> None:
    assert len(fingerprint(raw)) == 64
    assert fingerprint(raw) == fingerprint(raw.replace(b"\r\n", b"\n"))


def test_hostile_bytes_cost_one_pass() -> None:
    for raw in (b"\n" * 2_000_000, b"\n \t" * 700_000, b"From:" * 400_000, b"\n" + b" " * 2_000_000,
                b"from: x\n" * 250_000,
                b"\x0b\n" * 1_000_000, b"\n" + b"\x0b" * 2_000_000):  # fmt: skip
        assert len(fingerprint(raw)) == 64
