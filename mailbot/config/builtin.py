"""Where the templates and the sample configuration are that come with mailbot: in a checkout, or in an installed wheel.

It only looks; it never writes.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent


def builtin_templates() -> Path:
    """Return the folder of the templates that come with mailbot."""
    return _shipped("templates")


def builtin_config() -> Path:
    """Return the sample config.toml that comes with mailbot."""
    return _shipped("config.toml")


def _shipped(name: str) -> Path:
    """Look beside the package (a checkout), else in its share folder (a wheel); pyproject.toml tells a checkout.

    Without that sign, somebody's own `templates` folder in site-packages would be taken for ours.
    """
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).exists():
        return checkout / name
    return PACKAGE / "share" / name
