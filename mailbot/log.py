"""The log: one line an event, `name key=value …`, nothing personal beyond an address.

`say("mail_sent", mail="guide", to="a@b.example")` is the whole face. Values are quoted when they need it and can never
start a new line. This module never decides what is worth saying, and never writes message text.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

LOG = logging.getLogger("mailbot")
MAX_VALUE = 200  # characters of one value; a server's answer can be a page


def say(name: str, /, **values: object) -> None:
    """Log one event with its values; a value of None is left out."""
    _log(logging.INFO, name, values)


def warn(name: str, /, **values: object) -> None:
    """Log an event that somebody may have to look at."""
    _log(logging.WARNING, name, values)


def _log(level: int, name: str, values: dict[str, object]) -> None:
    if LOG.isEnabledFor(level):
        LOG.log(level, name, extra={"values": {k: v for k, v in values.items() if v is not None}})


class Logfmt(logging.Formatter):
    """Lines for people and for grep: `2018-10-01T08:00:00Z INFO mail_sent mail=guide to=a@b.example`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; a traceback, if any, becomes its last line only."""
        parts = [self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), record.levelname, _clean(record.getMessage())]
        parts += [f"{k}={_quoted(v)}" for k, v in getattr(record, "values", {}).items()]
        if record.exc_info and record.exc_info[1] is not None:
            parts.append(f"error={_quoted(f'{type(record.exc_info[1]).__name__}: {record.exc_info[1]}')}")
        return " ".join(parts)


class Jsonlines(logging.Formatter):
    """The same as one JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower()}
        line |= {"message": _clean(record.getMessage())} | getattr(record, "values", {})
        return json.dumps(line, ensure_ascii=False, default=str)


def to(stream: TextIO, *, level: int = logging.INFO, as_json: bool = False) -> None:
    """Send the log to a stream from now on; libraries' warnings go there too, their chatter does not."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Jsonlines() if as_json else Logfmt())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    LOG.setLevel(level)
    for noisy in ("apscheduler", "imapclient", "alembic", "mailparser"):  # at DEBUG imapclient logs whole mails
        logging.getLogger(noisy).setLevel(logging.ERROR)


def to_stderr(*, level: int = logging.INFO, as_json: bool = False) -> None:
    """Send the log to standard error."""
    to(sys.stderr, level=level, as_json=as_json)


def _clean(text: str) -> str:
    return " ".join(text.split())


def _quoted(value: object) -> str:
    text = _clean(str(value))
    text = text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
    if not text.isprintable():
        return json.dumps(text)  # what would steer a terminal is spelt out
    return json.dumps(text, ensure_ascii=False) if not text or any(c in text for c in ' "=') else text
