"""Access tokens: asked for once, renewed in time, and a refusal told from a bad moment."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest

from mailbot import oauth
from mailbot.config import OAuth2, Secret
from mailbot.errors import GiveUp, TryLater
from mailbot.oauth import Tokens
from tests.servers.tokens import TokenServer


def settings(server: TokenServer, **changes: Any) -> OAuth2:
    """Return settings for the token server, with changes."""
    plain = OAuth2(provider="microsoft365", tenant="t", client_id="mailbot", token_url=server.url)
    return plain.model_copy(update={"client_secret": Secret("plain", "s3cret"), **changes})


def test_an_application_asks_with_its_own_secret(token_server: TokenServer) -> None:
    assert Tokens(settings(token_server)).token() == "token-1"
    assert token_server.requests == [
        {
            "grant_type": "client_credentials",
            "client_id": "mailbot",
            "client_secret": "s3cret",
            "scope": "https://outlook.office365.com/.default",
        }
    ]


def test_a_person_is_stood_in_for_by_a_refresh_token(token_server: TokenServer) -> None:
    google = settings(token_server, provider="google", refresh_token=Secret("plain", "r1"))
    assert Tokens(google).token() == "token-1"
    assert token_server.requests == [
        {"grant_type": "refresh_token", "client_id": "mailbot", "client_secret": "s3cret", "refresh_token": "r1"}
    ]


def test_a_refresh_token_that_is_replaced_is_not_used_again(token_server: TokenServer) -> None:
    token_server.answers.append((200, {"access_token": "a", "expires_in": "3600", "refresh_token": "r2"}, {}))
    tokens = Tokens(settings(token_server, refresh_token=Secret("plain", "r1")))
    assert tokens.token() == "a"
    tokens.forget()
    tokens.token()
    assert [request["refresh_token"] for request in token_server.requests] == ["r1", "r2"]


def test_a_token_is_asked_for_once_and_renewed_before_it_ends(
    token_server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("mailbot.oauth.time.monotonic", lambda: now)
    tokens = Tokens(settings(token_server))
    assert {tokens.token() for _ in range(5)} == {"token-1"}
    now += 3600 - oauth.EARLY - 1
    assert tokens.token() == "token-1"
    now += 1
    assert tokens.token() == "token-2"


def test_a_short_lived_token_is_used_for_half_its_life(
    token_server: TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("mailbot.oauth.time.monotonic", lambda: now)
    token_server.life = 60
    tokens = Tokens(settings(token_server))
    assert tokens.token() == tokens.token() == "token-1"
    now += 30
    assert tokens.token() == "token-2"


@pytest.mark.parametrize("word", ["invalid_client", "invalid_grant", "unauthorized_client", "invalid_scope"])
def test_a_refusal_is_for_a_person_and_says_why(token_server: TokenServer, word: str) -> None:
    token_server.answers.append((400, {"error": word, "error_description": "AADSTS7000222: expired\r\nTrace: x"}, {}))
    with pytest.raises(GiveUp, match=f"{word}: AADSTS7000222: expired$"):
        Tokens(settings(token_server)).token()


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (503, {}), (500, b"<html>oops"), (429, {"error": "slow_down"}), (400, {"error": "temporarily_unavailable"}),
        (404, b""), (200, b"<html>a portal"), (200, {}), (200, {"access_token": 7}), (200, {"access_token": "a\nb"}),
        (200, b"[" * 100_000), (302, b""),
    ],
)  # fmt: skip
def test_a_bad_moment_is_tried_later(token_server: TokenServer, status: int, answer: Any) -> None:
    token_server.answers.append((status, answer, {}))
    tokens = Tokens(settings(token_server))
    with pytest.raises(TryLater):
        tokens.token()
    assert tokens.token() == "token-1"


def test_the_wait_that_the_server_asks_for_is_passed_on(token_server: TokenServer) -> None:
    token_server.answers.append((429, {"error": "slow_down"}, {"retry-after": "120"}))
    with pytest.raises(TryLater) as caught:
        Tokens(settings(token_server)).token()
    assert caught.value.after == timedelta(minutes=2)


def test_a_server_that_is_not_there_or_silent_is_tried_later(token_server: TokenServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        with pytest.raises(TryLater, match="in time"):
            Tokens(settings(token_server, token_url=url), timeout=0.1).token()
    with pytest.raises(TryLater):
        Tokens(settings(token_server, token_url=url), timeout=5).token()


@pytest.mark.parametrize("url", ["http://login.example/token", "file:///etc/passwd", "ftp://login.example/"])
def test_secrets_leave_this_machine_only_over_https(token_server: TokenServer, url: str) -> None:
    with pytest.raises(GiveUp, match="https"):
        Tokens(settings(token_server, token_url=url)).token()


def test_the_tenant_is_part_of_microsofts_address_and_nothing_else(token_server: TokenServer) -> None:
    tokens = Tokens(settings(token_server, token_url="", tenant="a/../b"))
    assert tokens._url() == "https://login.microsoftonline.com/a%2F..%2Fb/oauth2/v2.0/token"
    other = settings(token_server, token_url="", provider="other")
    with pytest.raises(GiveUp, match="token_url"):
        Tokens(other).token()
