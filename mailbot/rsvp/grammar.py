"""The small words of lexicon/grammar.toml: what connects, what ends a phrase, what may stand between name and title.

Data only; loaded on first use.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "lexicon" / "grammar.toml"


@cache
def _tables() -> dict[str, list[str]]:
    with _FILE.open("rb") as file:
        return tomllib.load(file)


@cache
def words_that(name: str) -> frozenset[str]:
    """Return one of the lists, folded words: "connectors", "ends", "linking" …"""
    return frozenset(_tables()[name])


def connectors() -> frozenset[str]:
    """Return the words that stand inside phrases and never end one."""
    return words_that("connectors")


def ends() -> frozenset[str]:
    """Return the words that can't stand inside a title or an organisation."""
    return words_that("ends")
