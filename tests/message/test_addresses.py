"""Addresses are read as people write them, and compared as servers do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot import addresses
from mailbot.addresses import Address


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.example", [Address("", "a@b.example")]),
        ("Marie Dupont <marie@b.example>", [Address("Marie Dupont", "marie@b.example")]),
        (
            '"Dupont, Marie" <marie@b.example>, p@b.example',
            [Address("Dupont, Marie", "marie@b.example"), Address("", "p@b.example")],
        ),
        ("marie@b.example (Marie Dupont)", [Address("Marie Dupont", "marie@b.example")]),
        ("'Marie' <marie@b.example>", [Address("Marie", "marie@b.example")]),
        ("Les membres: a@b.example, c@d.example;", [Address("", "a@b.example"), Address("", "c@d.example")]),
        ("undisclosed-recipients:;", []),
        ("<mailto:a@b.example>", [Address("", "a@b.example")]),
        ("a@b.example;c@d.example", [Address("", "a@b.example"), Address("", "c@d.example")]),
        ('"say \\"hi\\"" <a@b.example>', [Address('say "hi"', "a@b.example")]),
        ("a@b.example <a@b.example>", [Address("a@b.example", "a@b.example")]),
        ("Marie", []),
        ("(c):", []),
        ("<>", []),
        ("x (a (nested) comment) <a@b.example>", [Address("x", "a@b.example")]),
        ('"unclosed <a@b.example>', [Address('"unclosed', "a@b.example")]),
    ],
)
def test_mailboxes_are_read_as_they_are_written(text: str, found: list[Address]) -> None:
    read = addresses.parse(text)
    assert [a.email for a in read] == [a.email for a in found]
    assert [a.name.strip('" <') for a in read] == [a.name.strip('" <') for a in found]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Marie@Union.Example", "marie@union.example"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("jose\u0301@b.example", "josé@b.example"),
        (" <a@b.example> ", "a@b.example"),
    ],
)
def test_two_writings_of_one_address_are_equal(one: str, other: str) -> None:
    assert addresses.key(one) == addresses.key(other)


def test_a_domain_goes_to_the_wire_in_ascii() -> None:
    assert addresses.ascii_form("a@bücher.example") == "a@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("text", "is_one"), [("a@b.example", True), ("a@b", False), ("a b@c.example", False), ("", False)]
)
def test_only_a_bare_address_is_one(text: str, is_one: bool) -> None:
    assert addresses.is_address(text) is is_one


@given(st.text(alphabet='ab@.<>"\\(),;: =?\n', max_size=60))
def test_no_text_makes_it_raise_and_every_address_found_stands_in_it(text: str) -> None:
    for found in addresses.parse(text):
        assert "@" in found.email
        assert addresses.key(found.email)
