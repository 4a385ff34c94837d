"""A least configuration to vary: only what is needed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailbot.config import Config, parse

LEAST = """
[organisers]
addresses = ["registrar@workers.example"]

[[mailbox]]
host = "mail.workers.example"

[smtp]
host = "mail.workers.example"
from = "Network <rsvp@workers.example>"

[[event]]
slug = "webinar-2"
title = "Second webinar"
start = 2018-10-23T14:00:00
end = 2018-10-23T17:15:00
timezone = "Europe/Zurich"
"""


@pytest.fixture
def least() -> str:
    """Return a configuration that gives only what is needed."""
    return LEAST


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Config]:
    """Read the least configuration with lines added after others: `read({"[smtp]": 'user = ""'})`."""

    def with_lines(added: dict[str, str] | None = None, top: str = "", end: str = "") -> Config:
        text = LEAST
        for after, line in (added or {}).items():
            assert after in text
            text = text.replace(after, f"{after}\n{line}", 1)
        return parse(f"{top}\n{text}\n{end}", tmp_path / "config.toml")

    return with_lines
