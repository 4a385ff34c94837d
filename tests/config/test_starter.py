"""`mailbot init` gives a folder that can be used as it is, and never overwrites anybody's work."""

from pathlib import Path

import pytest

from mailbot import config, starter
from mailbot.errors import ConfigRefused


def test_the_new_folder_holds_the_sample_and_every_template(tmp_path: Path) -> None:
    made = starter.init(tmp_path / "new" / "webinar")
    folder = tmp_path / "new" / "webinar"
    assert made[0] == folder / "config.toml"
    assert {path.relative_to(folder / "templates") for path in made[1:]} == {
        path.relative_to(config.builtin_templates()) for path in config.builtin_templates().rglob("*") if path.is_file()
    }
    assert all(path.is_file() for path in made)


def test_the_new_folder_is_a_configuration_that_uses_its_own_templates(tmp_path: Path) -> None:
    starter.init(tmp_path)
    loaded = config.load(tmp_path / "config.toml")
    assert loaded.templates == tmp_path / "templates"
    assert loaded.database == f"sqlite:///{tmp_path / 'registry.db'}"


@pytest.mark.parametrize("there", ["config.toml", "templates"])
def test_what_is_there_already_is_left_alone_and_nothing_is_copied_beside_it(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(ConfigRefused, match=r"it is there already; name another folder") as refused:
        starter.init(tmp_path)
    assert [problem.where for problem in refused.value.problems] == [str(tmp_path / there)]
    assert [path.name for path in tmp_path.iterdir()] == [there]
    assert (tmp_path / there).read_text() == "mine"


def test_a_folder_that_can_not_be_made_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigRefused, match="it can't be written: "):
        starter.init(tmp_path / "file" / "folder")


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert starter.init(tmp_path)
