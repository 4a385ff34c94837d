"""Reading in a child: it says what reading here says, and nothing that it meets holds up the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from mailbot import reader as reader_module
from mailbot.errors import Held
from mailbot.reader import Here, Reader
from mailbot.rsvp.answer import Invitation

MAIL = b"From: Awa Ndiaye <awa@cnts.sn.example>\r\nSubject: Re: webinar\r\n\r\nI take part online.\r\n"


@pytest.fixture
def child() -> Iterator[Reader]:
    """A reader of the test's own."""
    one = Reader()
    yield one
    one.close()


def pid(child: Reader) -> int:
    """Return the child's process id."""
    assert child._child is not None
    assert child._child.pid is not None
    return child._child.pid


def test_the_child_says_what_reading_here_says(child: Reader) -> None:
    assert child(MAIL, Invitation()) == Here()(MAIL, Invitation())


def test_a_message_that_takes_too_long_is_held_and_the_next_is_read(child: Reader) -> None:
    child(MAIL, Invitation())
    os.kill(pid(child), signal.SIGSTOP)
    child.seconds = 0.2
    with pytest.raises(Held) as held:
        child(MAIL, Invitation())
    assert held.value.word == "took_too_long"
    child.seconds = 20
    assert child(MAIL, Invitation())[0].subject == "Re: webinar"


def test_a_message_that_takes_the_child_down_is_held(child: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    child(MAIL, Invitation())
    stopped = pid(child)
    os.kill(stopped, signal.SIGSTOP)
    sent = child._pipe.send

    def send_and_die(what: object) -> None:
        sent(what)
        os.kill(stopped, signal.SIGKILL)

    monkeypatch.setattr(child._pipe, "send", send_and_die, raising=False)
    with pytest.raises(Held) as held:
        child(MAIL, Invitation())
    assert held.value.word == "unreadable"


def test_a_child_that_was_told_to_end_is_no_fault_of_the_message(child: Reader) -> None:
    child(MAIL, Invitation())
    os.kill(pid(child), signal.SIGTERM)
    assert child(MAIL, Invitation())[0].subject == "Re: webinar"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[tuple[int, int]] = []
    monkeypatch.setattr(reader_module.resource, "setrlimit", lambda _, limit: limits.append(limit))
    reader_module._bound_memory()
    assert limits[0][0] > reader_module.MEMORY


def test_a_process_that_ends_by_an_error_takes_its_reader_along() -> None:
    script = (
        "from mailbot.reader import Reader\nfrom mailbot.rsvp.answer import Invitation\n"
        f"if __name__ == '__main__':\n    child = Reader()\n    child({MAIL!r}, Invitation())\n"
        "    print(child._child.pid, flush=True)\n    raise SystemExit(7)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603
    assert done.returncode == 7
    ended = int(done.stdout)
    for _ in range(200):
        try:
            os.kill(ended, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("the reader outlived its parent")
