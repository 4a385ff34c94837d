"""Somebody else than the writer is written to where the sentences say, at nobody's address otherwise."""

from __future__ import annotations

import pytest

from tests.rsvp.replies import read, said


def addresses(text: str, sender: str) -> dict[object, object]:
    """Return whom a reply registers, each with the address."""
    return {said(a, "name"): said(a, "email") for a in read(text, sender).answers}


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("Two of us join online: me, Ruth Baker, and our treasurer Omar Aziz. Omar's mail is oa77@free.example.",
         "oa77@free.example"),
        ("Two of us join online: me, Ruth Baker, and our treasurer Omar Aziz. For Omar write to this same address.",
         "ruth@tuc.example"),
        ("Nous serons deux en ligne : moi, Ruth Baker, et notre trésorier Omar Aziz. Pour Omar, écrivez-moi.",
         "ruth@tuc.example"),
        ("Participaremos dos en línea: yo, Ruth Baker, y nuestro tesorero Omar Aziz. A Omar escríbanle al mío.",
         "ruth@tuc.example"),
        ("Parteciperemo in due online: io, Ruth Baker, e il nostro tesoriere Omar Aziz. Lui usa la mia mail.",
         "ruth@tuc.example"),
        ("Two of us join online: me, Ruth Baker, and our treasurer Omar Aziz. Omar has no e-mail.", None),
        ("Two of us join online: me, Ruth Baker, and our treasurer Omar Aziz. Please remove jana@tuc.example.", None),
    ],
)  # fmt: skip
def test_a_colleague_is_written_to_where_the_sentences_say(text: str, email: str | None) -> None:
    assert addresses(text, "Ruth Baker <ruth@tuc.example>") == {"Ruth Baker": "ruth@tuc.example", "Omar Aziz": email}
