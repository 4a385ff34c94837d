"""Killed with -9 at any moment and at every commit, mailbot loses nothing and doubles nothing.

The short version is part of the suite. `MAILBOT_KILLS=200` makes it long, `MAILBOT_SEED=…` repeats a run, and
`MAILBOT_EVIDENCE=none` counts what doubles where a provider leaves no evidence.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress

import pytest

from tests.crashes.service import PATIENCE, Service
from tests.servers.local import wait_for

KILLS = int(os.environ.get("MAILBOT_KILLS", "8"))
SEED = int(os.environ.get("MAILBOT_SEED", "0")) or random.SystemRandom().randrange(1, 1_000_000)
EVIDENCE = os.environ.get("MAILBOT_EVIDENCE", "copy")

FIRST = ("Awa", "Binta", "Cheikh", "Djibril", "Elena", "Fatou", "Grace", "Hamidou", "Issa", "Joana", "Khady", "Lucia")
LAST = ("Ndiaye", "Mendes", "Otieno", "Quispe", "Traore", "Barry", "Silva", "Kamara", "Lopez", "Zongo", "Adjei", "Paye")


def new_name(number: int) -> str:
    """Return a name that is like no other."""
    return f"{FIRST[number % 12]} {LAST[(number + number // 12) % 12]}" + ("" if number < 144 else f"-{number}")


@pytest.mark.timeout(60 + 20 * KILLS)
def test_whatever_the_moment_of_its_death_each_reply_has_one_row_and_each_mail_leaves_once(
    service: Service,
) -> None:
    print(f"MAILBOT_SEED={SEED} MAILBOT_KILLS={KILLS} MAILBOT_EVIDENCE={EVIDENCE}")  # noqa: T201 -- to repeat it
    chance = random.Random(SEED)  # noqa: S311 -- a test's dice
    service.evidence = EVIDENCE
    service.configure()
    at_steps = 0
    for kill in range(KILLS):
        for _ in range(chance.choice((0, 1, 1, 2))):
            service.reply(new_name(len(service.replies)), to=chance.choice(((0,), (1,), (0, 1))))
        if kill % 3 != 2:
            service.start(die_at=chance.randrange(1, 40))
            with suppress(subprocess.TimeoutExpired):  # where it has nothing to do up to that step
                service.process.wait(chance.uniform(3, 6))  # type: ignore[union-attr]
                at_steps += 1
        else:
            service.start()
            time.sleep(chance.uniform(0.3, 3.0))
        service.signal(signal.SIGKILL)
    service.reply(new_name(len(service.replies)), to=(0, 1))
    service.start()
    try:
        wait_for(service.quiet, "mailbot to have done everything", PATIENCE + KILLS)
    except AssertionError:
        print(service.log()[-6000:])  # noqa: T201 -- shown where the test fails
        raise
    time.sleep(1.0)  # whoever would send once more has the time to
    assert service.signal(signal.SIGTERM) == 0

    rows = Counter(row[0] for row in service.query("SELECT message_id FROM received WHERE rule != 'own_mail'"))
    firsts = Counter(
        row[0] for row in service.query("SELECT message_id FROM received WHERE disposition = 'registration'")
    )
    assert firsts == dict.fromkeys(service.replies, 1)
    assert {i: rows[i] for i in service.replies} == service.replies
    assert service.query("SELECT count(*) FROM participant") == [(len(service.replies),)]
    owed = {(mail, f"{i.strip('<>').partition('@')[0].replace('-', '.')}@union.example") for i in service.replies
            for mail in ("acknowledgement", "guide")}  # fmt: skip
    mails = service.mails()
    assert set(mails) == owed
    doubled = sum(n - 1 for n in mails.values())
    print(  # noqa: T201 -- the figures
          f"{service.runs - 1} kills ({at_steps} at a chosen step), {len(service.replies)} replies, "
          f"{len(owed)} mails owed, 0 lost, {doubled} doubled")  # fmt: skip
    assert EVIDENCE == "none" or doubled == 0, {key: n for key, n in mails.items() if n > 1}


def test_a_mail_that_was_taken_right_before_a_long_downtime_is_not_sent_again(service: Service) -> None:
    """The copy to ourselves is collected only after the restart: not seeing it before proves nothing."""
    service.reply("Awa Ndiaye")
    service.smtp.fault("DOT", store=True, stall=3, then="reset")
    service.start()
    wait_for(lambda: service.smtp.messages, "the first mail to be taken", PATIENCE)
    service.signal(signal.SIGKILL)
    assert service.query("SELECT state FROM outbox WHERE mail = 'acknowledgement'") == [("in_doubt",)]
    time.sleep(4.0)  # longer than it takes until absence would prove something

    service.start()
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    assert service.mails() == Counter({(m, "awa.ndiaye@union.example"): 1 for m in ("acknowledgement", "guide")})


@pytest.mark.parametrize("step", [1, 6])
def test_killed_at_its_very_first_steps_it_starts_again(service: Service, step: int) -> None:
    service.reply("Awa Ndiaye")
    service.start(die_at=step)
    assert service.ended() == -signal.SIGKILL
    assert service.once().returncode == 0
    assert service.query("SELECT disposition FROM received") == [("registration",)]
