"""Access tokens for servers that want OAuth 2.0 in place of a password.

Two grants, since nobody sits at the keyboard: client credentials (Microsoft 365, as an application) and an exchange of
a refresh token (Google, or Microsoft as a person). A token is kept in memory until shortly before it ends and never
written or logged.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import timedelta
from pathlib import Path
from typing import Any

from mailbot.errors import GiveUp, TryLater
from mailbot.wire import OAuth2Settings, lost, tls_context

EARLY = 120.0
"""Seconds before its end at which a token is renewed: a session must be able to start with it."""

LIFE = 300.0
"""Seconds that a token is used where the server does not say (RFC 6749 section 5.1 only recommends to)."""

MAX_ANSWER = 65_536
"""Octets read of an answer: tokens are a few thousand."""

TOKEN_URLS = {
    "microsoft365": "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    "google": "https://oauth2.googleapis.com/token",
}
SCOPES = {
    "microsoft365": "https://outlook.office365.com/.default",
    "google": "https://mail.google.com/",
}
BUSY = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
"""Errors that pass (RFC 6749 section 4.1.2.1, RFC 8628 section 3.5)."""


class Tokens:
    """The access tokens of one account: fetched when needed, renewed before they end. Threads may share it."""

    def __init__(self, settings: OAuth2Settings, *, ca: Path | None = None, timeout: float = 30.0) -> None:
        self._settings, self._ca, self._timeout = settings, ca, timeout
        self._refresh: str | None = None
        self._token, self._ends = "", 0.0
        self._lock = threading.Lock()

    def token(self) -> str:
        """Return a token that is valid now; raises TryLater (no answer) or GiveUp (refused)."""
        with self._lock:
            return self._valid()

    def _valid(self) -> str:
        if not self._token or time.monotonic() >= self._ends:
            answer = self._ask()
            token = answer.get("access_token")
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise TryLater(f"{self._url()} answered without an access token")
            life = answer.get("expires_in")
            seconds = float(life) if isinstance(life, int | str) and str(life).isdigit() else LIFE
            # Half of a very short life, so that a token is never both fresh and due for renewal.
            self._token, self._ends = token, time.monotonic() + max(seconds - EARLY, seconds / 2)
            if isinstance(renewed := answer.get("refresh_token"), str) and renewed:
                self._refresh = renewed  # RFC 6749 section 6: a new one replaces the old, which may be void by now
        return self._token

    def forget(self) -> None:
        """Drop the token: a server refused it before its time."""
        self._token = ""

    def _url(self) -> str:
        url = self._settings.token_url or TOKEN_URLS.get(self._settings.provider, "")
        if not url:
            raise GiveUp("oauth2 needs a token_url for this provider")
        return url.replace("{tenant}", urllib.parse.quote(self._settings.tenant or "common", safe=""))

    def _form(self) -> dict[str, str]:
        settings = self._settings
        form = {"client_id": settings.client_id}
        if settings.client_secret is not None:
            form["client_secret"] = settings.client_secret.reveal()
        refresh = self._refresh or (settings.refresh_token.reveal() if settings.refresh_token is not None else "")
        scope = settings.scope or SCOPES.get(settings.provider, "")
        if refresh:
            form |= {"grant_type": "refresh_token", "refresh_token": refresh}
            # Google and others refuse a scope that was not granted; without one the granted ones stay (section 6).
            return form | ({"scope": settings.scope} if settings.scope else {})
        return form | {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})

    def _ask(self) -> dict[str, Any]:
        url, data = self._url(), urllib.parse.urlencode(self._form()).encode()
        request = urllib.request.Request(url, data, {"Accept": "application/json"})  # noqa: S310 -- see _opener
        try:
            with _opener(url, self._ca).open(request, timeout=self._timeout) as reply:
                answer = _json(reply.read(MAX_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                raise _refused(
                    url, error.code, _json(error.read(MAX_ANSWER)), error.headers.get("Retry-After")
                ) from None
        except urllib.error.URLError as error:
            reason = error.reason if isinstance(error.reason, BaseException) else error
            raise lost(_host(url), reason) from None
        except (OSError, ValueError) as error:
            raise lost(_host(url), error) from None
        return answer


def _opener(url: str, ca: Path | None) -> urllib.request.OpenerDirector:
    """Return an opener that speaks HTTPS, plain HTTP to this machine only, and follows no redirection."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        raise GiveUp(f"oauth2.token_url must begin with https://, not {parts.scheme}://")
    # A proxy for the world is none for this machine.
    proxies = urllib.request.ProxyHandler(None if parts.scheme == "https" else {})
    https = urllib.request.HTTPSHandler(context=tls_context(ca))
    opener = urllib.request.OpenerDirector()
    for handler in (
        proxies, urllib.request.HTTPHandler(), https,
        urllib.request.HTTPDefaultErrorHandler(), urllib.request.HTTPErrorProcessor(),
    ):  # fmt: skip
        opener.add_handler(handler)
    return opener


def _json(data: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc


def _refused(url: str, status: int, answer: dict[str, Any], after: str | None) -> TryLater | GiveUp:
    """Return what to do after the token endpoint said no (RFC 6749 section 5.2)."""
    word = str(answer.get("error", ""))[:100]
    told = str(answer.get("error_description", "")).partition("\n")[0].strip()[:300]
    reason = f"{_host(url)} gives no access token: {': '.join(part for part in (word, told) if part) or status}"
    if status == 429 or status >= 500 or word in BUSY or not word:
        wait = timedelta(seconds=int(after)) if after and after.isdigit() and len(after) < 6 else None
        return TryLater(reason, code=status, after=wait)
    return GiveUp(reason, code=status)
