"""Signing in: over TLS or not, with a password or a token, and what each refusal means for what we do next."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mailbot.config import OAuth2, Secret
from mailbot.errors import GiveUp, TryLater
from mailbot.imap import ImapMailbox
from mailbot.imap.connection import is_passing
from tests.conftest import Inbox
from tests.servers.script import END, ScriptedServer
from tests.servers.tokens import TokenServer

GREETING = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello"
Script = Callable[..., ImapMailbox]


@pytest.fixture
def scripted(inbox_settings: Callable[..., object]) -> Iterator[Script]:
    """Make mailboxes on servers that say what a test wrote down."""
    servers: list[ScriptedServer] = []

    def make(
        greeting: str, script: dict[str, list[Any]], otherwise: str = "TAG OK done", **changes: object
    ) -> ImapMailbox:
        base: dict[str, list[Any]] = {"CAPABILITY": ["* CAPABILITY IMAP4rev1 AUTH=PLAIN", "TAG OK done"]}
        server = ScriptedServer(greeting, {**base, **script}, [otherwise])
        servers.append(server)
        return ImapMailbox(inbox_settings(server.port, **changes))  # type: ignore[arg-type]

    yield make
    for server in servers:
        server.close()


@pytest.mark.parametrize(("security", "port"), [("tls", "imaps"), ("starttls", "imap")])
def test_tls_is_spoken_and_the_certificate_is_checked(inbox: Inbox, security: str, port: str) -> None:
    settings = inbox.settings(security=security, port=getattr(inbox.server, port))
    with pytest.raises(GiveUp, match="can't be trusted"):
        ImapMailbox(settings).open()
    found = ImapMailbox(settings.model_copy(update={"ca": inbox.server.certificate.cert})).probe()
    assert str(found["tls"]).startswith("TLSv1.")


def test_a_certificate_for_another_name_is_refused(inbox: Inbox) -> None:
    server = inbox.server
    settings = inbox.settings(host="127.1", security="tls", port=server.imaps, ca=server.certificate.cert)
    with pytest.raises(GiveUp, match=r"can't be trusted.*127\.1"):
        ImapMailbox(settings).open()


def test_a_wrong_password_is_for_a_person(inbox: Inbox) -> None:
    with pytest.raises(GiveUp, match=r"refuses the sign-in.*AUTHENTICATIONFAILED"):
        ImapMailbox(inbox.settings(password=Secret("plain", "wrong"))).open()


def test_no_user_means_no_sign_in_and_says_so_where_one_is_needed(inbox: Inbox) -> None:
    with pytest.raises(GiveUp, match="no user is set"):
        ImapMailbox(inbox.settings(user="")).open()


def test_a_token_signs_in_and_an_expired_one_is_replaced(inbox: Inbox) -> None:
    tokens = inbox.server.tokens
    tokens.user = inbox.user
    oauth2 = OAuth2(provider="other", client_id="mailbot", token_url=tokens.url)
    mailbox = ImapMailbox(inbox.settings(oauth2=oauth2, password=None))
    asked = len(tokens.requests)
    mailbox.open()
    mailbox.close()
    mailbox.open()
    assert len(tokens.requests) == asked + 1
    mailbox.close()
    tokens.revoke()
    mailbox.open()
    assert len(tokens.requests) == asked + 2
    mailbox.close()


def test_a_token_for_somebody_else_is_for_a_person(inbox: Inbox) -> None:
    tokens: TokenServer = inbox.server.tokens
    tokens.user = "somebody-else"
    oauth2 = OAuth2(provider="other", client_id="mailbot", token_url=tokens.url)
    with pytest.raises(GiveUp, match="refuses the sign-in"):
        ImapMailbox(inbox.settings(oauth2=oauth2, password=None)).open()


@pytest.mark.parametrize(
    "answer",
    [
        "TAG NO [UNAVAILABLE] authentication service is down",
        "TAG NO [ALERT] Too many simultaneous connections. (Failure)",
        "TAG BAD User is authenticated but not connected.",
        "TAG NO Temporary authentication failure",
        "* BYE going down",
    ],
)
def test_a_refusal_that_may_pass_is_tried_later(scripted: Script, answer: str) -> None:
    with pytest.raises(TryLater):
        scripted(GREETING, {"AUTHENTICATE": ["+ ", answer, END]}).open()


def test_a_connection_that_breaks_during_the_sign_in_says_nothing_about_the_password(scripted: Script) -> None:
    with pytest.raises(TryLater):
        scripted(GREETING, {"AUTHENTICATE": ["+ ", END]}).open()


def test_login_is_quoted_where_a_server_knows_nothing_better(scripted: Script) -> None:
    capabilities = ["* CAPABILITY IMAP4rev1", "TAG OK done"]
    right = 'LOGIN "DOMAIN\\\\ANNE B" "A\\"B"'
    select = ["* 0 EXISTS", "* OK [UIDVALIDITY 7] fine", "TAG OK done"]
    mailbox = scripted(
        "* OK hello",
        {
            "CAPABILITY": capabilities,
            right: ["TAG OK in"],
            "LOGIN": ["TAG NO no"],
            "EXAMINE": select,
        },
        user="DOMAIN\\anne b",
        password=Secret("plain", 'a"b'),
    )
    assert mailbox.open() == 7
    mailbox.close()


def test_where_login_is_disabled_no_password_is_sent(scripted: Script) -> None:
    mailbox = scripted("* OK hello", {"CAPABILITY": ["* CAPABILITY IMAP4rev1 LOGINDISABLED", "TAG OK done"]})
    with pytest.raises(GiveUp, match="starttls"):
        mailbox.open()


def test_without_starttls_nothing_goes_in_clear(scripted: Script) -> None:
    with pytest.raises(GiveUp, match="STARTTLS"):
        scripted(GREETING, {}, security="starttls").open()


def test_a_server_that_knows_us_already_is_believed_only_without_starttls(scripted: Script) -> None:
    select = ["* 0 EXISTS", "* OK [UIDVALIDITY 7] fine", "TAG OK done"]
    mailbox = scripted("* PREAUTH hello", {"EXAMINE": select}, user="")
    assert mailbox.open() == 7
    mailbox.close()
    offers = {"CAPABILITY": ["* CAPABILITY IMAP4rev1 STARTTLS", "TAG OK done"], "EXAMINE": select}
    with pytest.raises((TryLater, GiveUp)):
        scripted("* PREAUTH hello", offers, security="starttls").open()


def test_the_password_goes_as_plain_with_any_letter(scripted: Script) -> None:
    right = base64.b64encode("\0anne\0pässwörd".encode()).decode()
    select = ["* 0 EXISTS", "* OK [UIDVALIDITY 7] fine", "TAG OK done"]
    script: dict[str, list[Any]] = {"AUTHENTICATE PLAIN": ["+ "], right.upper(): ["TAG OK in"], "EXAMINE": select}
    for password, otherwise in (("pässwörd", None), ("other", GiveUp)):
        mailbox = scripted(GREETING, script, user="anne", password=Secret("plain", password), otherwise="TAG NO no")
        if otherwise is None:
            assert mailbox.open() == 7
            mailbox.close()
        else:
            with pytest.raises(otherwise):
                mailbox.open()


@pytest.mark.parametrize("greeting", ["hello", "554 no SMTP here", "* BYE not now", "* NO", "\x00\x01"])
def test_whoever_is_no_imap_server_is_tried_later(scripted: Script, greeting: str) -> None:
    with pytest.raises(TryLater):
        scripted(greeting, {}).open()


def test_a_server_that_is_not_there_or_silent_is_tried_later(inbox_settings: Callable[..., object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = inbox_settings(silent.getsockname()[1], timeout=0.2)
        with pytest.raises(TryLater, match="in time"):
            ImapMailbox(settings).open()  # type: ignore[arg-type]
    with pytest.raises(TryLater, match="does not accept"):
        ImapMailbox(settings).open()  # type: ignore[arg-type]


def test_a_folder_without_uidvalidity_is_of_no_use(scripted: Script) -> None:
    with pytest.raises(GiveUp, match="UIDVALIDITY"):
        scripted("* PREAUTH hello", {"EXAMINE": ["* 3 EXISTS", "TAG OK done"]}, user="").open()


def test_a_folder_that_is_in_use_is_tried_later(scripted: Script) -> None:
    with pytest.raises(TryLater, match="INUSE"):
        scripted("* PREAUTH hello", {"EXAMINE": ["TAG NO [INUSE] locked"]}, user="").open()


def test_passing_refusals_are_known_by_code_and_by_words() -> None:
    assert is_passing("[THROTTLED] slower please")
    assert not is_passing("[AUTHENTICATIONFAILED] Authentication failed.")
    assert not is_passing("[NONEXISTENT] Unknown mailbox: LIMIT")
