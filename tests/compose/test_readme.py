"""The page for organisers names every variable that templates may use, and none that there isn't."""

from __future__ import annotations

import re

from mailbot.compose.context import TOP, known_fields
from mailbot.config import builtin_templates


def test_the_page_explains_every_variable() -> None:
    page = (builtin_templates() / "README.md").read_text("utf-8").partition("## What you can put in")[2]
    told = set(re.findall(r"`\.?([a-z_]+)", page)) | set(re.findall(r"\.([a-z_]+)`", page))
    views = ("event", "meeting", "person", "line", "guide", "moved_from", "seat")
    expected = set(TOP) | {field for view in views for field in known_fields(view)} - {"full"}
    assert expected <= told
