"""Who is meant: the same person is known again, two people stay two, and who can't be told is asked about."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.registry.identity import alike, folded


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("NDIAYE Awa", "Awa Ndiaye"), ("José Núñez", "Jose Nunez"), ("Awa", "Awa Ndiaye"), ("Łukasz Żak", "Lukasz Zak"),
        ("Jean-Pierre Dupoint", "Jean Pierre Dupont"), ("Mohamed Sall", "Mohammed Sall"),
        ("O’Brien Anne", "Anne O'Brien"),
        ("Mrs. Awa Ndiaye", "Awa Ndiaye"), ("ＡＷＡ Ndiaye", "Awa Ndiaye"),
    ],
)  # fmt: skip
def test_one_person_s_names_are_alike(a: str, b: str) -> None:
    assert alike(a, b)
    assert alike(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Jean Diop", "Jeanne Diop"), ("Ali Ba", "Aly Ba"), ("Awa Ndiaye", "Fatou Ndiaye"),
        ("Mamadou Ba", "Mamadou Sy"),
        ("", "Awa"), ("Awa", ""), ("...", "Awa"), ("Ana", "Anna"), ("Luis Paz", "Luisa Paz"),
        ("Mario Diop", "Maria Diop"),
    ],
)  # fmt: skip
def test_two_people_s_names_are_not(a: str, b: str) -> None:
    assert not alike(a, b)
    assert not alike(b, a)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_has_no_direction_and_any_text_may_be_a_name(a: str, b: str) -> None:
    assert alike(a, b) == alike(b, a)
    assert folded(folded(a)) == folded(a)
