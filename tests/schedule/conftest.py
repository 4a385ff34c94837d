"""Events to reckon with, made without a file."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from mailbot.config import EventConfig

Make = Callable[..., EventConfig]


@pytest.fixture(scope="session")
def event() -> Make:
    """Make an event of three hours from its start's wall clock and zone; `mailouts` are (name, before, to, late)."""

    def make(
        start: str, zone: str = "Europe/Zurich", *mailouts: tuple[str, str, str, str], hours: int = 3
    ) -> EventConfig:
        starts = datetime.fromisoformat(start)
        given = {"mailout": [dict(zip(("name", "before", "to", "late"), m, strict=True)) for m in mailouts]}
        ends = starts + timedelta(hours=3)
        common = {"slug": "webinar", "title": "Webinar", "start": starts, "end": ends, "timezone": zone}
        return EventConfig.model_validate(common | (given if mailouts else {}))

    return make
