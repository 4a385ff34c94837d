"""Every key of a TOML file has the line on which it stands."""

import tomllib
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailbot.config import builtin_config
from mailbot.config.places import Path, line_of, places, spelled

DOCUMENT = '''
top = 1                      # line 2
"quoted.key" = [             # line 3
  "a # no comment",          # line 4
  [ 1, 2,                    # line 5
    3 ],                     # line 6
]
[table]                      # line 8
text = """
not = "a key"
[nor.a.table]
"""
'single' = {x = 1, y.z = "}", list = [{a = 1}, {a = 2}]}   # line 13
[[list]]                     # line 14
dotted.inner . deep = 1979-05-27 07:32:00
[[list.more]]
a = \'\'\'
]]\'\'\'
[[list.more]]
[list.more.sub]
b = "\\"]"
[[list]]
[list.table]
c = true
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted.key",), 3),
        (("quoted.key", 0), 4),
        (("quoted.key", 1), 5),
        (("quoted.key", 1, 2), 6),
        (("table",), 8),
        (("table", "text"), 9),
        (("table", "single"), 13),
        (("table", "single", "y", "z"), 13),
        (("table", "single", "list", 1, "a"), 13),
        (("list",), 14),
        (("list", 0), 14),
        (("list", 0, "dotted", "inner", "deep"), 15),
        (("list", 0, "more", 0), 16),
        (("list", 0, "more", 0, "a"), 17),
        (("list", 0, "more", 1), 19),
        (("list", 0, "more", 1, "sub", "b"), 21),
        (("list", 1), 22),
        (("list", 1, "table", "c"), 24),
    ],
)
def test_each_key_table_and_element_has_its_line(path: Path, line: int) -> None:
    assert places(DOCUMENT)[path] == line


def test_what_does_not_stand_in_the_file_has_the_line_of_the_table_around_it() -> None:
    known = places(DOCUMENT)
    assert line_of(("list", 1, "table", "missing"), known) == 23
    assert line_of(("missing", "altogether"), known) == 1


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("smtp", "port"), "smtp.port"),
        (("event", 0, "mailout", 1, "before"), "event[1].mailout[2].before"),
        (("title", "en US"), 'title."en US"'),
        ((), ""),
    ],
)
def test_a_path_is_written_as_people_count(path: Path, written: str) -> None:
    assert spelled(path) == written


def paths_of(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the path of everything in a value that TOML gave."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from paths_of(inner, (*path, number))


SAMPLE = builtin_config().read_text("utf-8")


@given(
    start=st.integers(0, len(SAMPLE)), length=st.integers(0, 400), put=st.sampled_from(["", "\n", '"', "x=1\n", "#"])
)
def test_whatever_is_cut_out_of_the_sample_its_keys_are_all_found(start: int, length: int, put: str) -> None:
    text = SAMPLE[:start] + put + SAMPLE[start + length :]
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(places(text)) == set(paths_of(data))


SCALARS = st.sampled_from(
    ["1", "-0.5e3", "true", "1979-05-27 07:32:00Z", '"x # ] }"', "'\\'", '"\\"="', '"""a\n"b" = ""1"""', "'''\n='''"]
)
KEYS = st.sampled_from(["k{}", '"k{} = ]"', "'k{}.#'", "K-{}_"])


class Writer:
    """Writes TOML in which every key has a number of its own, in all the ways that TOML allows."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw, self.numbers = draw, count()

    def times(self, least: int = 0) -> range:
        return range(self.draw(st.integers(least, 3)))

    def key(self) -> str:
        return self.draw(KEYS).format(next(self.numbers))

    def dotted(self) -> str:
        return " . ".join(self.key() for _ in self.times(1))

    def value(self, depth: int) -> str:
        kind = self.draw(st.sampled_from(["scalar", "lines", "list", "table"] if depth else ["scalar"]))
        if kind == "lines":
            return "[" + ",".join(f"\n  {self.value(depth - 1)} # ]\n" for _ in self.times()) + "]"
        if kind == "list":
            return "[" + ", ".join(self.value(depth - 1) for _ in self.times()) + "]"
        if kind == "table":
            return "{" + ", ".join(f"{self.dotted()} = {self.value(depth - 1)}" for _ in self.times()) + "}"
        return self.draw(SCALARS)

    def pairs(self) -> str:
        return "".join(f"{self.dotted()} = {self.value(2)}  # k = 1\n" for _ in self.times())

    def table(self, header: str) -> str:
        return f"[{header}.{self.key()}]\n{self.pairs()}"

    def tables(self, header: str) -> str:
        return "".join(f"  [[ {header} ]]\n{self.pairs()}\n{self.table(header)}" for _ in self.times(1))


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Write a document of loose keys, tables, and lists of tables."""
    writer = Writer(draw)
    kinds = draw(st.lists(st.sampled_from([writer.table, writer.tables]), max_size=3))
    return writer.pairs() + "".join(write(writer.key()) for write in kinds)


@given(documents())
def test_every_key_of_any_document_is_found_on_a_line_that_shows_it(text: str) -> None:
    found = places(text)
    lines = text.split("\n")
    assert set(found) == set(paths_of(tomllib.loads(text)))
    for path, line in found.items():
        if isinstance(path[-1], str):
            assert path[-1] in lines[line - 1]
