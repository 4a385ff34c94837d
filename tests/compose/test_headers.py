"""Headers are valid by RFC 5322 and 2047 whatever goes into them, and thread with what the participant wrote."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.addresses import Address
from mailbot.compose import Composer
from mailbot.compose.headers import address_header, header, ids_header
from tests.compose import screenshots
from tests.compose.conftest import Opened, opened

FIELD = re.compile(rb"[!-9;-~]+:(?: [^\r\n]*|)(?:\r\n[ \t][^\r\n]*[^\s][^\r\n]*)*\r\n")
"""One header field (RFC 5322 2.2, 2.2.3): a name, and lines that are folded before white space, none of them blank."""


def strictly_valid(raw: bytes) -> list[str]:
    """Return what is wrong with a message by RFC 5322 section 2 and 3.6, in words."""
    head, _, body = raw.partition(b"\r\n\r\n")
    fields, wrong = head + b"\r\n", []
    if FIELD.sub(b"", fields):
        wrong.append(f"not a field: {FIELD.sub(b'', fields)[:80]!r}")
    if not head.isascii():
        wrong.append("the header is not ASCII")
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        wrong.append("a bare CR or LF")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        wrong.append("a line of more than 998 octets")
    if any(len(line) > 78 for line in body.split(b"\r\n")):
        wrong.append("a body line of more than 78 octets")
    for line in head.split(b"\r\n"):
        if len(line) > 78 and line.strip().count(b" ") > (1 if b":" in line.split(b" ")[0] else 0):
            wrong.append(f"a line that could have been folded: {line!r}")
    for word in re.findall(rb"=\?[^?]*\?[^?]*\?[^?]*\?=", head):
        if len(word) > 75:
            wrong.append(f"an encoded word of {len(word)} characters")
    names = [name.lower() for name in re.findall(rb"(?m)^([!-9;-~]+):", head)]
    wrong += [f"{name!r} is there {names.count(name)} times" for name in set(names) if names.count(name) > 1]
    wrong += [
        f"{name!r} is missing" for name in (b"date", b"from", b"to", b"message-id", b"subject") if name not in names
    ]
    return wrong


@pytest.mark.parametrize("mail", list(screenshots.mails()), ids=lambda mail: mail.name)
def test_every_mail_is_valid_by_a_strict_reading_of_the_rfc(mail: screenshots.Mail) -> None:
    assert strictly_valid(mail.raw) == []
    assert opened(mail.raw).message["Subject"] == mail.subject


def test_an_acknowledgement_says_that_it_is_a_reply_by_a_machine_and_to_what(compose: Callable[..., Opened]) -> None:
    message = compose(in_reply_to="<theirs@a.example>", references=("<invitation@b.example>",)).message
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Mailbot-Mail"] == "acknowledgement"
    assert message["In-Reply-To"] == "<theirs@a.example>"
    assert message["References"] == "<invitation@b.example> <theirs@a.example>"
    assert message["List-Unsubscribe"] is None
    assert message["Content-Language"] == "fr"


def test_a_mail_out_says_that_a_machine_made_it_and_how_to_leave(composer: Composer) -> None:
    message = opened(composer.preview("guide", "pt")).message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Mailbot-Mail"] == "guide"
    leave = message["List-Unsubscribe"]
    assert leave.startswith("<mailto:rsvp@workers-network.example?subject=N%C3%A3o%20vou%20participar")


def test_long_references_are_folded_between_ids_and_never_encoded(compose: Callable[..., Opened]) -> None:
    ids = [f"<{n:03d}.{'x' * 70}@very-long-host-name.provider.example>" for n in range(60)]
    raw = compose(in_reply_to=ids[-1], references=tuple(ids)).raw
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"References: =?" not in head
    assert strictly_valid(raw) == []
    kept = re.search(rb"References:((?:\r\n| )[^\r]*)+", head)
    assert kept is not None
    found = re.findall(rb"<[^>]+>", kept.group())
    assert found[0].decode() == ids[0]
    assert found[-1].decode() == ids[-1]


def test_a_reference_that_is_no_message_id_is_left_out(compose: Callable[..., Opened]) -> None:
    message = compose(
        in_reply_to="not an id\r\nBcc: all@a.example", references=("<ä@a.example>", "<good@a.example>")
    ).message
    assert message["In-Reply-To"] is None
    assert message["Bcc"] is None
    assert message["References"] == "<good@a.example>"


def test_the_callers_headers_are_added_and_take_the_place_of_ours(compose: Callable[..., Opened]) -> None:
    message = compose(headers=(("X-Mailbot-Id", "acknowledgement 42"), ("X-Extra", "yes"))).message
    assert message.get_all("X-Mailbot-Id") == ["acknowledgement 42"]
    assert message["X-Extra"] == "yes"


def test_a_long_display_name_keeps_its_form() -> None:
    name = "Confédération générale autonome des travailleurs de la fonction publique et des collectivités locales"
    line = address_header("To", [Address(name, "a@b.example")])
    # Not by email.policy.default, which reads a space between encoded words against RFC 2047 6.2.
    phrase, _, rest = line.removeprefix("To:").replace("\r\n", "").rpartition(" ")
    assert str(make_header(decode_header(phrase))) == name
    assert rest == "<a@b.example>"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Awa Ndiaye", "Awa Ndiaye <a@b.example>"),
        ("Ndiaye, Awa", '"Ndiaye, Awa" <a@b.example>'),
        ('Awa "Sow" Ndiaye', '"Awa \\"Sow\\" Ndiaye" <a@b.example>'),
        ("St. Hill", '"St. Hill" <a@b.example>'),
        ("Itō", "=?utf-8?b?SXTFjQ==?= <a@b.example>"),
        ("", "a@b.example"),
    ],
)
def test_a_name_is_written_bare_quoted_or_encoded_as_it_needs(name: str, written: str) -> None:
    assert address_header("To", [Address(name, "a@b.example")]) == f"To: {written}"


def test_an_internationalised_domain_is_written_in_ascii() -> None:
    assert address_header("To", [Address("", "awa@bücher.example")]) == "To: awa@xn--bcher-kva.example"


def test_a_local_part_that_is_not_ascii_stays_as_it_is_for_smtputf8() -> None:
    assert address_header("To", [Address("", "ñandú@bücher.example")]) == "To: ñandú@xn--bcher-kva.example"


def test_an_address_can_not_bring_a_second_one() -> None:
    line = address_header("To", [Address('x" <y@z.example>, "', "a@b.example>,\r\n c@d.example")])
    parsed = BytesHeaderParser(policy=email.policy.default).parsebytes(line.encode() + b"\r\n\r\n")
    assert len(parsed["To"].addresses) == 1


@given(st.text(max_size=300))
def test_any_text_survives_a_header_but_for_its_white_space(text: str) -> None:
    line = header("Subject", text)
    assert FIELD.fullmatch(line.encode() + b"\r\n")
    assert all(len(part) <= 998 for part in line.split("\r\n"))
    value = str(make_header(decode_header(line.partition(":")[2].replace("\r\n", ""))))
    kept = re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).encode("utf-8", "replace").decode().strip()
    assert value.strip() == kept


@given(st.text(max_size=120), st.text(max_size=60))
def test_any_address_makes_one_header_of_one_address(name: str, local: str) -> None:
    line = address_header("To", [Address(name, f"{local}@a.example")])
    assert FIELD.fullmatch(line.encode("utf-8", "replace") + b"\r\n")


@given(st.lists(st.text(max_size=80), max_size=50))
def test_any_ids_make_a_header_of_ids_only(ids: list[str]) -> None:
    line = ids_header("References", ids)
    assert line == "" or re.fullmatch(r"References:(?:(?:\r\n)? <[!-~]+>)+", line)
