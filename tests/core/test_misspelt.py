"""Slips in addresses are noticed, and what only looks like one is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.misspelt import PROVIDERS, meant


@pytest.mark.parametrize(
    ("written", "right"),
    [
        ("awa@gmial.com", "awa@gmail.com"), ("awa@gmail.con", "awa@gmail.com"), ("awa@gmai.com", "awa@gmail.com"),
        ("awa@gmail.fr", "awa@gmail.com"), ("awa@gmail.cm", "awa@gmail.com"), ("awa@gmail.comm", "awa@gmail.com"),
        ("awa@hotmial.com", "awa@hotmail.com"), ("awa@hotmal.fr", "awa@hotmail.fr"), ("awa@yaho.fr", "awa@yahoo.fr"),
        ("Awa@Outlok.COM", "awa@outlook.com"), ("awa@hotmail.co", "awa@hotmail.com"),
    ],
)  # fmt: skip
def test_a_slip_in_a_big_providers_name_is_noticed(written: str, right: str) -> None:
    assert meant(written) == right


@pytest.mark.parametrize(
    "address",
    [
        "awa@gmail.com", "awa@ymail.com", "awa@mail.com", "awa@email.com", "awa@yahoo.com.ph", "awa@hotmail.com.ar",
        "awa@outlook.de", "awa@live.nl", "awa@orange.ci", "awa@proton.me", "awa@cnts.sn", "awa@gmx.at", "awa",
        "", "@gmial.com", "awa@[192.0.2.1]", "awa@yahoo.it",
    ],
)  # fmt: skip
def test_what_is_no_slip_is_left_alone(address: str) -> None:
    assert meant(address) == ""


def test_a_letter_missing_against_the_domain_that_they_write_from_is_noticed() -> None:
    assert meant("awa@cts.sn.example", own="awa@cnts.sn.example") == "awa@cnts.sn.example"
    assert meant("awandiay@cnts.sn.example", own="awandiaye@cnts.sn.example") == "awandiaye@cnts.sn.example"
    assert meant("awa2@cnts.sn.example", own="awa1@cnts.sn.example") == ""
    assert meant("awa@cnts.sn.example", own="awa@cnts.sn.example") == ""


def test_a_letter_missing_against_a_domain_seen_here_is_noticed_but_short_names_are_others() -> None:
    assert meant("b@unionsyndcale.org", seen=["unionsyndicale.org"]) == "b@unionsyndicale.org"
    assert meant("b@union-syndicale.og", seen=["union-syndicale.org"]) == "b@union-syndicale.org"
    assert meant("b@ugtp.example", seen=["ugt.example"]) == ""  # two unions of two countries
    assert meant("b@unionsyndicale.org", seen=["unionsyndicale.org", "unionsyndicales.org"]) == ""
    assert meant("b@syndicat1.example", seen=["syndicat2.example"]) == ""
    assert meant("b@sante.union.example", seen=["union.example"]) == ""
    assert meant("b@confederation.fr", seen=["confederation.fi"]) == ""


@given(st.sampled_from(PROVIDERS), st.lists(st.sampled_from(PROVIDERS)))
def test_no_provider_is_taken_for_another(provider: str, seen: list[str]) -> None:
    assert meant(f"awa@{provider}", seen=seen) == ""


@given(st.text(max_size=80), st.lists(st.text(max_size=40), max_size=4), st.text(max_size=80))
def test_any_text_may_be_an_address_and_what_is_offered_differs(address: str, seen: list[str], own: str) -> None:
    offered = meant(address, seen=seen, own=own)
    assert offered == "" or ("@" in offered and offered != address.strip().casefold())
