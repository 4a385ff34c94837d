"""What reading promises of single messages: the body is the writer's, whatever the program did to it on the way."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from mailbot.message import Address, Message, read

HEAD = b"From: Marie <marie@union.example>\r\nTo: rsvp@network.example\r\nDate: Mon, 1 Oct 2018 10:00:00 +0200\r\n"


def message(fields: str, body: str | bytes = "", charset: str = "utf-8") -> Message:
    """Read a message made of further header fields and a body."""
    data = body if isinstance(body, bytes) else body.encode(charset)
    return read(HEAD + fields.replace("\n", "\r\n").encode() + b"\r\n" + data)


def multipart(kind: str, *parts: tuple[str, str]) -> Message:
    """Read a multipart of (Content-Type and further fields, body)."""
    body = "".join(f"--b\r\nContent-Type: {fields}\r\n\r\n{text}\r\n" for fields, text in parts)
    return message(f"Content-Type: multipart/{kind}; boundary=b\n", body + "--b--\r\n")


@pytest.mark.parametrize(
    ("declared", "data", "text"),
    [
        ("utf-8", "né à Köln".encode(), "né à Köln"),
        ("utf-8", "né à Köln".encode("cp1252"), "né à Köln"),
        ("iso-8859-1", "né à Köln".encode(), "né à Köln"),
        ("iso-8859-1", "l’œuvre – 5 €".encode("cp1252"), "l’œuvre – 5 €"),
        ("us-ascii", "né".encode("cp1252"), "né"),
        ("gb2312", "张伟镕".encode("gb18030"), "张伟镕"),
        ("ks_c_5601-1987", "김철수".encode("cp949"), "김철수"),
        ("iso-2022-jp", "山田".encode("iso-2022-jp"), "山田"),
        ("windows-1251", "Лариса".encode("cp1251"), "Лариса"),
        ("utf-7", b"n+AOk-", "né"),
        ("x-no-such-charset", "né".encode(), "né"),
        ("rot13", b"abc", "abc"),
        ("idna", "né".encode("cp1252"), "né"),
        ("utf-8", "AndrÃ© NuÃ±ez".encode(), "André Nuñez"),
        ("utf-8", "une phrase entière à moitié".encode()[:-1] + b"\xc3 et la suite", "une phrase entière à moiti"),
    ],
)
def test_charsets_are_repaired_from_the_bytes(declared: str, data: bytes, text: str) -> None:
    assert message(f"Content-Type: text/plain; charset={declared}\n", data).text.startswith(text)


def test_odd_spaces_nul_and_direction_marks_are_gone() -> None:
    body = "Tél\u00a0: \u202a+41\u202f22\u202c\x00\u200b 320"
    assert message("Content-Type: text/plain; charset=utf-8\n", body).text == "Tél : +41 22 320"


def test_html_names_its_own_charset() -> None:
    markup = '<meta charset="windows-1251"><p>Лариса</p>'
    assert "Лариса" in message("Content-Type: text/html\n", markup, "cp1251").html


def test_flowed_lines_are_joined_and_the_signature_separator_is_not() -> None:
    body = "a line that was broken at the margin because it is long \r\nand goes on\r\n-- \r\nMarie\r\n"
    found = message("Content-Type: text/plain; format=flowed\n", body)
    assert found.text.split("\n")[:3] == [
        "a line that was broken at the margin because it is long and goes on",
        "-- ",
        "Marie",
    ]


def test_a_flowed_space_behind_a_short_line_is_the_writers_own() -> None:
    found = message("Content-Type: text/plain; format=flowed\n", "Mobile: \r\nAttendance: online\r\n")
    assert found.text.split("\n")[:2] == ["Mobile: ", "Attendance: online"]


def test_delsp_takes_the_joining_space_away() -> None:
    found = message(
        "Content-Type: text/plain; format=flowed; delsp=yes\n", "山田太郎です。東京から参加し \r\nます。\r\n"
    )
    assert found.text.startswith("山田太郎です。東京から参加します。")


def test_of_alternatives_both_forms_are_kept() -> None:
    found = multipart("alternative", ("text/plain", "hello"), ("text/html", "<p>hello</p>"))
    assert (found.text.strip(), found.html.strip()) == ("hello", "<p>hello</p>")


def test_pieces_of_a_mixed_body_stand_one_after_the_other() -> None:
    found = multipart(
        "mixed", ("text/plain", "first"), ("application/pdf; name=x.pdf", "%PDF"), ("text/plain", "second")
    )
    assert found.text.split() == ["first", "second"]
    assert [part.content_type for part in found.parts] == ["text/plain", "application/pdf", "text/plain"]


def test_text_and_html_in_turns_are_read_whole() -> None:
    found = multipart("mixed", ("text/plain", "see below & above"), ("text/html", "<p>Name: Marie</p>"))
    assert found.text == ""
    assert "see below &amp; above" in found.html
    assert "Name: Marie" in found.html


def test_an_empty_html_frame_around_an_attachment_changes_nothing() -> None:
    found = multipart("mixed", ("text/plain", "I come"), ("text/html", "<html><body><br></body></html>"))
    assert found.text.strip() == "I come"


def test_a_text_part_with_a_name_and_no_disposition_is_body() -> None:
    assert message('Content-Type: text/plain; name="reply.txt"\n', "Marie Dupont").text.strip() == "Marie Dupont"


def test_an_attached_text_is_no_body() -> None:
    found = multipart("mixed", ("text/plain", "I come"), ("text/plain\r\nContent-Disposition: attachment", "not mine"))
    assert found.text.strip() == "I come"


def test_an_attached_message_is_nested_and_never_body() -> None:
    inner = "From: Paul <paul@union.example>\r\nSubject: register me\r\n\r\nPaul, +41 22 320 50 36"
    found = multipart("mixed", ("text/plain", "see attached"), ("message/rfc822", inner))
    assert found.text.strip() == "see attached"
    assert found.nested[0].from_ == Address("Paul", "paul@union.example")
    assert "+41 22" in found.nested[0].text


def test_a_calendar_part_is_a_part_and_never_body() -> None:
    found = multipart("alternative", ("text/plain", "accepted"), ("text/calendar; method=REPLY", "BEGIN:VCALENDAR"))
    assert found.text.strip() == "accepted"
    assert found.parts[1].text.startswith("BEGIN:VCALENDAR")
    assert found.parts[1].params["method"] == "REPLY"


def test_returned_headers_are_a_nested_message_without_body() -> None:
    returned = "X-Mailbot-Id: 7\r\nMessage-ID: <m7@network.example>\r\n"
    found = multipart(
        "report; report-type=delivery-status", ("text/plain", "failed"), ("text/rfc822-headers", returned)
    )
    assert (found.nested[0].header("X-Mailbot-Id"), found.nested[0].message_id) == ("7", "<m7@network.example>")


def test_signed_text_is_read_and_the_signature_is_an_attachment() -> None:
    found = multipart("signed", ("text/plain", "I come"), ("application/pkcs7-signature; name=smime.p7s", "MIIB"))
    assert (found.text.strip(), found.held) == ("I come", "")


def der(tag: int, content: bytes) -> bytes:
    """Wrap content in a DER element."""
    length = len(content)
    head = bytes([length]) if length < 128 else b"\x82" + length.to_bytes(2, "big")
    return bytes([tag]) + head + content


def cms(oid: str, content: bytes) -> str:
    """Return a CMS object in base64 lines."""
    octets = der(0x24, der(0x04, content[:40]) + der(0x04, content[40:]))
    inner = der(0x30, der(0x06, bytes.fromhex("2a864886f70d010701")) + der(0xA0, octets))
    signed = der(0x30, der(0x02, b"\x01") + der(0x31, b"") + inner)
    return base64.encodebytes(der(0x30, der(0x06, bytes.fromhex(oid)) + der(0xA0, signed))).decode()


def test_an_opaque_signature_is_opened() -> None:
    entity = b"Content-Type: text/plain; charset=utf-8\r\n\r\nMarie Dupont, en ligne, +41 22 320 50 36\r\n"
    fields = "Content-Type: application/pkcs7-mime; smime-type=signed-data\nContent-Transfer-Encoding: base64\n"
    found = message(fields, cms("2a864886f70d010702", entity))
    assert found.text.strip() == "Marie Dupont, en ligne, +41 22 320 50 36"
    assert found.held == ""


def test_what_is_encrypted_is_held_with_its_header_readable() -> None:
    fields = "Subject: registration\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n"
    found = message(fields, cms("2a864886f70d010703", b"x" * 80))
    assert (found.held, found.subject) == ("encrypted", "registration")


@pytest.mark.parametrize(
    "parts",
    [
        [("application/pgp-encrypted", "Version: 1"), ("application/octet-stream", "-----BEGIN PGP MESSAGE-----")],
        [("text/plain", "-----BEGIN PGP MESSAGE-----\r\n\r\nhQEM\r\n-----END PGP MESSAGE-----")],
    ],
)
def test_pgp_encrypted_mail_is_held(parts: list[tuple[str, str]]) -> None:
    assert multipart("encrypted" if len(parts) > 1 else "mixed", *parts).held == "encrypted"


def test_pgp_signed_text_loses_its_armour() -> None:
    body = (
        "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\nI come\r\n- -- \r\nMarie\r\n"
        "-----BEGIN PGP SIGNATURE-----\r\n\r\niQ\r\n-----END PGP SIGNATURE-----\r\n"
    )
    assert message("Content-Type: text/plain\n", body).text.split("\n")[:3] == ["I come", "-- ", "Marie"]


def test_winmail_is_held_only_where_nothing_else_can_be_read() -> None:
    tnef = ("application/ms-tnef; name=winmail.dat", "x")
    assert multipart("mixed", tnef).held == "winmail"
    assert multipart("mixed", ("text/plain", "I come"), tnef).held == ""


def test_raw_eight_bit_and_quoted_encoded_words_are_read() -> None:
    raw = (
        b'From: "=?utf-8?Q?J=C3=A9r=C3=B4me_Payet?=" <j@union.example>\r\nSubject: R\xe9ponse\r\n'
        b"To: Andr\xc3\xa9 <rsvp@network.example>\r\nCc: =?utf-8?Q?Doe,_Jane?= <jane@union.example>\r\n\r\nhi"
    )
    found = read(raw)
    assert (found.from_, found.subject) == (Address("Jérôme Payet", "j@union.example"), "Réponse")
    assert (found.to[0].name, found.cc[0].name) == ("André", "Doe, Jane")


def test_a_character_cut_in_two_by_encoded_words_is_whole_again() -> None:
    assert message("Subject: =?utf-8?B?w6k=?= =?utf-8?Q?=C3?=\n =?utf-8?Q?=A9?= ok\n").subject == "éé ok"


def test_what_is_missing_is_a_defect_and_no_error() -> None:
    found = read(b"Subject: hello\r\n\r\nMarie")
    assert (found.date, found.from_, found.message_id, found.text) == (None, None, "", "Marie")
    assert {"no_date", "no_from", "no_message-id"} <= set(found.defects)


@pytest.mark.parametrize(
    ("value", "offset"),
    [("Mon, 1 Oct 2018 10:00:00 -0300", -3), ("1 Oct 18 10:00 +0545", 5.75), ("Mon, 1 Oct 2018 10:00:60 +0000", 0)],
)
def test_a_date_keeps_the_offset_as_written(value: str, offset: float) -> None:
    found = read(f"Date: {value}\r\n\r\n".encode())
    assert found.date is not None
    assert found.date.utcoffset() == timedelta(hours=offset)


@pytest.mark.parametrize("value", ["yesterday", "Mon, 1 Oct 2018 10:00:00", "Mon, 99 Foo 2018 99:00:00 +9999", ""])
def test_a_date_that_cannot_be_told_is_none(value: str) -> None:
    assert read(f"Date: {value}\r\n\r\n".encode()).date is None


@pytest.mark.parametrize(("value", "found"), [("<[x@y]>", "<[x@y]>"), ("x@y", "<x@y>"), ("<a\r\n b>", ""), ("", "")])
def test_message_ids_are_kept_as_they_are(value: str, found: str) -> None:
    assert read(f"Message-ID: {value}\r\n\r\n".encode()).message_id == found


def test_references_are_in_order() -> None:
    assert read(b"References: <a@b>\r\n\t<c@d>\r\n\r\n").references == ("<a@b>", "<c@d>")


def test_a_nested_part_that_reuses_its_parents_boundary_is_still_read() -> None:
    inner = "multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain"
    assert "I come" in multipart("mixed", (inner, "I come")).text


def test_a_filename_may_be_split_and_encoded() -> None:
    fields = "application/pdf;\r\n name*0*=utf-8''lettre%20d%27invit;\r\n name*1=ation.pdf"
    assert multipart("mixed", (fields, "x")).parts[0].filename == "lettre d'invitation.pdf"


def test_headers_are_found_in_any_case_topmost_first() -> None:
    found = read(b"X-A: 1\r\nx-a: 2\r\nReceived: from a\r\n\tby b\r\n\r\n")
    assert (found.header("X-A"), found.all("x-A"), found.header("received")) == ("1", ("1", "2"), "from a by b")
