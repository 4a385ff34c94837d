"""Tokens prove which mail of ours is answered, and nobody can make, cut or borrow one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import tokens

OWN = "rsvp@workers-network.example"
GUIDE = ("5e" * 32, "guide 17 2027-03-30T12:00:00+00:00", "webinaire-2", 17)


def test_a_token_is_its_mails_own() -> None:
    token = tokens.token(*GUIDE)
    assert len(token) == tokens.LENGTH
    assert tokens.is_genuine(token, *GUIDE)


@pytest.mark.parametrize(
    "other",
    [
        ("5f" * 32, *GUIDE[1:]),
        (GUIDE[0], "guide 18 2027-03-30T12:00:00+00:00", *GUIDE[2:]),
        (*GUIDE[:2], "webinaire-3", 17),
        (*GUIDE[:3], 18),
        (*GUIDE[:3], None),
    ],
    ids=["another database", "another mail", "another event", "another participant", "nobody"],
)
def test_a_token_is_nobody_elses(other: tuple[str, str, str, int | None]) -> None:
    assert not tokens.is_genuine(tokens.token(*GUIDE), *other)


@given(st.integers(0, tokens.LENGTH - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_one_other_character_makes_it_worthless(at: int, char: str) -> None:
    token = tokens.token(*GUIDE)
    forged = token[:at] + char + token[at + 1 :]
    assert tokens.is_genuine(forged, *GUIDE) == (forged == token)
    assert not tokens.is_genuine(token[:at], *GUIDE)


@given(st.text(max_size=60))
def test_any_text_may_be_given_as_a_token(text: str) -> None:
    assert not tokens.is_genuine(text, *GUIDE)
    assert tokens.of_message_id(text) in ("", text.strip("<>").partition("@")[0])


def test_message_ids_that_were_sent_before_tokens_were_bound_are_still_understood() -> None:
    earlier = tokens.earlier_token(GUIDE[0], GUIDE[1])
    assert tokens.of_message_id(f"<{earlier}@workers-network.example>") == earlier
    assert tokens.is_genuine(earlier, *GUIDE)
    assert not tokens.is_genuine(earlier, "5f" * 32, *GUIDE[1:])


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=tokens.LENGTH, max_size=tokens.LENGTH))
def test_a_plus_address_gives_its_token_back_also_in_capitals(word: str) -> None:
    address = tokens.plus_address(OWN, tokens.REPLY, word)
    for written in (address, address.upper(), f" <{address}> "):
        assert tokens.in_addresses([written], OWN, tokens.REPLY) == [word]
        assert tokens.in_addresses([written], OWN, tokens.ENVELOPE) == []
    elsewhere = address.replace("workers-network", "other-network")
    assert tokens.in_addresses([elsewhere, "x" + address, OWN], OWN, tokens.REPLY) == []


@given(st.lists(st.text(max_size=80), max_size=5))
def test_no_address_stops_the_search_for_tokens(addresses: list[str]) -> None:
    assert tokens.in_addresses(addresses, OWN, tokens.REPLY) == []


def test_the_longest_plus_address_is_one_that_servers_take() -> None:
    longest = tokens.plus_address("r" * 30 + "@x.example", tokens.REPLY, "x" * tokens.LENGTH)
    assert len(longest.partition("@")[0]) == 64  # RFC 5321 section 4.5.3.1.1
