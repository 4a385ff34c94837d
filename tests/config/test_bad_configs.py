"""Every broken configuration is answered with everything that is wrong with it, in words for a person.

`tests/bad-configs/` holds the configurations, each with its expected answer beside it. After a change of words, write
the answers anew with `GOLDEN=write pytest tests/config/test_bad_configs.py`, and read what git shows.
"""

import os
from pathlib import Path

import pytest

from mailbot.config import load
from mailbot.errors import ConfigRefused

FOLDER = Path(__file__).parent.parent / "bad-configs"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_a_bad_configuration_is_answered_with_all_its_problems(path: Path) -> None:
    with pytest.raises(ConfigRefused) as refused:
        load(path)
    told = str(refused.value).replace(str(FOLDER), "<folder>") + "\n"
    expected = path.with_suffix(".txt")
    if os.environ.get("GOLDEN") == "write":
        expected.write_text(told, "utf-8")
    assert told == expected.read_text("utf-8")
    assert "hunter2" not in told


def test_every_expected_answer_belongs_to_a_configuration() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == {path.stem for path in FOLDER.glob("*.toml")}
