"""Lists of people to invite, as spreadsheets save them: read whole, or refused with every line that is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.guestlist import GuestList, Line, read

LANGUAGES = ("fr", "en")
AWA = Line(2, "awa@union.example", "Awa Ndiaye", "fr", "CNTS")


def problems(text: str) -> list[str]:
    return [str(problem) for problem in read(text.encode(), "list.csv", LANGUAGES).problems]


@pytest.mark.parametrize(
    "text",
    [
        "name,address,language,organisation\nAwa Ndiaye,awa@union.example,fr,CNTS\n",
        "Nom;Adresse e-mail;Langue;Syndicat\r\nAwa Ndiaye;awa@union.example;FR;CNTS\r\n",
        "Organización\tCorreo\tIdioma\tNombre\nCNTS\tawa@union.example\tfr\tAwa Ndiaye\n",
        'e-mail,lang,org\n"Awa Ndiaye <awa@union.example>",fr,CNTS\n',
        "\ufeffname,address,language,organisation,notes\n Awa  Ndiaye ,awa@union.example,fr,CNTS,met in Lomé\n",
    ],
)
def test_columns_are_known_by_their_names_whatever_the_order_separator_and_language(text: str) -> None:
    assert read(text.encode(), "list.csv", LANGUAGES) == GuestList((AWA,), ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_of_spreadsheets_is_read(encoding: str) -> None:
    found = read("Amélie Traoré,a@union.example\n".encode(encoding), "list.csv", LANGUAGES)
    assert (found.people[0].name, found.notes) == ("Amélie Traoré", ())


def test_an_old_spreadsheets_encoding_is_read_and_said() -> None:
    found = read("Amélie Traoré,a@union.example\n".encode("cp1252"), "list.csv", LANGUAGES)
    assert found.people[0].name == "Amélie Traoré"
    assert "Windows-1252" in found.notes[0]


def test_without_a_line_of_names_the_columns_stand_in_their_order() -> None:
    (line,) = read(b"Awa Ndiaye,awa@union.example,fr,CNTS\n", "list.csv", LANGUAGES).people
    assert line == Line(1, "awa@union.example", "Awa Ndiaye", "fr", "CNTS")


def test_every_mistake_is_told_with_its_line() -> None:
    text = (
        'name,address,language\nA,nobody,fr\nB,,fr\n"C\nc",c@union.example,xx\nD,"d@union.example, e@union.example",\n'
    )
    assert problems(text) == [
        'list.csv:2: "nobody" is no mail address; correct it, or leave the line out',
        "list.csv:3: there is no address; add it, or leave the line out",
        'list.csv:4: there are no mails in the language "xx"; write one of fr, en',
        'list.csv:6: "d@union.example, e@union.example" is no mail address; correct it, or leave the line out',
    ]


def test_an_address_that_stands_there_twice_is_written_to_once() -> None:
    found = read(b"A,a@union.example\nB,b@union.example\nA.,A@Union.Example\n", "list.csv", LANGUAGES)
    assert [line.email for line in found.people] == ["a@union.example", "b@union.example"]
    assert found.notes == ("line 3: the address of line 1 again; it is written to once",)


@pytest.mark.parametrize("text", ["", "\n\n", "name,address\n", "colour,shape\nred,round\n", '"open'])
def test_what_is_no_list_is_refused_with_a_sentence(text: str) -> None:
    assert problems(text)


@given(st.binary(max_size=400))
def test_no_bytes_raise(data: bytes) -> None:
    found = read(data, "list.csv", LANGUAGES)
    assert all("@" in line.email for line in found.people)


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=5))
def test_no_text_raises_and_each_address_comes_once(rows: list[tuple[str, str]]) -> None:
    text = "".join(f"{name},{address}\n" for name, address in rows)
    found = read(text.encode("utf-8", "replace"), "list.csv", LANGUAGES)
    keys = [line.key for line in found.people]
    assert len(keys) == len(set(keys))
