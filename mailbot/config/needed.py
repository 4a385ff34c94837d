"""The secrets that the work needs: whether each can be had, asked before anything starts.

A meeting's password is first used on the guide's day; that it can't be had must not be found out then. No value is ever
shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mailbot.config.model import Config, Server
from mailbot.config.secret import Secret
from mailbot.errors import ConfigRefused, Problem


def missing_secrets(config: Config, now: datetime) -> list[Problem]:
    """Return a problem, with key and source, for every secret that is needed and can't be had."""
    found = []
    for secret in _needed(config, now):
        try:
            secret.reveal()
        except ConfigRefused as refused:
            found += refused.problems
    return found


def _needed(config: Config, now: datetime) -> Iterator[Secret]:
    """Yield the secrets of every server, and of every event that is not over; folders need none."""
    for server in (*config.mailboxes, config.smtp):
        if server.maildir is None:
            yield from _of_server(server)
    for event in config.events:
        if event.webex.password is not None and event.ends > now:
            yield event.webex.password


def _of_server(server: Server) -> Iterator[Secret]:
    signs_in = server.oauth2
    for secret in (server.password, signs_in and signs_in.client_secret, signs_in and signs_in.refresh_token):
        if isinstance(secret, Secret):
            yield secret
