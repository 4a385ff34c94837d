"""A server for access tokens: gives them out (RFC 6749) and vouches for them (RFC 7662)."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, ClassVar
from urllib.parse import parse_qs


class TokenServer:
    """`requests` are the forms that came in for a token; `answers` are given first, as (status, JSON, headers)."""

    def __init__(self) -> None:
        self.valid: dict[str, str] = {}
        self.requests: list[dict[str, str]] = []
        self.answers: list[tuple[int, Any, dict[str, str]]] = []
        self.user, self.life = "", 3600
        self._numbers = count(1)
        handler = type("Bound", (_Handler,), {"server_of": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.port = self._http.server_port

    @property
    def url(self) -> str:
        """Where tokens are given out."""
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def introspection(self) -> str:
        """Where a mail server asks what a token is worth."""
        return f"http://mailbot:secret@127.0.0.1:{self.port}/introspect"

    def issue(self, user: str) -> str:
        """Return a new token that is good for a user."""
        token = f"token-{next(self._numbers)}"
        self.valid[token] = user
        return token

    def revoke(self) -> None:
        """Make every token void."""
        self.valid.clear()

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, Any, dict[str, str]]:
        """Return the answer to a request: status, JSON, headers."""
        if path == "/introspect":
            user = self.valid.get(form.get("token", ""))
            return 200, {"active": True, "username": user} if user else {"active": False}, {}
        self.requests.append(form)
        if self.answers:
            return self.answers.pop(0)
        return 200, {"access_token": self.issue(self.user), "token_type": "Bearer", "expires_in": self.life}, {}

    def close(self) -> None:
        """End it."""
        self._http.shutdown()
        self._thread.join(5)
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    server_of: ClassVar[TokenServer]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        status, answer, headers = self.server_of.answer(self.path, form)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Say nothing."""
