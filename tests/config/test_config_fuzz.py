"""Whatever stands in the file, the answer is a configuration or a list of problems for a person, never a traceback."""

import re
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mailbot import schedule
from mailbot.config import Config, builtin_config, parse
from mailbot.errors import ConfigRefused, Problem

SAMPLE = builtin_config().read_text("utf-8").replace('templates = "templates"', "")
# Every key in use, also those that contradict each other.
WHOLE = re.sub(r"^# (?=\[|[a-z0-9_.]+ +=)", "", SAMPLE, flags=re.MULTILINE)
VALUES = st.sampled_from(
    [
        "0", "-1", "1e400", "nan", "99999999999999999999", "true", '""', '" "', '"\\u0000"', '"\\uD7FF\\u202E"',
        "[]", "{}", "[[]]", "[{}]", '["", 1, {}]', "{ env = {} }", '{ env = "" }', "{ command = [1] }",
        "1979-05-27", "07:32:00", "1979-05-27T07:32:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59",
        "2018-10-23T14:00:00Z", "2018-10-28T02:30:00", "2199-12-31T23:00:00", "2000-01-01T00:00:00",
        '"~/x"', '"~no-such-user-here/x"', '"../.."', '"<@>"', '"@"', '"http://[::1"', '"a\\nb"', '"366 days"',
        '"' + "x" * 5000 + '"', '"99999999999999 weeks"',
    ]
)  # fmt: skip
MARKUP = re.compile(r"pydantic|validation error|type=|input_value|Traceback|<class|BaseModel")


def answer(text: str) -> None:
    """Read the text; a refusal must have a line, and be free of any library's own words."""
    folder = Path(tempfile.gettempdir()) / "no-such-folder-for-mailbot"
    problems, config = read(text, folder)
    if config is not None:
        assert all(schedule.moments(event) for event in config.events)
        assert all(schedule.kept_until(event, config.retention.registry_days) for event in config.events)
        return
    assert problems
    for problem in problems:
        assert re.match(r"config\.toml:\d+(: |$)", problem.where)
        assert problem.what
        assert problem.instead
        assert not MARKUP.search(str(problem))


def read(text: str, folder: Path) -> tuple[list[Problem], Config | None]:
    """Return the problems, or the configuration."""
    try:
        return [], parse(text, folder / "config.toml")
    except ConfigRefused as refused:
        return refused.problems, None


@given(text=st.sampled_from([SAMPLE, WHOLE]), data=st.data())
def test_any_value_at_any_key_is_read_or_explained(text: str, data: st.DataObject) -> None:
    lines = text.splitlines()
    simple = [number for number, line in enumerate(lines) if re.match(r"[a-z]\S* *= .*[^\[,]$", line)]
    for number in data.draw(st.lists(st.sampled_from(simple), min_size=1, max_size=3)):
        lines[number] = f"{lines[number].partition('=')[0]}= {data.draw(VALUES)}"
    answer("\n".join(lines))


@given(start=st.integers(0, len(WHOLE)), length=st.integers(0, 3000), put=st.text(max_size=20))
def test_any_damage_to_the_file_is_read_or_explained(start: int, length: int, put: str) -> None:
    answer(WHOLE[:start] + put + WHOLE[start + length :])


def test_the_whole_sample_is_refused_for_its_contradictions_alone() -> None:
    problems, _ = read(WHOLE, Path("/nowhere"))
    told = {re.sub(r"^.*?: ", "", problem.where) for problem in problems}
    assert told == {
        "mailbox[1].maildir",
        "mailbox[1].oauth2",
        "mailbox[1].ca",
        "smtp.maildir",
        "smtp.oauth2",
        "smtp.ca",
        "event[1].invitation_text[1]",
        "event[1].cancelled_because",
    }
