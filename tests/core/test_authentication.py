"""Authentication-Results: only our own server's topmost word counts, and no text of a stranger's is too odd for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import message
from mailbot.authentication import Result, parse, verdict

MX = "mx1.workers-network.example"


def judged(*fields: str, sender: str = "Awa Ndiaye <awa@cnts.sn.example>", server: str = MX) -> str:
    head = "".join(f"Authentication-Results: {field}\r\n" for field in fields)
    return verdict(message.read(f"{head}From: {sender}\r\n\r\nBonjour".encode()), server)


@pytest.mark.parametrize(
    ("said", "verdict_"),
    [
        (f"{MX}; dmarc=pass header.from=cnts.sn.example", "pass"),
        (f"{MX}; dmarc=fail (p=none dis=none) header.from=cnts.sn.example", "fail"),
        (f"{MX}; spf=pass smtp.mailfrom=evil.example; dkim=pass header.d=evil.example; dmarc=fail", "fail"),
        (f"{MX}; dkim=pass header.d=cnts.sn.example; spf=fail smtp.mailfrom=awa@cnts.sn.example", "pass"),
        (f"{MX}; dkim=none; spf=pass smtp.mailfrom=awa@cnts.sn.example", "pass"),
        (f'{MX} 1; dkim=pass (good; "really") header.i="@cnts.sn.example" header.b=Abc/+=;', "pass"),
        (f"{MX};\r\n\tdkim=pass header.d=sn.example;\r\n\tspf=none", "pass"),
        (f"{MX}; dkim=pass header.d=mail.cnts.sn.example", "none"),
        (f"{MX}; dkim=pass header.d=example", "none"),
        (f"{MX}; spf=pass smtp.mailfrom=evil.example; dmarc=none header.from=cnts.sn.example", "none"),
        (f"{MX}; spf=pass smtp.mailfrom=evilcnts.sn.example", "none"),
        (f"{MX}; dmarc=pass header.from=other.example", "none"),
        (f"{MX}; dmarc=temperror", "none"),
        (f"{MX}; none", ""),
        (MX, ""),
        ("mx1.workers-network.example.evil.example; dmarc=pass", ""),
        ("spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=cnts.sn.example; dmarc=pass", ""),
    ],
)
def test_what_a_server_says_is_taken_as_it_says_it(said: str, verdict_: str) -> None:
    assert judged(said) == verdict_


def test_only_the_topmost_field_of_our_own_server_counts() -> None:
    forged = f"{MX}; dmarc=pass header.from=cnts.sn.example"
    assert judged(f"{MX}; dmarc=fail", forged) == "fail"
    assert judged("relay.example; dmarc=pass", f"{MX}; dmarc=fail", forged) == "fail"
    assert judged("relay.example; dmarc=fail", forged) == "pass"


def test_without_a_configured_server_or_its_field_there_is_no_verdict() -> None:
    assert judged(f"{MX}; dmarc=fail", server="") == ""
    assert judged("mx1.elsewhere.example; dmarc=fail") == ""
    assert judged() == ""
    assert judged(f"{MX.upper()}; dmarc=fail", server=f" {MX} ") == "fail"


def test_two_senders_are_vouched_for_by_nobody() -> None:
    two = "Awa <awa@cnts.sn.example>\r\nFrom: Eve <eve@evil.example>"
    assert judged(f"{MX}; dmarc=pass", sender=two) == "none"


def test_exchange_online_which_leaves_its_name_out_is_configured_by_what_it_is() -> None:
    said = (
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=cnts.sn.example; dkim=none (message not signed) "
        "header.d=none;dmarc=bestguesspass action=none header.from=cnts.sn.example;compauth=pass reason=109"
    )
    assert judged(said, server="microsoft365") == "pass"
    assert judged(said.replace("bestguesspass", "fail"), server="microsoft365") == "fail"
    assert judged(f"{MX}; dmarc=pass", server="microsoft365") == ""


def test_a_field_is_taken_apart_whole() -> None:
    read = parse(
        f'{MX.upper()} ; DKIM/1 = Pass (a (nested; one) here) reason="fine; really" header.d=X.example;; x; =;'
    )
    assert read.server == MX
    assert read.results == (Result("dkim", "pass", (("header.d", "X.example"),)),)


WORDS = st.sampled_from(
    [MX, ";", "=", "(", ")", '"', "\\", " ", "dkim", "pass", "dmarc", "header.d", "none", "\t", "é"]
)


@given(st.lists(WORDS, max_size=60).map("".join))
def test_no_field_makes_it_raise(text: str) -> None:
    for result in parse(text).results:
        assert result.method == result.method.lower()
    judged(text.replace("\t", " "))


@given(st.text(max_size=300))
def test_no_text_makes_it_raise(text: str) -> None:
    parse(text)


METHODS = st.sampled_from(["dkim", "spf", "dmarc", "arc"])
RESULTS = st.sampled_from(["pass", "fail", "none", "softfail", "temperror"])


@given(st.lists(st.tuples(METHODS, RESULTS, st.from_regex(r"[a-z]{1,8}\.example", fullmatch=True)), max_size=8))
def test_what_is_written_by_the_rules_is_read_back(results: list[tuple[str, str, str]]) -> None:
    text = "; ".join([f"{MX} 1", *(f"{m}={r} (why) header.d={d}" for m, r, d in results)])
    assert parse(text).results == tuple(Result(m, r, (("header.d", d),)) for m, r, d in results)


@pytest.mark.parametrize("piece", ["(", "((", ")", '"', ";", "=", "x=y ", "a.b=", "\\", "(\\", '"\\'])
def test_a_long_field_costs_no_more_than_a_short_one(piece: str) -> None:
    read = parse(f"{MX}; dmarc=pass; " + piece * 200_000)
    assert read.server == MX
    assert read.results[0] == Result("dmarc", "pass")
    assert len(read.results) <= 50
