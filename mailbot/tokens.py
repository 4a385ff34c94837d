"""The word in each of our mails that shows, when it comes back, which mail it was and that we wrote it.

It is the local part of the Message-ID, and with plus-addresses the part behind the plus in Reply-To and in the
envelope's sender: an HMAC (RFC 2104, SHA-256) over what makes the mail the same mail, its event and its participant, so
that nobody can make one for somebody else's registration. Nothing here looks anything up; what it proves, `trust` says.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from collections.abc import Iterable

from mailbot.addresses import key as address_key

MAC_BYTES = 20
"""Octets of the MAC that are kept: 160 of 256 bits; RFC 2104 section 5 wants half at least."""

REPLY, ENVELOPE = "r", "b"
"""What stands between the plus and the token: an answer goes to `r`, a mail server's report to `b`."""

LENGTH = 32
"""Characters of a token, in the earlier form as well."""

_TOKEN = re.compile(rf"[0-9a-z]{{{LENGTH}}}")
_PLUS = re.compile(rf"(?P<base>.+)\+(?P<use>[{REPLY}{ENVELOPE}])(?P<token>[0-9a-z]{{{LENGTH}}})")


def token(secret: str, key: str, event: str, participant_id: int | None) -> str:
    """Return the token of a mail: 32 small letters and digits, which no server changes in an address."""
    said = "\0".join(("mailbot token 1", key, event, str(participant_id or "")))
    mac = hmac.new(secret.encode(), said.encode(), hashlib.sha256).digest()[:MAC_BYTES]
    return b32encode(mac).decode().lower()


def earlier_token(secret: str, key: str) -> str:
    """Return the token that mailbot made before it bound them to participants; mails that have it are still out."""
    return hashlib.blake2b(key.encode(), key=secret.encode()[:64], digest_size=16).hexdigest()


def is_genuine(given: str, secret: str, key: str, event: str, participant_id: int | None) -> bool:
    """Say whether a token is that mail's own, in constant time."""
    ours = (token(secret, key, event, participant_id), earlier_token(secret, key))
    said = given.encode("utf-8", "replace")
    # "|" compares both, whatever the first comparison says.
    return hmac.compare_digest(said, ours[0].encode()) | hmac.compare_digest(said, ours[1].encode())


def of_message_id(message_id: str) -> str:
    """Return the token in one of our Message-IDs, "" where it has none."""
    local = message_id.strip("<>").partition("@")[0]
    return local if _TOKEN.fullmatch(local) else ""


def plus_address(own: str, use: str, word: str) -> str:
    """Return our address with a token behind a plus (RFC 5233 calls that part the detail)."""
    local, _, domain = own.rpartition("@")
    return f"{local}+{use}{word}@{domain}"


def in_addresses(addresses: Iterable[str], own: str, use: str) -> list[str]:
    """Return the tokens of one use that stand in addresses of ours, each once."""
    local, _, domain = address_key(own).rpartition("@")
    found = []
    for address in addresses:
        there, _, host = address_key(address).rpartition("@")
        plus = _PLUS.fullmatch(there)
        if plus and host == domain and plus["base"] == local and plus["use"] == use:
            found.append(plus["token"])
    return list(dict.fromkeys(found))
