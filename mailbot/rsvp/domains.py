"""Whether a phrase is the organisation that a mail domain is named after: by its initials, a long word, or as a whole.

Knows the mail providers, whose names say nothing of an organisation; looks nothing up.
"""

from __future__ import annotations

import re

from mailbot.rsvp import phrases, words
from mailbot.rsvp.fold import fold

_PROVIDERS = frozenset(
    [
        "gmail",
        "googlemail",
        "yahoo",
        "ymail",
        "hotmail",
        "outlook",
        "live",
        "msn",
        "icloud",
        "me",
        "mac",
        "aol",
        "gmx",
        "web",
        "proton",
        "protonmail",
        "mail",
        "mailbox",
        "orange",
        "wanadoo",
        "laposte",
        "free",
        "sfr",
        "uol",
        "bol",
        "terra",
        "ig",
        "yandex",
        "zoho",
        "rocketmail",
        "menara",
        "moov",
        "nauta",
        "cantv",
        "prodigy",
        "sapo",
        "libero",
        "virgilio",
        "tiscali",
        "skynet",
    ]
)
"""Mail providers: their names say nothing of an organisation."""
_SHORTEST = 3
"""Letters that a domain's name has more of: fewer may be any word's."""


def named_after(email: str) -> list[str]:
    """Return the labels of an address's domain that may be an organisation's name run together, without providers'."""
    labels = fold(email.rpartition("@")[2]).split(".")[:-1]
    bare = [re.sub(r"[^a-z0-9]", "", label) for label in labels]
    return [b for b in bare if len(b) > _SHORTEST and b not in _PROVIDERS]


def fits(text: str, email: str) -> bool:
    """Say whether the domain of an address shows the initials or a long word of a phrase."""
    labels = fold(email.rpartition("@")[2]).split(".")[:-1]
    bare = [re.sub(r"[^a-z]", "", label) for label in labels]
    bare = [b for b in bare if len(b) > 2 and b not in _PROVIDERS]
    spoken = [t.text for t in words.tokens(fold(text)) if not phrases.is_connector(t.text)]
    if not bare or len(spoken) < 2:
        return bool(bare) and len(spoken) == 1 and len(spoken[0]) > 3 and spoken[0] in bare
    if "".join(spoken) in bare:
        return True
    initials = "".join(w[0] for w in spoken)
    for label in bare:
        if initials == label or (
            len(label) >= 3 and len(initials) >= 3 and (label.startswith(initials) or initials.startswith(label))
        ):
            return True
        if any(len(w) >= 6 and w in label for w in spoken):
            return True
    return False
