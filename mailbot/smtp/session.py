"""The SMTP wire: one session over which messages leave, driven step by step (RFC 5321, submission as in RFC 6409).

Tells apart what smtplib raises as one: before the final dot nothing was accepted, whatever broke; after it only 250
means accepted, only a refusal means not accepted, and everything else leaves the message in doubt. It never tries
again by itself, never waits for a rate, and never sends a message that it could not send unharmed.
"""

from __future__ import annotations

import base64
import re
import smtplib
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from mailbot.errors import GiveUp, InDoubt, MailbotError, Pause, TryLater
from mailbot.oauth import Tokens
from mailbot.smtp.connection import Connection, Reply, Unreadable, make_reply
from mailbot.smtp.refusal import NOT_SIGNED_IN, Stage, refused
from mailbot.wire import SmtpSettings, TokenSource, envelope_address, lost, tls_context, xoauth2

AFTER_DOT = 600.0
"""Seconds to wait for the answer to the dot: giving up sooner doubles mail (RFC 5321 section 4.5.3.2.6)."""

STOP_GRACE = 5.0
"""Seconds that the answer to the dot is still waited for once mailbot is to stop; then the message stays in doubt."""

MAX_ENVID = 100
"""Characters of an envelope identifier (RFC 3461 section 4.4)."""

QUIT_SECONDS = 2.0
"""How long a farewell may take."""

ASK_AFTER = 10.0
"""Seconds after which a connection that lay idle is asked (RSET) whether it lives before it gets a message."""

_LINE_END = re.compile(rb"\r\n|\r|\n")


class SmtpSession:
    """One connection, one thread, one message at a time: `open`, then for each message `offer` and `finish`.

    After TryLater or InDoubt that broke the connection the next `open` makes a new one. `stop` shortens the wait after
    the dot.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        tokens: TokenSource | None = None,
        *,
        after_dot: float = AFTER_DOT,
        stop: threading.Event | None = None,
    ) -> None:
        if tokens is None and settings.oauth2 is not None:
            tokens = Tokens(settings.oauth2, ca=settings.ca, timeout=settings.timeout)
        self._settings, self._tokens, self._after_dot, self._stop = settings, tokens, after_dot, stop
        self._server = f"{settings.host}:{settings.port}"
        self._wire: Connection | None = None
        self._begun = self._offered = False
        self._used = 0.0

    def open(self) -> None:
        """Connect and sign in, or make sure that the connection still lives; raises TryLater or GiveUp."""
        if self._wire is not None:
            with suppress(MailbotError):
                self._alive()
                return
        self._drop()
        try:
            with self._guarded():
                self._connect()
        except MailbotError:
            self._drop()
            raise

    def _connect(self) -> None:
        settings = self._settings
        context = tls_context(settings.ca) if settings.security == "tls" else None
        wire = self._wire = Connection(settings.host, settings.timeout, context)
        greeting = make_reply(*wire.connect(settings.host, settings.port))
        if greeting.code != 220:
            raise self._refused("turns us away", greeting)
        self._hello(wire)
        if settings.security == "starttls":
            if not wire.has_extn("starttls"):
                raise GiveUp(f"{self._server} does not offer STARTTLS; nothing is sent in clear")
            reply = wire.turn_to_tls(tls_context(settings.ca))
            if reply.code != 220:
                raise self._refused("refuses STARTTLS", reply)
            self._hello(wire)
        if settings.user:
            self._sign_in(wire)

    def _hello(self, wire: Connection) -> None:
        name = self._settings.helo or wire.own_address()
        code, text = wire.ehlo(name)
        if code != 250:
            code, text = wire.helo(name)  # RFC 5321 section 3.2: a server that knows no extension
        if code != 250:
            raise self._refused("refuses our greeting", make_reply(code, text))

    def _sign_in(self, wire: Connection) -> None:
        offered = wire.esmtp_features.get("auth", "").upper().split()
        user = self._settings.user
        if self._tokens is not None:
            reply = self._xoauth2(wire, self._tokens)
            if reply.code in NOT_SIGNED_IN:  # a token can end before its time: once more with a fresh one
                self._tokens.forget()
                reply = self._xoauth2(wire, self._tokens)
        else:
            password = self._settings.password.reveal() if self._settings.password is not None else ""
            if "PLAIN" in offered:
                reply = wire.command("AUTH", f"PLAIN {_base64(f'{chr(0)}{user}{chr(0)}{password}')}")
            elif "LOGIN" in offered:
                reply = wire.command("AUTH", "LOGIN")
                for answer in (user, password):
                    reply = wire.command(_base64(answer)) if reply.code == 334 else reply
            else:
                raise GiveUp(f"{self._server} offers no sign-in with a password: {' '.join(offered) or 'none at all'}")
        if reply.code != 235:
            raise self._refused(f"refuses the sign-in of {user}", reply)

    def _xoauth2(self, wire: Connection, tokens: TokenSource) -> Reply:
        reply = wire.command("AUTH", f"XOAUTH2 {_base64(xoauth2(self._settings.user, tokens.token()))}")
        # A challenge is the reason of a refusal as JSON, and wants an empty answer before the refusal comes.
        return wire.command("") if reply.code == 334 else reply

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Turn a failing connection into TryLater or GiveUp, and drop it. For everything before the dot."""
        try:
            yield
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise lost(self._server, error) from error

    def _live(self) -> Connection:
        if self._wire is None:
            raise TryLater(f"there is no connection to {self._server}")
        return self._wire

    def _refused(self, what: str, reply: Reply, stage: Stage = "session") -> TryLater | GiveUp:
        """Return what to do after a refusal that came before the dot, or instead of accepting."""
        return refused(f"{self._server} {what}: {reply}", reply, stage)

    def _alive(self) -> None:
        """Make sure of a connection from before: by what arrived meanwhile, after a pause by asking."""
        with self._guarded():
            fresh = time.monotonic() - self._used < ASK_AFTER and not self._begun
            if not fresh or self._live().spoke():
                self._reset()

    def _reset(self) -> None:
        with self._guarded():
            reply = self._live().command("RSET")
        self._begun = self._offered = False
        if reply.code != 250:
            self._drop()
            raise self._refused("does not begin anew", reply)

    def offer(self, sender: str, recipients: Sequence[str], data: bytes, envelope_id: str) -> None:
        """Hand over envelope and text, all but the final dot. Raises TryLater or GiveUp: then nothing was accepted.

        `data` is a whole message; bare CR and LF become CRLF. All recipients must be accepted, or none gets it.
        """
        wire = self._live()
        if self._begun:
            self._reset()
        to = [envelope_address(recipient) for recipient in recipients]
        from_ = envelope_address(sender) if sender else ""
        if not to:
            raise GiveUp("a mail without a recipient")
        text = _LINE_END.sub(b"\r\n", data)
        if not text.endswith(b"\r\n"):
            text += b"\r\n"
        parameters, dsn = self._parameters(wire, [from_, *to], text, envelope_id)
        self._begun = True
        with self._guarded():
            self._step("refuses the sender", "MAIL", f"FROM:<{from_}>{parameters}", 250)
            for address in to:
                self._step(f"refuses {address}", "RCPT", f"TO:<{address}>{dsn}", 250, 251)
            self._step("takes no message", "DATA", "", 354)
            self._text(wire, text)
        self._offered = True

    def _step(self, what: str, verb: Stage, rest: str, *fine: int) -> None:
        reply = self._live().command(verb, rest)
        if reply.code in fine:
            return
        if reply.code == 421 or verb == "DATA":  # after a refused DATA some servers expect text all the same
            self._drop()
        elif verb == "MAIL" and reply.code in NOT_SIGNED_IN:
            self._drop()
            raise Pause(f"{self._server} has forgotten our sign-in: {reply}", code=reply.code)
        elif not reply.is_refusal:
            raise Unreadable(f"it answered {verb} with {reply}")
        raise self._refused(what, reply, verb)

    def _parameters(self, wire: Connection, addresses: list[str], text: bytes, envelope_id: str) -> tuple[str, str]:
        """Return the parameters of MAIL and of RCPT; raises GiveUp where the server can't carry such a message."""
        mail = rcpt = ""
        wire.command_encoding = "ascii"
        header = text.partition(b"\r\n\r\n")[0]
        if wire.has_extn("size"):
            limit = wire.esmtp_features["size"].strip()
            if limit.isdigit() and 0 < int(limit) < len(text):
                raise GiveUp(f"the message has {len(text)} octets, {self._server} takes {limit}", code=552)
            mail += f" SIZE={len(text)}"
        if not header.isascii() or not all(address.isascii() for address in addresses):
            if not wire.has_extn("smtputf8"):
                odd = next((address for address in addresses if not address.isascii()), "a header")
                raise GiveUp(f"{self._server} can't send {odd}: it does not offer SMTPUTF8 (RFC 6531)", code=553)
            wire.command_encoding = "utf-8"
            mail += " SMTPUTF8"
        if not text.isascii():
            if not wire.has_extn("8bitmime"):
                raise GiveUp(f"{self._server} can't carry 8-bit text: it does not offer 8BITMIME (RFC 6152)", code=554)
            mail += " BODY=8BITMIME"
        if wire.has_extn("dsn"):
            rcpt = " NOTIFY=FAILURE"
            if envelope_id and len(envid := _xtext(envelope_id)) <= MAX_ENVID:
                mail += f" RET=HDRS ENVID={envid}"
        return mail, rcpt

    def _text(self, wire: Connection, text: bytes) -> None:
        stuffed = text.replace(b"\r\n.", b"\r\n..")  # RFC 5321 section 4.5.2
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        try:
            wire.connected.sendall(stuffed)
        except OSError:
            with suppress(OSError):
                raise self._broken_off(wire) from None
            raise
        if wire.spoke():
            raise self._broken_off(wire)

    def _broken_off(self, wire: Connection) -> MailbotError:
        """Return what to do after a server spoke or hung up amid the text (552 and the like). Nothing was accepted."""
        wire.connected.settimeout(QUIT_SECONDS)
        reply = wire.reply()
        if not reply.is_refusal:
            raise Unreadable(f"it said {reply} before the message was complete")
        self._drop()
        return self._refused("breaks off the message", reply, "message")

    def finish(self) -> str:
        """Send the dot and return the reply that accepted the message.

        Raises TryLater or GiveUp: refused; InDoubt: time-out, cut, 421, 4.4.x, or a reply that can't be understood.
        """
        wire = self._live()
        if not self._offered:
            raise TryLater("there is no message whose dot could be sent")
        self._offered = False
        with self._guarded():  # still before the dot: whatever the server says now can't be about the whole message
            if wire.spoke():
                raise self._broken_off(wire)
        try:
            wire.connected.sendall(b".\r\n")
        except (BrokenPipeError, ConnectionResetError):
            # The connection ended before these three bytes: they never left, so nothing can have been accepted.
            with self._guarded():
                raise self._broken_off(wire) from None
        except OSError as error:
            self._drop()
            raise InDoubt(f"the dot may not have left: {lost(self._server, error)}") from error
        try:
            reply = self._verdict(wire)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise InDoubt(f"no verdict after the dot: {lost(self._server, error)}") from error
        self._used = time.monotonic()
        if reply.code == 250:
            self._begun = False
            return str(reply)
        if reply.code == 421 or reply.status.startswith("4.4.") or not reply.is_refusal:
            # A relay's 421 or 4.4.x speaks of its own connections: it may have passed the message on all the same.
            self._drop()
            raise InDoubt(f"{self._server} answered the dot with {reply}", code=reply.code)
        raise self._refused("refuses the message", reply, "message")

    def _verdict(self, wire: Connection) -> Reply:
        """Wait for the reply to the dot, in steps, since a stop must not take ten minutes."""
        end = time.monotonic() + self._after_dot
        connected = wire.connected
        while (left := end - time.monotonic()) > 0:
            if self._stop is not None and self._stop.is_set():
                end = min(end, time.monotonic() + STOP_GRACE)
            connected.settimeout(max(0.001, min(left, 1.0)))
            try:
                return wire.reply()
            except TimeoutError:
                continue
            finally:
                connected.settimeout(self._settings.timeout)
        raise TimeoutError

    def probe(self) -> dict[str, Any]:
        """Connect, sign in and say what the server offers; raises TryLater or GiveUp."""
        self.close()
        self.open()
        wire = self._live()
        limit = wire.esmtp_features.get("size", "").strip()
        found = {
            "server": self._server,
            "tls": getattr(wire.sock, "version", lambda: None)(),
            "extensions": sorted(wire.esmtp_features),
            "sign_in": sorted(set(wire.esmtp_features.get("auth", "").upper().split())),
            "size_limit": int(limit) if limit.isdigit() and int(limit) else None,
            "dsn": wire.has_extn("dsn"),
            "smtputf8": wire.has_extn("smtputf8"),
        }
        self.close()
        return found

    def _drop(self) -> None:
        wire, self._wire = self._wire, None
        self._begun = self._offered = False
        if wire is not None:
            with suppress(Exception):
                wire.close()

    def close(self) -> None:
        """Say goodbye, briefly, and let go; never raises. A message whose dot was not sent is not accepted."""
        if self._wire is not None and not self._offered:
            with suppress(Exception):
                self._wire.connected.settimeout(QUIT_SECONDS)
                self._wire.quit()
        self._drop()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _xtext(text: str) -> str:
    """Return text as xtext (RFC 3461 section 4): printable ASCII, the rest and "+", "=" as +XX."""
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}" for octet in text.encode()
    )
