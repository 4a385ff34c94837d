"""`mailbot outbox`: each row explained, and a person's word on it, also while a worker is at work."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailbot import mailouts, outbox
from mailbot.cli import mails
from mailbot.database import sole_worker, who_works
from mailbot.decisions import UNDER_WAY, Decider, Refused
from mailbot.errors import InDoubt
from mailbot.models import OUTBOX_STATES, Change, Outbox
from tests.core.conftest import GUIDE, START, Core, Sink, core
from tests.crashes.conftest import service
from tests.crashes.service import PATIENCE, Service
from tests.servers.local import wait_for
from tests.test_cli import Desk, Mailbot, desk, mailbot, working

__all__ = ["core", "desk", "mailbot", "service", "working"]
GOLDEN = Path(__file__).parent / "outbox.golden.txt"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def due(core: Core) -> Core:
    """A guide that is due for one person."""
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE)
    return core


def change(core: Core, **values: Any) -> None:
    with core.database.write() as session:
        row = session.get_one(Outbox, 1)
        for name, value in values.items():
            setattr(row, name, value)


def again(core: Core, now: datetime = GUIDE, *, working: bool = False) -> str:
    with core.database.write() as session:
        try:
            Decider("command", now, working).again(session, session.get_one(Outbox, 1))
        except Refused as e:
            return str(e)
    return ""


def never(core: Core, now: datetime = GUIDE, *, working: bool = False) -> str:
    with core.database.write() as session:
        try:
            Decider("command", now, working).never(session, session.get_one(Outbox, 1), "they were told by phone")
        except Refused as e:
            return str(e)
    return ""


def rows_to_explain() -> Iterator[tuple[str, dict[str, Any]]]:
    later = {"next_attempt_at": GUIDE + 15 * MINUTE, "attempts": 2}
    yield "its moment is to come", {"state": "waiting"}
    yield "it is due", {"state": "waiting", "next_attempt_at": GUIDE - MINUTE}
    yield "the server is away", {"state": "waiting", "reason": "no connection: no route to host"}
    yield "it was not taken", {"state": "waiting", "reason": "451 4.2.0 not now"} | later
    yield "the template is broken", {"state": "waiting", "reason": f"{outbox.NOT_COMPOSED}: 'x' is undefined"} | later
    yield "a person wants it", {"state": "waiting", "reason": "by hand", "next_attempt_at": GUIDE}
    yield "it is under way", {"state": "claimed"}
    yield "nobody knows", {"state": "in_doubt", "in_doubt_at": GUIDE}
    yield "it left", {"state": "sent", "done_at": GUIDE}
    yield "it was refused", {"state": "failed", "done_at": GUIDE, "reason": "550 5.1.1 no such user"}
    yield "it is too late", {"state": "expired", "reason": "its time passed before it could be sent"}
    yield "they cancelled", {"state": "withdrawn", "done_at": GUIDE, "reason": "cancelled"}
    yield "a person decided", {"state": "withdrawn", "done_at": GUIDE, "reason": f"{outbox.BY_HAND}told by phone"}


def test_every_row_is_explained_in_a_sentence_with_the_events_zone(core: Core, request: pytest.FixtureRequest) -> None:
    ways = {"sent folder": ("sent", "repeat"), "copy": ("copy", "repeat"), "none": ("none", "repeat"),
            "none, ask": ("none", "ask")}  # fmt: skip
    core.someone(1)
    person = core.people()[0]
    plain = {"id": 7, "mail": "guide", "event": "webinaire-2", "recipient": "person1@union.example", "reason": "",
             "attempts": 0, "next_attempt_at": GUIDE + MINUTE, "expires_at": START}  # fmt: skip
    told = []
    for name, values in rows_to_explain():
        row = Outbox(**plain | values)  # type: ignore[arg-type]
        for way, (evidence, in_doubt) in ways.items() if row.state == "in_doubt" else [("", ("sent", "repeat"))]:
            smtp = {"maildir": None, "evidence": evidence, "in_doubt": in_doubt}
            config = core.config.model_copy(update={"smtp": core.config.smtp.model_copy(update=smtp)})
            for at_work in (True, False) if row.state in ("waiting", "claimed") else (True,):
                sentence = mails.Explainer(config, GUIDE, at_work).sentence(row, person)
                about = ", ".join(filter(None, (name, way, "" if at_work else "no worker")))
                told.append(f"# {about}\n{sentence}\n")
    text = "\n".join(told)
    assert {values["state"] for _, values in rows_to_explain()} == set(OUTBOX_STATES)
    if request.config.getoption("--update-golden"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8")


def test_what_failed_is_sent_again_composed_anew_and_the_decision_is_in_the_history(due: Core) -> None:
    change(due, state="failed", reason="550 5.1.1 no such user", attempts=3, body=b"old", done_at=GUIDE)
    assert again(due) == ""
    assert due.deliverer().deliver(GUIDE) == 1
    (row,) = due.outbox()
    assert (row.state, row.attempts) == ("sent", 1)
    assert due.sinks[0].delivered[0][1] != b"old"
    (noted,) = due.rows(Change, Change.field == "mail")
    assert (noted.who, noted.old, noted.new) == ("command", "guide: failed", "guide: waiting")


def test_what_may_have_arrived_keeps_its_bytes(due: Core) -> None:
    deliverer = due.deliverer(Sink({"finish": [InDoubt("cut")]}))
    deliverer.deliver(GUIDE)
    (row,) = due.outbox()
    change(due, created_at=GUIDE)  # and somebody changes their name meanwhile
    with due.database.write() as session:
        from mailbot.models import Participant

        session.get_one(Participant, 1).name = "Another Name"
    assert again(due, GUIDE + MINUTE) == ""
    assert deliverer.deliver(GUIDE + MINUTE) == 1
    assert due.sinks[0].delivered == [((row.recipient,), row.body)]


def test_a_mail_in_doubt_is_left_alone_while_a_worker_may_wait_for_its_answer(due: Core) -> None:
    change(due, state="in_doubt", in_doubt_at=GUIDE, attempts=1)
    for decide in (again, never):
        assert "its answer may still come: decide in 9 minutes" in decide(due, GUIDE + MINUTE, working=True)
        assert due.outbox()[0].state == "in_doubt"
    assert again(due, GUIDE + UNDER_WAY, working=True) == ""
    change(due, state="in_doubt")
    assert never(due, GUIDE + MINUTE, working=False) == ""


def test_a_mail_that_a_worker_has_in_its_hands_is_nobodys_to_decide_on(due: Core) -> None:
    change(due, state="claimed", attempts=1)
    for decide in (again, never):
        assert "a worker is sending it right now" in decide(due, working=True)
        assert "gives it back by itself" in decide(due, working=False)
    assert due.outbox()[0].state == "claimed"


@pytest.mark.parametrize(
    ("state", "told"), [("sent", "would double it"), ("expired", "time has passed"), ("withdrawn", "no longer owed")]
)
def test_what_is_done_stays_done(due: Core, state: str, told: str) -> None:
    change(due, state=state, reason="cancelled")
    assert told in again(due)
    assert told in never(due)
    assert due.outbox()[0].state == state


def test_nothing_is_sent_before_its_moment_or_after_its_time_or_to_the_unreachable(core: Core) -> None:
    core.someone(1)
    mailouts.plan(core.database, core.config, GUIDE - 5 * MINUTE)
    assert "waits for its moment" in again(core, GUIDE - 5 * MINUTE)
    assert "due already" in again(core, GUIDE)
    change(core, state="failed", reason="550")
    assert "time has passed" in again(core, START + timedelta(days=1))
    with core.database.write() as session:
        from mailbot.models import Participant

        session.get_one(Participant, 1).reachable = "unreachable"
    assert "marked unreachable" in again(core)


def test_what_a_person_withdrew_is_not_owed_again_until_they_say_so(due: Core) -> None:
    assert never(due) == ""
    for _ in range(2):
        assert mailouts.plan(due.database, due.config, GUIDE + MINUTE) == 0
        assert due.deliverer().deliver(GUIDE + MINUTE) == 0
    (row,) = due.outbox()
    assert (row.state, row.reason) == ("withdrawn", "by hand: they were told by phone")
    assert again(due, GUIDE + MINUTE) == ""
    assert due.deliverer().deliver(GUIDE + MINUTE) == 1


def test_what_a_person_withdraws_while_its_dot_is_under_way_is_known_to_be_sent(due: Core) -> None:
    """No command lets them, but a hand in the database might: what was taken is not sent once more."""
    sink = Sink(before_dot=lambda: change(due, state="waiting", next_attempt_at=GUIDE))
    deliverer = due.deliverer(sink)
    while deliverer.deliver(GUIDE):
        pass
    assert (due.outbox()[0].state, len(sink.delivered)) == ("sent", 1)


# ---------------------------------------------------------------- as a command


@contextmanager
def sql(desk: Desk) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(desk.folder / "registry.db")) as connection, connection:
        yield connection


def test_states_can_be_chosen_and_json_has_the_explanation(mailbot: Mailbot, working: Desk) -> None:
    with sql(working) as connection:
        connection.execute("UPDATE outbox SET state = 'failed', reason = 'no such user' WHERE id IN (1, 2)")
    rows = json.loads(mailbot("outbox", "-c", working.config, "--json", "--state", "failed").out)
    assert [row["id"] for row in rows] == [1, 2]
    assert "no such user" in rows[0]["explanation"]
    assert "body" not in rows[0]
    assert len(mailbot("outbox", "-c", working.config, "--state", "sent,failed").out.splitlines()) == 6
    assert mailbot("outbox", "-c", working.config, "--state", "in-doubt").out == "There is none.\n"
    done = mailbot("outbox", "-c", working.config, "--state", "lost")
    assert (done.code, "there is no state 'lost'" in done.err) == (2, True)


def test_retry_and_withdraw_by_number_and_by_key(mailbot: Mailbot, working: Desk) -> None:
    with sql(working) as connection:
        connection.execute("UPDATE outbox SET state = 'failed', reason = 'no such user' WHERE id IN (1, 2, 3)")
        (key,) = connection.execute("SELECT key FROM outbox WHERE id = 3").fetchone()
    done = mailbot("outbox", "retry", "1", "-c", working.config)
    assert (done.code, "1 mail goes out once" in done.out) == (0, True)
    assert "mail_decided who=command" in done.err
    done = mailbot("outbox", "-c", working.config, "withdraw", key, "--why", "told by phone")
    assert (done.code, done.out) == (0, "It is not sent any more.\n")
    done = mailbot("outbox", "retry", "--failed", "-c", working.config)
    assert (done.code, "1 mail goes out" in done.out) == (0, True)
    assert mailbot("once", "-c", working.config).code == 0
    with sql(working) as connection:
        states = connection.execute("SELECT state FROM outbox ORDER BY id").fetchall()
    assert [s for (s,) in states] == ["sent", "sent", "withdrawn", "sent", "sent", "sent"]
    assert len(working.sent()) == 8
    assert mailbot("outbox", "retry", "--failed", "-c", working.config).out == "No mail failed.\n"
    assert mailbot("report", "page.html", "--lang", "en", "-c", working.config).code == 0
    assert "withdrawn (told by phone)" in Path("page.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("retry",), 2, "name one mail"), (("retry", "1", "--failed"), 2, "name one mail"),
        (("retry", "99"), 1, "there is no mail '99'"), (("retry", "guide 1"), 1, "there is no mail 'guide 1'"),
        (("retry", "1"), 1, "would double it"), (("withdraw", "1"), 2, "--why"),
        (("withdraw", "1", "--why", " "), 2, "say why"), (("withdraw", "1", "--why", "x"), 1, "would double it"),
    ],
)  # fmt: skip
def test_what_can_not_be_decided_is_a_sentence(
    mailbot: Mailbot, working: Desk, words: tuple[str, ...], code: int, told: str
) -> None:
    done = mailbot("outbox", *words, "-c", working.config)
    assert (done.code, told in " ".join(done.err.split())) == (code, True), done.err


def test_a_mail_in_doubt_is_sent_again_only_by_who_knows_what_that_means(
    mailbot: Mailbot, working: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_doubt() -> None:
        with sql(working) as connection:
            connection.execute(
                "UPDATE outbox SET state = 'in_doubt', in_doubt_at = '2020-01-01 00:00:00.000000' WHERE id = 1"
            )

    in_doubt()
    done = mailbot("outbox", "retry", "1", "-c", working.config)
    assert (done.code, "may have it already: say --yes" in done.err) == (1, True)
    assert mailbot("outbox", "retry", "1", "--yes", "-c", working.config).code == 0
    in_doubt()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert "nothing was changed" in mailbot("outbox", "retry", "1", "-c", working.config).err
    monkeypatch.setattr("typer.confirm", lambda _: True)
    assert mailbot("outbox", "retry", "1", "-c", working.config).code == 0


def test_whether_a_worker_is_at_work_is_known_without_disturbing_one(core: Core) -> None:
    assert who_works(core.database) == ""
    with sole_worker(core.database):
        assert who_works(core.database).isdigit()
    assert who_works(core.database) == ""
    with sole_worker(core.database):
        pass


def decide(service: Service, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mailbot", "outbox", *words, "-c", str(service.folder / "config.toml")]
    return subprocess.run(  # noqa: S603 -- our own
        command, capture_output=True, text=True, env=service.environment, cwd=service.folder, check=False, timeout=60
    )


def test_beside_a_real_worker_a_mail_in_doubt_waits_for_a_person_and_goes_once_more_when_they_say_so(
    service: Service,
) -> None:
    service.evidence = "none"
    service.configure('in_doubt = "ask"')
    service.smtp.fault("DOT", store=True, then="reset")
    service.reply("Awa Ndiaye")
    service.start()
    doubtful = "SELECT id FROM outbox WHERE state = 'in_doubt'"
    wait_for(lambda: service.query(doubtful), "a mail in doubt", PATIENCE)
    ((row_id,),) = service.query(doubtful)
    assert "You decide" in decide(service).stdout
    early = decide(service, "retry", str(row_id), "--yes")
    assert (early.returncode, "its answer may still come" in early.stderr) == (1, True)
    then = datetime.now(UTC) - UNDER_WAY
    with closing(sqlite3.connect(service.folder / "registry.db", timeout=20)) as connection, connection:
        connection.execute("UPDATE outbox SET in_doubt_at = ? WHERE id = ?", (f"{then:%Y-%m-%d %H:%M:%S.%f}", row_id))
    assert decide(service, "retry", str(row_id)).returncode == 1
    assert service.query(doubtful) == [(row_id,)]
    done = decide(service, "retry", str(row_id), "--yes")
    assert (done.returncode, "1 mail goes out at the worker's next turn" in done.stdout) == (0, True), done.stderr
    wait_for(service.quiet, "everything to be sent", PATIENCE)
    assert service.signal(signal.SIGTERM) == 0
    assert sorted(service.mails().values()) == [1, 2]  # one that a person wanted twice
    assert service.query("SELECT count(*) FROM change WHERE who = 'command'") == [(1,)]
