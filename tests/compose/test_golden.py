"""What participants read, as files to read: every mail, language and case (`make mails` shows how they look).

After a change on purpose: `python -m tests.compose.screenshots --golden`, and read the difference.
"""

from __future__ import annotations

import pytest

from mailbot.compose import Composer
from tests.compose import screenshots
from tests.compose.conftest import LANGUAGES, MORE_LANGUAGES

MAILS = (
    "acknowledgement", "moved", "event_cancelled", "event_restored", "office_seat", "office_waiting",
    "office_roster", "invitation", "invitation_reminder", "guide", "reminder",
)  # fmt: skip

OFTEN = ("acknowledgement", "guide", "reminder")
"""The mails that there are in more languages."""

WRITTEN = [(mail, language) for mail in MAILS for language in MORE_LANGUAGES if language in LANGUAGES or mail in OFTEN]


@pytest.mark.parametrize(("mail", "language"), WRITTEN)
def test_the_words_of_every_mail_are_those_that_were_approved(composer: Composer, mail: str, language: str) -> None:
    golden = screenshots.GOLDEN / f"{mail}.{language}.txt"
    assert screenshots.golden_text(composer, mail, language) == golden.read_text("utf-8")


def test_every_golden_file_belongs_to_a_mail(composer: Composer) -> None:
    expected = {f"{mail}.{lang}.txt" for mail in composer.mails() for lang in screenshots.languages_of(composer, mail)}
    assert {path.name for path in screenshots.GOLDEN.glob("*.txt")} == expected
