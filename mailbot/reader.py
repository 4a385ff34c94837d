"""Reads messages where reading can be stopped: in a child process with bounds on time and memory.

The bounds inside `message` and `rsvp` should make this idle; it is there for the message that nobody thought of. The
child gets bytes and gives back values; it opens nothing, and ends with us, however we end. `Here` reads in this
process, for whoever wants no child.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.context
import resource
import signal
from contextlib import suppress
from typing import Any

from mailbot import message, reading
from mailbot.errors import Held
from mailbot.message import Message
from mailbot.rsvp.answer import Invitation, Reading

SECONDS = 20.0  # most messages take milliseconds; a loaded machine may make a large one take seconds
MEMORY = 1 << 30  # bytes of address space beyond what the child has at its start
Pipe = Any  # multiprocessing's Connection, which is generic on some versions of Python and not on others


class Here:
    """Reads in this process."""

    def __call__(self, raw: bytes, invitation: Invitation) -> tuple[Message, Reading]:
        """Return the message and what it says."""
        mail = message.read(raw)
        return mail, reading.read(mail, invitation)

    def close(self) -> None:
        """Let go; there is nothing to let go of."""


class Reader(Here):
    """Reads in a child process, which is started at the first message and again after it had to be stopped."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.seconds = seconds
        self._child: multiprocessing.context.SpawnProcess | None = None
        self._pipe: Pipe = None

    def __call__(self, raw: bytes, invitation: Invitation) -> tuple[Message, Reading]:
        """Read a message; raises Held when that takes too long or takes the child down."""
        pipe = self._started()
        try:
            pipe.send((raw, invitation))
            if not pipe.poll(self.seconds):
                raise Held("took_too_long", f"reading was stopped after {self.seconds:.0f} s")
            answer = pipe.recv()
        except (EOFError, OSError) as e:
            self.close()
            raise Held("unreadable", "reading ended before its end") from e
        except Held:
            self.close()
            raise
        if isinstance(answer, tuple):
            return answer[0], answer[1]
        raise Held("unreadable", str(answer))

    def _started(self) -> Pipe:
        if self._pipe is None or self._child is None or not self._child.is_alive():
            self.close()
            context = multiprocessing.get_context("spawn")  # a fork would share locks of threads that aren't there
            self._pipe, other = context.Pipe()
            self._child = context.Process(target=_serve, args=(other,), name="mailbot reader", daemon=True)
            self._child.start()
            other.close()
        return self._pipe

    def close(self) -> None:
        """Stop the child, whatever it does."""
        if self._pipe is not None:
            self._pipe.close()
        if self._child is not None:
            self._child.kill()
            self._child.join()
            self._child.close()
        self._pipe = self._child = None


def _serve(pipe: Pipe) -> None:
    """Read until the pipe ends, which it does when our parent goes, even by kill -9."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # who stops the group means our parent, who then closes the pipe
    _bound_memory()
    while True:
        with suppress(EOFError, OSError):
            raw, invitation = pipe.recv()
            try:
                answer: object = Here()(raw, invitation)
            except Exception as e:  # noqa: BLE001 -- the parent holds the message and goes on
                answer = f"{type(e).__name__}: {e}"
            pipe.send(answer)
            continue
        return


def _bound_memory() -> None:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 -- a path of the system, not of ours
        pages = int(statm.read().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
