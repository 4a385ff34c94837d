"""`read` never raises and `cut` never raises, whatever the bytes: generated, and real messages damaged at random."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailbot.message import Message, read
from mailbot.rsvp.answer import Invitation
from mailbot.rsvp.own_words import cut

CORPUS = Path(__file__).parent.parent / "corpus"
INVITATION = Invitation(
    own_addresses=frozenset({"rsvp@workers-network.example"}),
    invitation_texts=("Participants should confirm their attendance by replying with their name and title.",),
)
PIECES = st.sampled_from(
    [
        b"From: ", b"To: (c):", b"Content-Type: ", b"multipart/mixed; boundary=b",
        b"multipart/alternative; boundary=b",
        b"message/rfc822", b"text/html", b"text/plain; charset=", b"utf-7", b"idna", b"format=flowed", b"\r\n",
        b"\r\n\r\n", b"\n", b"\r", b"--b", b"--b--", b"--", b"=?utf-8?q?=C3?=", b"=?x?b?!?=", b"\xff\xfe",
        b"\x00", b"<", b">",
        b'"',
        b"Content-Transfer-Encoding: base64", b"quoted-printable", b"=E9", b"QUJD", b"Date: ", b"Mon, 1 Oct 2018", b" ",
        b"Message-ID: <[x@y]>", b"> ", b"<table><tr><td>", b"<blockquote>", b"On 1 Oct 2018, x@y.example wrote:", b"a",
        b"application/pkcs7-mime", b"0\x80", b"Name: Marie", b"-- ", b"Content-Disposition: ",
        b"attachment; filename*0*=",
    ]
)  # fmt: skip


def check(found: Message) -> None:
    """What holds of every message that was read."""
    (found.text + found.html + found.subject).encode()  # text that no file and no database could hold is no text
    assert "\x00" not in found.text
    assert cut(found, INVITATION).text is not None


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read(raw: bytes) -> None:
    check(read(raw))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PIECES, max_size=40))
def test_anything_that_looks_like_mail_is_read(pieces: list[bytes]) -> None:
    check(read(b"".join(pieces)))


@pytest.mark.parametrize(
    "path", sorted(CORPUS.rglob("0[0-7]?.eml"))[::4], ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_damaged_real_messages_are_read(path: Path) -> None:
    raw = path.read_bytes()
    chance = random.Random(path.name)  # noqa: S311 -- the same damage at every run
    for _ in range(6):
        damaged = bytearray(raw)
        for _ in range(chance.randrange(1, 20)):
            at = chance.randrange(len(damaged))
            match chance.randrange(4):
                case 0:
                    damaged[at] = chance.randrange(256)
                case 1:
                    del damaged[at : at + chance.randrange(1, 200)]
                case 2:
                    damaged[at:at] = damaged[chance.randrange(len(damaged)) :][: chance.randrange(1, 300)]
                case _:
                    del damaged[at:]
            if not damaged:
                break
        check(read(bytes(damaged)))
