"""The sheet to sign and the list for WebEx hold those whom they are for, under names that nobody has to correct."""

from __future__ import annotations

import csv
import html
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from mailbot.config import Config, EventConfig
from mailbot.models import Participant
from mailbot.report import sign_in, webex
from mailbot.report.surnames import split
from tests.report.sample import NOW, fill
from tests.report.test_browser import DESKTOP, PHONE, violations
from tests.report.test_page import HOSTILE, LANGUAGES, Outline
from tests.report.test_tables import FIRST


@pytest.mark.parametrize(
    ("name", "given_name", "family"),
    [
        ("Awa Ndiaye", "Awa", "Ndiaye"), ("NDIAYE Awa", "Awa", "NDIAYE"), ("Awa NDIAYE", "Awa", "NDIAYE"),
        ("Ndiaye, Awa", "Awa", "Ndiaye"), ("Maria dos Santos", "Maria", "dos Santos"),
        ("Jan van der Berg", "Jan", "van der Berg"), ("NGO BIKOÏ Clarisse", "Clarisse", "NGO BIKOÏ"),
        ("De Souza", "De", "Souza"), ("AWA NDIAYE", "AWA", "NDIAYE"), ("Suharto", "", "Suharto"), ("", "", ""),
        ("J. K. Rao", "J. K.", "Rao"), ("Ana María de la O", "Ana María", "de la O"),
    ],
)  # fmt: skip
def test_a_family_name_is_found_where_people_put_it(name: str, given_name: str, family: str) -> None:
    assert split(name) == (given_name, family)


@given(st.text(max_size=60))
def test_no_word_of_a_name_is_lost(name: str) -> None:
    first, family = split(name)
    assert sorted(f"{first} {family}".replace(",", " ").split()) == sorted(name.replace(",", " ").split())
    assert family or not name.replace(",", " ").split()


def filled(session: Session, event: EventConfig, folder: Path, templates: Path, encoding: str = "utf-8") -> list[Any]:
    """Write the list for WebEx and read it back."""
    webex.write(session, [event], folder / "webex.csv", templates)
    text = (folder / "webex.csv").read_bytes().decode(encoding)
    return list(csv.reader(text.splitlines(), delimiter="\t" if "\t" in text else ","))


def test_webex_gets_those_who_come_online_each_address_once(
    sample: Session, event: EventConfig, settings: Config, tmp_path: Path
) -> None:
    head, *people = filled(sample, event, tmp_path, settings.templates)
    assert head == ["firstName", "lastName", "email", "jobTitle", "companyName", "countryRegion", "workPhone"]
    online = sample.query(Participant).filter_by(mode="online", status="registered").all()
    assert {p[2] for p in people} == {p.email for p in online}
    assert len(people) == len({p[2] for p in people})
    awa = next(p for p in people if p[1] == "Sarr")
    assert (awa[0], awa[5], awa[6][:4]) == ("Aminata", "Senegal", "+221")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_site_s_own_template_is_filled_in_as_it_is(
    sample: Session, event: EventConfig, tmp_path: Path, encoding: str
) -> None:
    head = ["UUID", "Display Name", "E-mail Address", "Company", "Role"]
    (tmp_path / "webex.csv").write_text("\t".join(head) + "\r\n", encoding)
    out = tmp_path / "out"
    out.mkdir()
    found, *people = filled(sample, event, out, tmp_path, encoding)
    assert found == head
    assert ["", "Aminata Sarr", "asarr@sahel.sn.example", "Confédération des travailleurs du Sahel", ""][:3] in [
        p[:3] for p in people
    ]


def test_a_template_without_an_address_is_refused(sample: Session, event: EventConfig, tmp_path: Path) -> None:
    (tmp_path / "webex.csv").write_text("a,b\n", "utf-8")
    with pytest.raises(ValueError, match="no column for e-mail"):
        webex.write(sample, [event], tmp_path / "out.csv", tmp_path)


def test_webex_gets_no_formula_and_a_name_where_there_is_none(
    empty: Session, event: EventConfig, settings: Config, tmp_path: Path
) -> None:
    fill(empty, event.slug)
    person = empty.query(Participant).filter_by(name="Aminata Sarr").one()
    person.name, person.title, person.organisation, person.phone = None, "=1+1", "@x", "-2"
    empty.flush()
    row = next(p for p in filled(empty, event, tmp_path, settings.templates) if p[2] == person.email)
    assert row[:2] == ["–", "asarr"]
    assert not [cell for cell in row if cell.startswith(FIRST)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_sheet_has_those_in_person_by_family_name_and_empty_lines(
    sample: Session, settings: Config, language: str
) -> None:
    page = Outline(text := sign_in.page(sample, settings, NOW, language))
    assert (page.faults, page.open) == ([], [])
    lines = re.findall(r'<th scope="row" dir="auto">(.*?)</th>', text)
    names = [re.sub("<br>.*", "", n) for n in lines]
    people = sample.query(Participant).filter_by(mode="in_person").filter(Participant.status != "declined")
    assert sorted(html.unescape(re.sub("<.*?>", "", n)) for n in names) == sorted(p.name or "" for p in people)
    families = [html.unescape(re.findall("<b>(.*?)</b>", n)[0]).casefold() for n in names]
    assert families[0][0] < families[-1][0]
    assert text.count('<td class="n"></td>') == sign_in.EMPTY_LINES
    assert "script" not in text.replace("script-src", "")


def test_what_hostile_people_write_is_text_on_the_sheet(empty: Session, settings: Config) -> None:
    fill(empty)
    for person in empty.query(Participant):
        person.name = person.title = person.organisation = HOSTILE
    empty.flush()
    text = sign_in.page(empty, settings, NOW, "en")
    assert not [t for t, _ in Outline(text).tags if t in {"script", "img"}]


def test_an_event_of_several_days_has_a_space_each(sample: Session, settings: Config) -> None:
    event = settings.events[0]
    longer = event.model_copy(update={"end": event.starts.replace(tzinfo=None, day=25)})
    text = sign_in.page(sample, settings.model_copy(update={"events": (longer,)}), NOW, "en")
    assert [f"Signature, {day} Oct" in text for day in (22, 23, 24, 25, 26)] == [False, True, True, True, False]


def test_axe_core_finds_no_fault_in_the_sheet(browser: Any, sample: Session, settings: Config, tmp_path: Path) -> None:
    path = tmp_path / "sign.html"
    path.write_text(sign_in.page(sample, settings, NOW, "fr"), "utf-8")
    for (width, height), scheme in itertools.product((DESKTOP, PHONE), ("light", "dark")):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = context.new_page()
        page.goto(path.as_uri())
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()
