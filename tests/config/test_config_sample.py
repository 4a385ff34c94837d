"""The sample config.toml is the documentation of every key: nothing is missing in it, and its defaults are true."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, create_model
from pydantic.fields import FieldInfo

from mailbot.config import builtin_config, load
from mailbot.config.explain import keys, tables
from mailbot.config.model import MAILOUTS, Config
from mailbot.config.places import places

SAMPLE = builtin_config().read_text("utf-8")
# Every key in use: commented keys and tables without their "#".
WHOLE = re.sub(r"^# (?=\[|[a-z0-9_.]+ +=)", "", SAMPLE, flags=re.MULTILINE)
LIKE_THE_MAILBOXES = "smtp.oauth2"


@dataclass(frozen=True)
class Documented:
    """One key as the sample shows it: the remark behind it, and what the models say."""

    key: str
    remark: str
    field: FieldInfo


def all_fields() -> dict[str, FieldInfo]:
    found: list[tuple[str, type[BaseModel]]] = [("", Config), *tables()]
    return {
        f"{header.strip('[]')}.{key}".lstrip("."): field
        for header, table in found
        for key, field in keys(table).items()
        if header.strip("[]") != LIKE_THE_MAILBOXES
    }


def documented() -> list[Documented]:
    lines = WHOLE.splitlines()
    first_lines: dict[str, int] = {}
    for path, line in places(WHOLE).items():
        first_lines.setdefault(".".join(step for step in path if isinstance(step, str)), line)
    found = []
    for key, field in all_fields().items():
        line = first_lines.get(key, 0)
        behind = (re.search(r" # ((?:needed|default).*)", text) for text in lines[line - 1 : line + 2])
        remark = next((match[1] for match in behind if match), "")
        found.append(Documented(key, remark, field))
    return found


def is_table(key: str) -> bool:
    return key in {header.strip("[]") for header, _ in tables()}


PLAIN = [one for one in documented() if not is_table(one.key)]


def test_the_sample_is_a_good_configuration() -> None:
    config = load(builtin_config())
    assert config.events[0].mailouts == MAILOUTS


def test_the_sample_stays_toml_with_every_key_in_use() -> None:
    assert "sent_folder" in tomllib.loads(WHOLE)["mailbox"][0]


@pytest.mark.parametrize("key", all_fields())
def test_every_key_stands_in_the_sample(key: str) -> None:
    shown = {".".join(step for step in path if isinstance(step, str)) for path in places(WHOLE)}
    assert key in shown


def test_every_key_in_the_sample_exists() -> None:
    languages = ("fr", "en", "es", "pt", "ar", "ru")
    by_language = {f"event.{key}.{language}" for key in ("title", "cancelled_because") for language in languages}
    known = set(all_fields()) | by_language
    shown = {".".join(step for step in path if isinstance(step, str)) for path in places(WHOLE)}
    inside_values = {key for key in shown if re.search(r"(password|secret|token)\.(env|file|command|keyring)$", key)}
    assert {key for key in shown - inside_values - known if not key.startswith(LIKE_THE_MAILBOXES)} == set()


@pytest.mark.parametrize("one", PLAIN, ids=lambda one: one.key)
def test_every_key_says_first_whether_it_is_needed_or_what_its_default_is(one: Documented) -> None:
    begins = re.match(r"needed\b|default ", one.remark.replace("default:", "default "))
    assert begins, f"{one.key}: {one.remark!r}"
    says_needed = one.remark.startswith("needed")
    assert says_needed == (one.field.is_required() or one.key in ("mailbox.host", "smtp.host"))


LITERAL = re.compile(r'default (?P<literal>"[^"]*"|\[[^\]]*\]|[\d.]+|true|false)')


@pytest.mark.parametrize("one", [o for o in PLAIN if o.remark.startswith("default")], ids=lambda one: one.key)
def test_the_default_in_the_sample_is_the_default_in_the_code(one: Documented, tmp_path: Path) -> None:
    told = LITERAL.match(one.remark)
    if told is None:
        assert one.remark.startswith("default:")
        computed = one.field.default_factory is not None
        assert computed or one.field.default in (None, ""), "a default that can be written must be written"
        return
    value = tomllib.loads(f"value = {told['literal']}")["value"]
    context = {"base": tmp_path}
    fields: Any = {"value": (one.field.annotation, one.field)}
    alone = create_model("Alone", __config__={"arbitrary_types_allowed": True}, **fields)
    assert alone.model_validate({"value": value}, context=context) == alone.model_validate({}, context=context)
