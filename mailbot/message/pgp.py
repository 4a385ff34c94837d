"""PGP armour inside a text body: clear-signed text is unwrapped, an encrypted block is recognised.

Pure; it never checks a signature and never decrypts.
"""

from __future__ import annotations

_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_SIGNATURE_END = "-----END PGP SIGNATURE-----"


def is_encrypted(text: str) -> bool:
    """Say whether a body is an encrypted block and nothing to read beside it (a list's footer does not count)."""
    before, mark, _ = text.partition(_ENCRYPTED)
    return bool(mark) and not before.strip()


def unwrap(text: str) -> str:
    """Return clear-signed text without its armour (RFC 4880 7), other text as it is."""
    before, mark, signed = text.partition(_SIGNED)
    if not mark:
        return text
    inside, mark, after = signed.partition(_SIGNATURE)
    # The armour's own header lines ("Hash: SHA512") end at an empty line.
    _, _, inside = inside.replace("\r\n", "\n").lstrip("\r\n").partition("\n\n") if inside.strip() else ("", "", "")
    lines = [line.removeprefix("- ") for line in inside.split("\n")]
    return before + "\n".join(lines) + after.partition(_SIGNATURE_END)[2]
