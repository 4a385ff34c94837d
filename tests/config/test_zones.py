"""A time zone that there is not: the one that was meant is offered, never one that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.config import parse
from mailbot.config.checks import ZONES_OF, known_zones
from mailbot.errors import ConfigRefused


def refusal(least: str, zone: str, tmp_path: Path) -> str:
    with pytest.raises(ConfigRefused) as refused:
        parse(least.replace("Europe/Zurich", zone), tmp_path / "config.toml")
    return str(refused.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Europe/Geneva", "Europe/Zurich"), ("Genève", "Europe/Zurich"), ("Ginebra", "Europe/Zurich"),
        ("Europe/Bern", "Europe/Zurich"), ("Asia/Mumbai", "Asia/Kolkata"), ("New Delhi", "Asia/Kolkata"),
        ("Asia/Beijing", "Asia/Shanghai"), ("America/Washington", "America/New_York"),
        ("America/Brasília", "America/Sao_Paulo"), ("Bogotá", "America/Bogota"), ("Europe/Zurch", "Europe/Zurich"),
    ],
)  # fmt: skip
def test_the_zone_of_the_city_is_offered(least: str, tmp_path: Path, written: str, meant: str) -> None:
    assert f'did you mean "{meant}"?' in refusal(least, written, tmp_path)


@pytest.mark.parametrize("written", ["Europe/Gernsheim", "Africa/Nowhere", "GMT+2", "Ravenna"])
def test_where_no_zone_is_much_alike_none_is_offered(least: str, tmp_path: Path, written: str) -> None:
    told = refusal(least, written, tmp_path)
    assert "did you mean" not in told
    assert 'write its IANA name, such as "Europe/Zurich"' in told


def test_every_zone_that_serves_other_cities_is_there() -> None:
    assert set(ZONES_OF) <= known_zones()
