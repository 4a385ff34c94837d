"""Which address was meant, where one has a slip: gmial.com, gmail.con, a letter missing against a domain known here.

Offers at most one address, to be decided by a person; it never changes one, and never asks whether one exists. Domains
that are a letter from another and real (ymail.com) are known, and so is every domain that mail has come from.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA

from mailbot.addresses import is_address, key

PROVIDERS = (
    "gmail.com", "googlemail.com", "yahoo.com", "yahoo.fr", "yahoo.es", "yahoo.co.uk", "yahoo.com.br", "yahoo.com.ar",
    "yahoo.com.mx", "ymail.com", "rocketmail.com", "hotmail.com", "hotmail.fr", "hotmail.es", "hotmail.co.uk",
    "hotmail.it", "outlook.com", "outlook.fr", "outlook.es", "outlook.pt", "outlook.com.br", "live.com", "live.fr",
    "live.co.uk", "msn.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.com", "gmx.de", "gmx.net", "gmx.fr",
    "gmx.ch", "gmx.at", "web.de", "t-online.de", "proton.me", "protonmail.com", "pm.me", "mail.com", "email.com",
    "zoho.com", "yandex.com", "yandex.ru", "mail.ru", "orange.fr", "wanadoo.fr", "laposte.net", "free.fr", "sfr.fr",
    "bluewin.ch", "hispeed.ch", "uol.com.br", "bol.com.br", "terra.com.br", "ig.com.br", "globo.com", "sapo.pt",
    "libero.it", "virgilio.it", "tiscali.it", "skynet.be", "telenet.be", "nauta.cu", "cantv.net", "prodigy.net.mx",
    "menara.ma", "moov.ci", "orange.sn", "sentoo.sn", "qq.com", "163.com", "rediffmail.com",
    "comcast.net", "fastmail.com", "hotmail.de", "hotmail.ch", "hotmail.be", "live.nl", "live.be",
)  # fmt: skip
"""Providers of mailboxes for everybody; also what keeps one from being taken for a slip of another."""

BIG = ("gmail.com", "yahoo.com", "yahoo.fr", "hotmail.com", "hotmail.fr", "outlook.com", "icloud.com", "live.com",
       "laposte.net", "orange.fr", "protonmail.com")  # fmt: skip
"""Those that are so common that a likeness to them alone is a slip."""

SLIPS, SLIPS_LONG = 1, 2
"""Letters left out, put in, exchanged or swapped with their neighbour; two where there are LONG letters: hotmal.con."""

LONG = 10  # characters of a domain, its dots included
SHORT = 7  # below, every domain is a letter from another: gmx.de and gmx.at, but also the names UGT and UGTP
TYPED = 5  # characters before the @ below which two addresses of one domain may well be two people's

NO_COUNTRYS = (
    "cm",
    "co",
    "om",
    "cn",
    "ocm",
    "con",
    "cmo",
    "vom",
    "xom",
    "comm",
    "coom",
    "or",
    "og",
    "ogr",
    "ne",
    "nte",
)
"""Endings that are, or might be, a country's, and behind a name that we know are nearly always .com, .org, .net."""

ONE_ENDING = {"gmail": "gmail.com", "googlemail": "googlemail.com", "icloud": "icloud.com"}
"""Providers that have their one ending only."""


def meant(address: str, *, seen: Iterable[str] = (), own: str = "") -> str:
    """Return the address that was probably meant, "" where it looks as it should.

    `seen` are domains that mail goes to or comes from here; `own` is the address that the person writes from.
    """
    given, writes_from = key(address), key(own)
    if not is_address(given):
        return ""
    local, _, domain = given.rpartition("@")
    own_local, _, own_domain = writes_from.rpartition("@") if writes_from != given else ("", "", "")
    if domain == own_domain:
        return writes_from if _is_slip_of_name(local, own_local) else ""
    known = {one.casefold() for one in seen}
    if domain in PROVIDERS or domain in known:
        return ""
    name = domain.partition(".")[0]
    if only := ONE_ENDING.get(name):
        return f"{local}@{only}"
    if own_domain and _is_slip(domain, own_domain, shortest=3):
        return f"{local}@{own_domain}"
    near = [one for one in sorted({*BIG, *known} - {domain}) if _is_slip(domain, one)]
    best = min(near, key=lambda one: (OSA.distance(domain, one), one not in BIG, one), default="")
    return f"{local}@{best}" if best else ""


def _is_slip_of_name(local: str, own: str) -> bool:
    """Say whether what stands before the @ differs by a slip; by a number never: awa1@ and awa2@ are two mailboxes."""
    digits = ["".join(c for c in one if c.isdigit()) for one in (local, own)]
    return digits[0] == digits[1] and min(len(local), len(own)) >= TYPED and OSA.distance(local, own) == SLIPS


def _is_slip(domain: str, other: str, *, shortest: int = SHORT) -> bool:
    """Say whether a domain is another one with a slip in its name or in its ending."""
    if min(len(domain), len(other)) < SHORT or domain.endswith(f".{other}") or other.endswith(f".{domain}"):
        return False
    if [c for c in domain if c.isdigit()] != [c for c in other if c.isdigit()]:
        return False
    allowed = SLIPS_LONG if min(len(domain), len(other)) >= LONG else SLIPS
    if OSA.distance(domain, other, score_cutoff=allowed) > allowed:
        return False
    (name, _, ending), (other_name, _, other_ending) = domain.partition("."), other.partition(".")
    if name == other_name:
        # The same name in another country is another domain.
        return ending in NO_COUNTRYS or (len(ending) > 3 and len(other_ending) > 3)
    return min(len(name), len(other_name)) >= shortest or other in BIG
