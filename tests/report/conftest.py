"""What the report's tests share: the sample registry, read only, and its configuration."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from mailbot import report
from mailbot.config import Config, EventConfig
from mailbot.models import Base
from tests.conftest import must_have
from tests.report.sample import NOW, sample_config, sample_session

QUIET = [
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
"""What keeps Chromium from needing a display, and from talking to anybody."""


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A Chromium for all tests here."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    must_have(chromium, "Chromium", "chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="package")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The configuration of the sample."""
    return sample_config(tmp_path_factory.mktemp("config"))


@pytest.fixture(scope="package")
def event(settings: Config) -> EventConfig:
    """The sample's one event."""
    return settings.events[0]


@pytest.fixture(scope="package")
def sample() -> Iterator[Session]:
    """A session on the sample registry; tests leave it as it is."""
    with sample_session() as session:
        yield session


@pytest.fixture
def empty() -> Iterator[Session]:
    """A session on a registry without any rows."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture(scope="package")
def pages(sample: Session, settings: Config, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sample's report in every language, as files."""
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for language in settings.languages:
        found[language] = folder / f"report.{language}.html"
        found[language].write_text(report.page(sample, settings, NOW, language), "utf-8")
    return found
