"""What is filled into an acknowledgement's lines is read back, in every language and every way to reply."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mailbot import message, reading
from mailbot.compose import Composer
from mailbot.rsvp.answer import Invitation
from tests.compose.conftest import LANGUAGES, opened

PHONE = "+221 77 123 45 67"
MODE = {"fr": "en personne", "en": "in person", "es": "en persona", "pt": "presencial"}
WROTE = {"fr": "Le 3 oct. 2018 à 14:02, RSVP <rsvp@workers-network.example> a écrit :",
         "en": "On Wed, Oct 3, 2018 at 2:02 PM RSVP <rsvp@workers-network.example> wrote:",
         "es": "El mié, 3 oct 2018 a las 14:02, RSVP (<rsvp@workers-network.example>) escribió:",
         "pt": "Em qua., 3 de out. de 2018 às 14:02, RSVP <rsvp@workers-network.example> escreveu:"}  # fmt: skip


def form(text: str) -> list[str]:
    """Return the lines of a mail that are to be filled in."""
    return [line for line in text.replace("\u00a0", " ").splitlines() if re.fullmatch(r"[^-,.]{1,60}:", line)]


def filled(text: str, language: str) -> str:
    """Fill the two lines in."""
    phone, mode = form(text)
    return text.replace("\u00a0", " ").replace(phone, f"{phone} {PHONE}").replace(mode, f"{mode} {MODE[language]}")


def typed_above(text: str, language: str) -> str:
    """The lines copied to the top and filled in, the rest quoted below."""
    phone, mode = form(text)
    quoted = "\n".join(f"> {line}" for line in text.splitlines())
    return f"{phone} {PHONE}\n{mode} {MODE[language]}\n\n{WROTE[language]}\n{quoted}\n"


def typed_between(text: str, language: str) -> str:
    """Filled in where the lines stand in the quoted mail."""
    quoted = "\n".join(f"> {line}" for line in filled(text, language).splitlines())
    return f"{WROTE[language]}\n{quoted}\n"


def sent_back(text: str, language: str) -> str:
    """The mail sent back whole, filled in, without a sign of quoting."""
    return filled(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", [typed_above, sent_back, typed_between])
def test_what_is_filled_in_is_read_back(composer: Composer, language: str, way: Callable[[str, str], str]) -> None:
    ours = opened(composer.preview("acknowledgement", language, "missing"))
    reply = EmailMessage(policy=SMTP)
    reply["From"] = str(ours.message["To"])
    reply["To"] = "rsvp@workers-network.example"
    reply["Subject"] = "Re: " + str(ours.message["Subject"])
    reply["Date"] = "Wed, 03 Oct 2018 15:00:00 +0000"
    reply["Message-ID"] = "<filled.in@cnts.sn.example>"
    reply["In-Reply-To"] = str(ours.message["Message-ID"])
    reply.set_content(way(ours.text, language))
    known = Invitation(own_addresses=frozenset({"rsvp@workers-network.example"}), invitation_texts=(ours.text,))
    found = reading.read(message.read(reply.as_bytes()), known)
    assert found.kind == "registration"
    (answer,) = found.answers
    assert answer.phone is not None
    assert answer.phone.value == "+221771234567"
    assert answer.mode is not None
    assert answer.mode.value == "in_person"
