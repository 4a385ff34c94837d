"""A folder to begin with: the sample configuration and the mails' templates, to be edited.

It copies what comes with mailbot and never overwrites anything. It reads no configuration and knows no event.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from mailbot.config import builtin_config, builtin_templates
from mailbot.errors import ConfigRefused, Problem


def init(folder: Path) -> list[Path]:
    """Make a folder with `config.toml` and `templates/` in it; return what was made, files only, in order.

    Raises ConfigRefused, and then has copied nothing, where one of the two is there already or the folder can't be
    written.
    """
    wanted = {folder / "config.toml": builtin_config(), folder / "templates": builtin_templates()}
    there = [Problem(str(path), "it is there already", "name another folder") for path in wanted if path.exists()]
    if there:
        raise ConfigRefused(there)
    made: list[Path] = []
    try:
        for target, source in wanted.items():
            made += _copied(source, target)
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        why = f"it can't be written: {error.strerror}"
        raise ConfigRefused([Problem(str(error.filename or folder), why, "name another folder")]) from None
    return made


def _copied(source: Path, target: Path) -> list[Path]:
    """Copy a file, or a folder with all files below it, without the modes that an installation may have given them."""
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(source, target))]
    found = (path for path in sorted(source.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return [made for path in found for made in _copied(path, target / path.relative_to(source))]
