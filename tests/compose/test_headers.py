"""Headers are valid by RFC 5322 and 2047 whatever goes into them, and thread with what the participant wrote."""

from __future__ import annotations

import email.policy
import re
from collections.abc import Callable
from dataclasses import replace
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
from tests.compose.strict import FIELD, faults
from tests.compose.test_hostile import NASTY, looked_at, with_words


@pytest.mark.parametrize("mail", list(screenshots.mails()), ids=lambda mail: mail.name)
def test_every_mail_is_valid_by_a_strict_reading_of_the_rfc(mail: screenshots.Mail) -> None:
    assert faults(mail.raw) == []
    assert opened(mail.raw).message["Subject"] == mail.subject


HOSTILE = (
    *NASTY, "Awa\r\nBcc: all@a.example", '"Awa" <x@y.example>, "', "🧑🏽‍🌾🇸🇳 Awa", "é" * 300, "W" * 300, "文" * 300,
    "\u202egnp.exe\u202c Awa", "Awa \x00\x07\x1b[2J\x85\u2028x", "\udcff\ud800", "a\\", "\\\"", "=?utf-8?b?AA==?=",
    "سلمى \u200fبن",
    " ", ",;:<>@()", "A.B.", "\t\t",
)  # fmt: skip
"""Names and words that would break a mail that is put together carelessly."""


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("mail", ["acknowledgement", "guide"])
def test_whatever_people_call_themselves_the_mail_stays_valid(composer: Composer, mail: str, text: str) -> None:
    letter = composer.sample(mail, "fr")
    told = replace(letter, **with_words(letter, text) | {"recipient": Address(text, "a@b.example")})  # type: ignore[arg-type]
    raw = composer.compose(told)
    assert faults(raw) == []
    assert [address.addr_spec for address in opened(raw).message["To"].addresses] == ["a@b.example"]
    assert opened(raw).message.keys() == opened(composer.compose(letter)).message.keys()


def test_no_name_turns_the_direction_of_what_follows_it() -> None:
    line = address_header("To", [Address("\u202eAwa\u2066", "a@b.example")])
    assert line == "To: Awa <a@b.example>"


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("a..b@docomo.example", '"a..b"@docomo.example'), (".a@b.example", '".a"@b.example'),
        ("o'neil+x=y@b.example", "o'neil+x=y@b.example"), ("a\\b@c.example", '"a\\\\b"@c.example'),
    ],
)  # fmt: skip
def test_a_local_part_that_the_grammar_does_not_know_goes_into_quotes(email: str, written: str) -> None:
    assert address_header("To", [Address("", email)]) == f"To: {written}"


def test_the_message_id_is_at_our_domain(composer: Composer) -> None:
    for mail in composer.mails():
        message = opened(composer.preview(mail, "fr")).message
        assert str(message["Message-ID"]).endswith("@workers-network.example>")


def test_nothing_follows_the_reader(composer: Composer) -> None:
    """No two people get another link, and nothing is loaded or reported back (`strict.SPYING` names the headers)."""
    letter = composer.sample("guide", "fr")
    other = replace(letter, recipient=Address("B", "b@b.example"), message_id="<other@workers-network.example>")
    one, two = opened(composer.compose(letter)), opened(composer.compose(other))
    links = [looked_at(mail.html).links for mail in (one, two)]
    assert links[0] == links[1]
    assert not re.search(r"<img|<object|<iframe|url\(|@import|\bsrc=", one.html)


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
    assert faults(raw) == []
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


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (b"Subject: ", b"Subject : "), (b"\r\nTo: ", b"\r\nTo: , "), (b"\r\nDate: ", b"\r\nDate: x"),
        (b"\r\nDate: Tue", b"\r\nDate: Sun"), (b"\r\nMessage-ID: <", b"\r\nMessage-ID: <a b"),
        (b"\r\nX-Mailbot-Mail:", b"\r\nFrom: a@b.example\r\nX-Mailbot-Mail:"), (b"utf-8?b?", b"utf-8?b?A"),
        (b"\r\nContent-Language: ", b"\r\nFeedback-ID: 1\r\nContent-Language: "), (b"\r\n\r\n", b"\r\n \r\n"),
        (b"_0--", b"_0-"), (b"=\r\n", b"=x\r\n"), (b"1.0\r\n", b"1.0\n"), (b"\r\nDate:", b"\r\nX-Date:"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.0\r\n\r\n"), (b"References: ", b"References: a "),
    ],
)  # fmt: skip
def test_the_strict_reading_finds_each_kind_of_fault(composer: Composer, good: bytes, bad: bytes) -> None:
    raw = composer.preview("guide", "fr")
    assert good in raw
    assert faults(raw) == []
    assert faults(raw.replace(good, bad, 1)) != []
