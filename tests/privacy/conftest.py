"""The small mailbot of the core's tests, for tests of what is kept and how it goes."""

from __future__ import annotations

from tests.core.conftest import core

__all__ = ["core"]
