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
from pathlib import Path
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
        answer = self._ask(raw, invitation)
        if answer is None:  # the child was told to end, with us or by mistake: no fault of the message
            answer = self._ask(raw, invitation)
        if isinstance(answer, tuple):
            return answer[0], answer[1]
        raise Held("unreadable", str(answer or "reading was stopped twice"))

    def _ask(self, raw: bytes, invitation: Invitation) -> object:
        """Return what the child says, None where somebody ended it."""
        pipe = self._started()
        try:
            pipe.send((raw, invitation))
            if not pipe.poll(self.seconds):
                self.close()
                raise Held("took_too_long", f"reading was stopped after {self.seconds:.0f} s")
            return pipe.recv()
        except (EOFError, OSError) as e:
            ended = self._child
            if ended is not None:
                ended.join(self.seconds)
            told_to = ended is not None and ended.exitcode == -signal.SIGTERM
            self.close()
            if told_to:
                return None
            raise Held("unreadable", "reading ended before its end") from e

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
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; our parent then ends us in order
    _bound_memory()
    with suppress(EOFError, OSError):
        while True:
            raw, invitation = pipe.recv()
            try:
                answer: object = Here()(raw, invitation)
            except Exception as e:  # noqa: BLE001 -- the parent holds the message and goes on
                answer = f"{type(e).__name__}: {e}"
            pipe.send(answer)


def _bound_memory() -> None:
    """Bound the address space, where the system tells how much is in use (Linux)."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + MEMORY
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
