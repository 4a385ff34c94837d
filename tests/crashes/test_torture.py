"""One round of everything at once, another one each time: `make torture` makes many."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.conftest import Dovecot
from tests.crashes.faults import plan
from tests.crashes.torture import round_on

SEED = int(os.environ.get("MAILBOT_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)


@pytest.mark.timeout(240)
def test_whatever_comes_and_goes_each_reply_has_one_row_and_each_mail_leaves_once(
    own_dovecot: Dovecot, tmp_path: Path
) -> None:
    print(f"MAILBOT_SEED={SEED}")  # noqa: T201 -- to repeat it
    with round_on(tmp_path, own_dovecot, SEED) as one:
        found = one.run(faults=6, seconds=6.0)
    print(found, found.log[-6000:])  # noqa: T201 -- shown where the test fails
    assert found.wrong == []
    assert (found.lost, found.replies) == (0, 6)


def test_the_same_seed_draws_the_same_round() -> None:
    def drawn(seed: int) -> list[object]:
        return list(plan(random.Random(seed), 12, 14.0))  # noqa: S311 -- a test's dice

    assert drawn(7) == drawn(7) != drawn(8)
